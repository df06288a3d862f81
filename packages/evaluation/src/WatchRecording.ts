/**
 * Puts recorded wallets on the watchlist when their time comes, in replay only.
 *
 * A wallet joins at its own first row; with `follow: "all"` it is followed from then until a day after
 * its last row, whatever the rules think of it. Rows that no request can bring are quarantined at the
 * start, so that each has its fate. Running it again changes nothing.
 */
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import { EventLog } from "@evaluator/runtime/EventLog"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { type Recorded, type RecordedWallet, Recording } from "./Recording.ts"
import { EvaluationSettings } from "./EvaluationSettings.ts"
import { followsOf, openFollow } from "./stores/Follows.ts"
import { batchRows, quarantine } from "./stores/Ledger.ts"
import { addWallets } from "./stores/Wallets.ts"

const dayMs = 86_400_000

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

const quarantineUnservable = Effect.fnUntraced(function* (recorded: Recorded) {
  const { ingestion } = yield* EvaluationSettings
  const rows = recorded.unservable.map((row) => ({
    reason: row.reason,
    body: row.body,
    request: "no request can bring it",
    recorded: `${row.file}:${row.line}`,
  }))
  for (let at = 0; at < rows.length; at += batchRows) {
    yield* inTransaction(quarantine(rows.slice(at, at + batchRows), ingestion.max_quarantined))
  }
})

/** Wallets (at most 100) whose first row is there: on the watchlist, and followed if all are. */
const join = Effect.fnUntraced(function* (
  wallets: ReadonlyArray<RecordedWallet>,
  follow: Recorded["follow"],
) {
  const log = yield* EventLog
  const fresh = yield* addWallets(
    wallets.map(({ wallet }) => ({ wallet, source: "RECORDING" as const, condition: null })),
    ["activity", "trades"],
  )
  const events: Array<EventDraft> = []
  if (fresh.length > 0) {
    events.push({ type: "WalletsDiscovered", payload: { wallets: fresh, source: "RECORDING" } })
  }
  if (follow === "all") {
    const opened = []
    for (const { wallet, firstMs, lastMs } of wallets) {
      if ((yield* followsOf(wallet)).length > 0) continue
      opened.push(
        yield* openFollow(
          { wallet, fromMs: firstMs, toMs: lastMs + dayMs, state: "PAPER_TRADING", persona: null },
          "recording",
        ),
      )
    }
    if (opened.length > 0) {
      events.push({ type: "FollowListChanged", payload: { follows: opened } })
    }
  }
  yield* log.append(events)
}, inTransaction)

const watch = Effect.fnUntraced(function* (recorded: Recorded) {
  yield* quarantineUnservable(recorded)
  const waiting = recorded.wallets.toSorted(
    (a, b) => a.firstMs - b.firstMs || (a.wallet < b.wallet ? -1 : 1),
  )
  let at = 0
  while (at < waiting.length) {
    const now = yield* Clock.currentTimeMillis
    const due: Array<RecordedWallet> = []
    while (due.length < 100 && at < waiting.length && waiting[at]!.firstMs <= now) {
      due.push(waiting[at]!)
      at += 1
    }
    if (due.length > 0) yield* join(due, recorded.follow)
    else yield* Effect.sleep(waiting[at]!.firstMs - now)
  }
  return yield* Effect.never
})

/** Nothing when nothing is replayed. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const recorded = yield* Recording
    if (recorded === null) return
    const supervisor = yield* Supervisor
    yield* supervisor.service("watch-recording", watch(recorded))
  }),
)
