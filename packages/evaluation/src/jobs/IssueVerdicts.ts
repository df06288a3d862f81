/**
 * issue-verdicts: FOLLOW, WATCH or AVOID for every weighed wallet, all judged together.
 *
 * A wallet is held against the population: how prices pay, how edges are spread, what copies cost. So
 * one run judges all. Truth: the newest row of `skill_models` and what was weighed since; it is due
 * once a day, and sooner when a fifth of the wallets changed or they are twice as many. Rows are read a page at a time and the
 * method goes in steps, so nothing else waits; of wallets with very many rows the newest are read, so
 * that all together fit in memory. A run that is cut off is made again from the start:
 * the model's row, written last, ends it. Emits `VerdictsIssued`.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"
import type { CopyEvidence, WalletEvidence } from "@evaluator/judgement/Evidence"
import { judgeInSteps } from "@evaluator/judgement/Judge"
import { type JudgementSettings, standard } from "@evaluator/judgement/Settings"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { stopAsked } from "@evaluator/runtime/JobProgress"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { rowsAtMost, rowsAtOnce } from "../evidence/AtMost.ts"
import { slippageOf } from "../evidence/Copyable.ts"
import { entriesOf, mostEntries, type SeenEntry } from "../stores/Entries.ts"
import { mostCopies, type SoloCopy, soloCopies } from "../stores/Evidence.ts"
import {
  judgementState,
  noteRealized,
  rowsWeighed,
  type Said,
  sayVerdicts,
  storeModel,
  walletsWithCopies,
  weighedAfter,
} from "../stores/Verdicts.ts"

const pageWallets = 20
const saidAtOnce = 100
/** The pause between the first two judgements of all wallets, least. */
const firstPauseMs = 20_000
/** Where the mid price at a copied fill is not known, half a tick of a cent stands for half the spread. */
const commonHalfSpread = 0.005

const copyEvidence = (
  copy: SoloCopy,
  mids: ReadonlyMap<string, number>,
): ReadonlyArray<CopyEvidence> => {
  const { condition, cost, event, fill, leaderAtMs, met, pnl, settledAtMs } = copy
  if (copy.outcome !== "COPIED" || met === null || met.side !== "BUY") return []
  if (pnl === null || settledAtMs === null || met.size <= 0) return []
  const leader = met.leaderPrice / ONE
  const name = bytesToHex(condition)
  return [
    {
      event: event === null || event === "" ? name : event,
      condition: name,
      atMs: leaderAtMs,
      settledAtMs,
      costMicro: cost,
      pnlMicro: pnl,
      slippage: slippageOf(copy)! / ONE,
      outlay: {
        aShare: cost / met.size,
        middle: mids.get(bytesToHex(fill)) ?? Math.max(0.001, leader - commonHalfSpread),
      },
    },
  ]
}

const entryEvidence = (entry: SeenEntry) => ({
  event: entry.event,
  condition: bytesToHex(entry.condition),
  outcomeIndex: entry.outcomeIndex,
  atMs: entry.atMs,
  price: entry.mid / ONE,
  payout: entry.payout === null ? null : entry.payout / ONE,
  resolvedAtMs: entry.resolvedAtMs,
  costMicro: Math.round((entry.price * entry.size) / ONE),
})

/** A wallet's evidence as it was visible at a moment. */
export const evidenceOf = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  asOfMs: number,
  exclusions: ReadonlyArray<string>,
  completeShare: number,
  atMost: number = mostEntries,
) {
  const entries = yield* entriesOf(wallet, asOfMs, atMost)
  const copies = yield* soloCopies(wallet, asOfMs, Math.min(mostCopies, atMost))
  const mids = new Map(entries.map((entry) => [bytesToHex(entry.fill), entry.mid / ONE]))
  const evidence: WalletEvidence = {
    wallet: bytesToHex(wallet),
    entries: entries.map(entryEvidence),
    copies: copies.flatMap((copy) => copyEvidence(copy, mids)),
    exclusions,
    completeShare,
  }
  return evidence
})

/** The same text is kept once: wallets buy the same markets. */
const sameTexts = () => {
  const known = new Map<string, string>()
  const once = (text: string): string => {
    const before = known.get(text)
    if (before === undefined) known.set(text, text)
    return before ?? text
  }
  return <A extends { readonly event: string; readonly condition: string }>(
    rows: ReadonlyArray<A>,
  ): ReadonlyArray<A> =>
    rows.map((row) => ({ ...row, event: once(row.event), condition: once(row.condition) }))
}

