/**
 * weigh-evidence: what speaks for and against every wallet that was judged: its first purchases with
 * their mid prices, how well our copies of it went, its habits, and how far its rows go.
 *
 * Truth: `wallet_evidence.due_ms`, set when a wallet's ledger was judged anew and when a copy of it
 * settled. One wallet a transaction; first purchases already noted are not read again. The numbers are
 * what was visible then; `issue-verdicts` makes verdicts of them.
 */
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { copyableOf } from "../evidence/Copyable.ts"
import { habitsOf } from "../evidence/Habits.ts"
import { entriesOf, newestFills, noteEntries, type SeenEntry } from "../stores/Entries.ts"
import {
  completeThrough,
  type Coverage,
  type DueToWeigh,
  dueToWeigh,
  soloCopies,
  storeWeighed,
} from "../stores/Evidence.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 10
const roundsPerRun = 100
/** Fills that the habits are told from, the newest. */
const habitFills = 1000
/** Rows that come late are looked for this far back. */
const lateMs = 2 * dayMs

/** Outcomes that say our feeds failed, not that the copy was refused. */
const feedGaps = [
  "SKIPPED_STALE_FEED",
  "SKIPPED_DETECTION_LAG",
  "SKIPPED_NO_BOOK",
  "SKIPPED_OVERLOAD",
  "SKIPPED_MARKET_UNKNOWN",
]

const coverageOf = Effect.fnUntraced(function* (
  due: DueToWeigh,
  entries: ReadonlyArray<SeenEntry>,
  missed: Readonly<Record<string, number>>,
  nowMs: number,
) {
  const through = yield* completeThrough(due.wallet)
  const first = due.firstFillMs
  const span = first === null ? 0 : nowMs - first
  const coverage: Coverage = {
    firstFillMs: first,
    completeThroughMs: through,
    share:
      through === null || first === null
        ? 0
        : span <= 0
          ? 1
          : Math.min(1, Math.max(0, (through - first) / span)),
    markets: entries.length,
    marketsWithoutFacts: entries.filter((entry) => entry.event.startsWith("0x")).length,
    unresolved: entries.filter((entry) => entry.payout === null).length,
    feedGaps: feedGaps.reduce((sum, outcome) => sum + (missed[outcome] ?? 0), 0),
  }
  return coverage
})

const weigh = Effect.fnUntraced(function* (due: DueToWeigh) {
  const sql = yield* SqlClient.SqlClient
  yield* noteEntries(due.wallet, due.readThroughMs === null ? 0 : due.readThroughMs - lateMs)
  // What is read and that the wallet is no longer due is one commit: what comes later makes it due.
  yield* store(due).pipe(sql.withTransaction, Effect.orDie)
})

const store = Effect.fnUntraced(function* (due: DueToWeigh) {
  const { wallet } = due
  const now = yield* Clock.currentTimeMillis
  const entries = yield* entriesOf(wallet, now)
  const copyable = copyableOf(yield* soloCopies(wallet, now))
  const fills = yield* newestFills(wallet, habitFills)
  const resolved = entries.filter((entry) => entry.payout !== null)
  yield* storeWeighed({
    wallet,
    entries: entries.length,
    resolved: resolved.length,
    events: new Set(resolved.map((entry) => entry.event)).size,
    copies: copyable.settled,
    coverage: yield* coverageOf(due, entries, copyable.missed, now),
    copyable,
    habits: habitsOf(fills, entries),
    readThroughMs: fills.at(-1)?.atMs ?? due.readThroughMs,
  })
})

/** Weighs at most 10 wallets that are due by `untilMs`. */
export const weighUntil = (untilMs: number) =>
  Effect.gen(function* () {
    const due = yield* dueToWeigh(untilMs, perStep)
    for (const one of due) {
      yield* weigh(one)
      yield* Effect.yieldNow
    }
    return { counts: { weighed: due.length }, more: due.length === perStep }
  })

export const weighDue = Effect.flatMap(Clock.currentTimeMillis, weighUntil)

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ verdicts }) =>
    Job.layer({
      name: "weigh-evidence",
      about: "Weighs what speaks for and against wallets that changed",
      service: "ranking",
      every: verdicts.weigh_every,
      atBoot: true,
      on: ["WalletsClassified"],
      settle: "2 seconds",
      timeout: "10 minutes",
      run: inRounds(weighDue, roundsPerRun),
    }),
  ),
)
