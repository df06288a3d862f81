/**
 * weigh-evidence: what speaks for and against every wallet that was judged: its first purchases with
 * their mid prices, how well our copies of it went, its habits, and how far its rows go.
 *
 * Truth: `wallet_evidence.due_ms`, set when a wallet's ledger was judged anew and when a copy of it
 * settled. One wallet a transaction; first purchases already noted are not read again, and where only
 * copies are new, habits and what became of purchases stand as they are: an outcome has the ledger
 * judged anew. Fills are read for the habits when there are others than were told of. First purchases
 * count as read no further than the ledger is complete: a walk brings what is older last. The numbers
 * are what was visible then; `issue-verdicts` makes verdicts of them.
 */
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { copyableOf, feedGapOutcomes } from "../evidence/Copyable.ts"
import { fillHabitsOf, habitsOf } from "../evidence/Habits.ts"
import { entriesOf, newestFills, noteEntries } from "../stores/Entries.ts"
import {
  completeShareOf,
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

/** How far the ledger is known, and what the feeds missed of it. */
const reachOf = (
  { firstFillMs: first }: DueToWeigh,
  through: number | null,
  missed: Readonly<Record<string, number>>,
  nowMs: number,
) => ({
  weighedAtMs: nowMs,
  firstFillMs: first,
  completeThroughMs: through,
  share: completeShareOf(first, through, nowMs),
  feedGaps: feedGapOutcomes.reduce((sum, outcome) => sum + (missed[outcome] ?? 0), 0),
})

/** How far first purchases are noted for good, of fills up to `newest` and a ledger complete `through`. */
const readThrough = (newest: number | undefined, through: number | null): number | null =>
  newest === undefined || through === null ? null : Math.min(newest, through)

const weigh = Effect.fnUntraced(function* (due: DueToWeigh) {
  const sql = yield* SqlClient.SqlClient
  const from = due.readThroughMs === null ? 0 : due.readThroughMs - lateMs
  // Asked before purchases are noted: what is stored meanwhile is noted the next time.
  const through = yield* completeThrough(due.wallet)
  const noted = yield* noteEntries(due.wallet, from)
  const { standing } = due
  const stored =
    standing === null || noted > 0 ? store(due, through) : storeCopies(due, standing, through)
  // What is read and that the wallet is no longer due is one commit: what comes later makes it due.
  yield* stored.pipe(sql.withTransaction, Effect.orDie)
})

/** What it bought stands as it was last described. */
const storeCopies = Effect.fnUntraced(function* (
  due: DueToWeigh,
  standing: Coverage,
  through: number | null,
) {
  const now = yield* Clock.currentTimeMillis
  const copyable = copyableOf(yield* soloCopies(due.wallet, now))
  const coverage = { ...standing, ...reachOf(due, through, copyable.missed, now) }
  yield* storeWeighed(due.wallet, { coverage, copyable }, null)
})

const store = Effect.fnUntraced(function* (due: DueToWeigh, through: number | null) {
  const { wallet } = due
  const now = yield* Clock.currentTimeMillis
  const entries = yield* entriesOf(wallet, now)
  const copyable = copyableOf(yield* soloCopies(wallet, now))
  const told = due.habits === null ? yield* newestFills(wallet, habitFills, now) : null
  const resolved = entries.filter((entry) => entry.payout !== null)
  const coverage: Coverage = {
    ...reachOf(due, through, copyable.missed, now),
    describedAtMs: now,
    fills: due.fills,
    markets: entries.length,
    marketsWithoutFacts: entries.filter((entry) => entry.event.startsWith("0x")).length,
    unresolved: entries.length - resolved.length,
  }
  const ledger = {
    entries: entries.length,
    resolved: resolved.length,
    events: new Set(resolved.map((entry) => entry.event)).size,
    habits: habitsOf(told === null ? due.habits! : fillHabitsOf(told), entries),
    readThroughMs: readThrough(told?.at(-1)?.atMs, through) ?? due.readThroughMs,
  }
  yield* storeWeighed(wallet, { coverage, copyable }, ledger)
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