/** The evidence of all weighed wallets, read a page at a time. */
const population = Effect.fnUntraced(function* (asOfMs: number, atMost: number) {
  const once = sameTexts()
  const wallets: Array<{ readonly evidence: WalletEvidence; readonly coverage: string }> = []
  let after = new Uint8Array(0)
  for (;;) {
    const page = yield* weighedAfter(after, pageWallets)
    for (const row of page) {
      const exclusions = JSON.parse(row.exclusions) as ReadonlyArray<string>
      const { complete_share: share, coverage, wallet } = row
      const read = yield* evidenceOf(wallet, asOfMs, exclusions, share, atMost)
      const evidence = { ...read, entries: once(read.entries), copies: once(read.copies) }
      wallets.push({ evidence, coverage })
      yield* Effect.yieldNow
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageWallets) return wallets
    after = new Uint8Array(last.wallet)
  }
})

const judgeAll = Effect.fnUntraced(function* (
  wallets: ReadonlyArray<WalletEvidence>,
  asOfMs: number,
  settings: JudgementSettings,
) {
  const steps = judgeInSteps(wallets, asOfMs, settings)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (yield* stopAsked) return null
    yield* Effect.yieldNow
  }
})

/** Judges all weighed wallets now. */
export const issue = Effect.gen(function* () {
  const { verdicts } = yield* EvaluationSettings
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const now = yield* Clock.currentTimeMillis
  const horizonMs = Duration.toMillis(verdicts.horizon)
  const settings: JudgementSettings = { ...standard, falseDiscovery: verdicts.max_fdr }
  const atMost = rowsAtMost(yield* rowsWeighed, rowsAtOnce, mostEntries)
  const wallets = yield* population(now, atMost)
  const judgement = yield* judgeAll(
    wallets.map(({ evidence }) => evidence),
    now,
    settings,
  )
  // The lane comes to rest: its last step judges again what is due.
  if (judgement === null) return { judged: 0 }
  const known = new Map(wallets.map((one) => [one.evidence.wallet, one]))
  const said = judgement.wallets.map((judged): Said => {
    const { coverage, evidence } = known.get(judged.wallet)!
    return { judged, coverage, completeShare: evidence.completeShare }
  })
  const model = (yield* judgementState).lastId + 1
  const counts = { FOLLOW: 0, WATCH: 0, AVOID: 0 }
  let changed = 0
  for (let at = 0; at < said.length; at += saidAtOnce) {
    const some = said.slice(at, at + saidAtOnce)
    for (const { judged } of some) counts[judged.verdict] += 1
    changed += yield* sayVerdicts(some, model, now, horizonMs).pipe(sql.withTransaction)
    yield* Effect.yieldNow
  }
  for (const wallet of yield* walletsWithCopies) {
    yield* noteRealized(wallet, horizonMs)
    yield* Effect.yieldNow
  }
  yield* Effect.gen(function* () {
    yield* storeModel(model, now, judgement.population, counts, { ...settings, rowsAtMost: atMost })
    const { FOLLOW: follow, WATCH: watch, AVOID: avoid } = counts
    yield* log.append([
      { type: "VerdictsIssued", payload: { model, follow, watch, avoid, changed } },
    ])
  }).pipe(sql.withTransaction)
  return { judged: said.length, follow: counts.FOLLOW, changed }
}).pipe(Effect.orDie)

/** Judges all weighed wallets when that is due. */
export const issueDue = Effect.gen(function* () {
  const { verdicts } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const { changed, lastAtMs, lastWallets, sinceFirstMs, weighed } = yield* judgementState
  const since = lastAtMs === null ? Number.POSITIVE_INFINITY : now - lastAtMs
  // A new directory learns outcomes by the minute: the pauses double until they are as long as asked.
  const pause = Math.min(
    Duration.toMillis(verdicts.at_least_every),
    Math.max(firstPauseMs, sinceFirstMs),
  )
  const due =
    weighed > 0 &&
    (weighed >= 2 * lastWallets ||
      since >= Duration.toMillis(verdicts.every) ||
      (5 * changed >= weighed && since >= pause))
  return due ? yield* issue : { judged: 0 }
})

/** The end of a run: judged once more when anything was weighed since. */
export const issueChanged = Effect.gen(function* () {
  const { changed } = yield* judgementState
  return changed > 0 ? yield* issue : { judged: 0 }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ verdicts }) =>
    Job.layer({
      name: "issue-verdicts",
      about: "Says FOLLOW, WATCH or AVOID of every weighed wallet, all judged together",
      service: "ranking",
      every: verdicts.weigh_every,
      atBoot: false,
      on: ["WalletsScored"],
      settle: "20 seconds",
      timeout: "10 minutes",
      run: issueDue,
    }),
  ),
)
