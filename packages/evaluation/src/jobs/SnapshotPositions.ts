/**
 * snapshot-positions: what followed wallets hold, all pages or nothing.
 *
 * Truth: `position_snapshots.due_ms`, one row a followed wallet. An answer of more than
 * `snapshots.max_pages` pages, or one that fails on the way, leaves the set as it was and backs off on
 * the wallet's row. Emits `PositionsChanged` when the set or its worth
 * differs from the one before.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import { DataApi, type Position } from "@evaluator/polymarket/DataApi"
import type { Page } from "@evaluator/polymarket/Page"
import { Malformed, PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { nextAttempt } from "../Backoff.ts"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { quarantine } from "../stores/Ledger.ts"
import {
  alignSnapshots,
  bankrollOf,
  type DueSnapshot,
  dueSnapshots,
  replacePositions,
  snapshotFailed,
} from "../stores/Positions.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 20
const roundsPerRun = 50
const pageRows = 500

const allPositions = Effect.fnUntraced(function* (user: WalletAddress) {
  const api = yield* DataApi
  const { ingestion, snapshots } = yield* EvaluationSettings
  const held: Array<Position> = []
  let cursor: string | null = null
  for (let page = 0; page < snapshots.max_pages; page++) {
    const served: Page<Position> = yield* api.positions({ user, limit: pageRows, cursor })
    yield* inTransaction(quarantine(served.rejected, ingestion.max_quarantined))
    held.push(...served.rows)
    cursor = served.nextCursor
    if (cursor === null) return held
  }
  return yield* new PolymarketError({
    request: `positions of ${user}`,
    reason: new Malformed({
      message: `more than ${snapshots.max_pages} pages; the set before stands`,
      body: "",
    }),
  })
})

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

const store = Effect.fnUntraced(function* (wallet: WalletAddress, held: ReadonlyArray<Position>) {
  const log = yield* EventLog
  const { snapshots } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const changed = yield* replacePositions(wallet, held, now + Duration.toMillis(snapshots.every))
  if (changed) {
    yield* log.append([
      { type: "PositionsChanged", payload: { wallet, bankrollMicro: bankrollOf(held) } },
    ])
  }
  return changed ? ("changed" as const) : ("same" as const)
}, inTransaction)

const take = Effect.fnUntraced(function* (due: DueSnapshot) {
  const wallet = bytesToHex(due.wallet) as WalletAddress
  const held = yield* Effect.result(allPositions(wallet))
  if (held._tag === "Success") return yield* store(wallet, held.success)
  yield* snapshotFailed(wallet, yield* nextAttempt(due.attempts, held.failure))
  return "failed" as const
})

const step = Effect.gen(function* () {
  const due = yield* dueSnapshots(perStep)
  const done = yield* sideBySide(due, take)
  const count = (outcome: (typeof done)[number]) => done.filter((each) => each === outcome).length
  return {
    counts: { changed: count("changed"), same: count("same"), failed: count("failed") },
    more: due.length === perStep,
  }
})

/** Takes the snapshots that are due. */
export const snapshotDue = Effect.andThen(alignSnapshots, inRounds(step, roundsPerRun))

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ snapshots }) =>
    Job.layer({
      name: "snapshot-positions",
      about: "Asks what followed wallets hold and replaces the set",
      service: "ingestion",
      every: snapshots.every,
      atBoot: true,
      on: ["FollowListChanged"],
      emits: ["PositionsChanged"],
      settle: "2 seconds",
      timeout: "5 minutes",
      stallAfter: "2 minutes",
      concurrency: 4,
      run: snapshotDue,
    }),
  ),
)
