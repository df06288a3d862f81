/**
 * What was said of wallets, and what became of it.
 *
 * A verdict stands until the word changes or its horizon is over; then its row is closed and kept as a
 * receipt, and a new row begins. While it stands, its numbers follow each judgement; `promised` is
 * what was forecast when it was first said and does not move.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import type { Judged, PopulationModel, Verdict } from "@evaluator/judgement/Judgement"
import { atLeastOne } from "./AtLeastOne.ts"
import { promisingFdr } from "./Followable.ts"

/** Models kept for their own sake. */
const modelsKept = 100

/** When all wallets were judged together, first and last, and how many changed since. */
export const judgementState = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [last] = yield* sql<{
    id: number
    at_ms: number
    wallets: number
  }>`SELECT id, at_ms, wallets
    FROM skill_models ORDER BY id DESC LIMIT 1`
  const [first] = yield* sql<{ at_ms: number }>`SELECT at_ms FROM skill_models ORDER BY id LIMIT 1`
  const lastAtMs = last?.at_ms ?? -1
  const [counts] = yield* sql<{ weighed: number; changed: number }>`SELECT count(*) AS weighed,
      coalesce(sum(e.weighed_at_ms > ${lastAtMs} OR w.judged_at_ms > ${lastAtMs}), 0) AS changed
    FROM wallet_evidence e LEFT JOIN wallets w ON w.wallet = e.wallet
    WHERE e.weighed_at_ms IS NOT NULL`
  return {
    lastId: last?.id ?? 0,
    lastAtMs: last?.at_ms ?? null,
    lastWallets: last?.wallets ?? 0,
    /** From the first judgement to the last. */
    sinceFirstMs: last === undefined ? 0 : last.at_ms - first!.at_ms,
    ...counts!,
  }
}).pipe(Effect.orDie)

/** Weighed wallets after one, in the order of addresses, and what is stored of each beside its rows. */
export const weighedAfter = Effect.fnUntraced(function* (after: Uint8Array, limit: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{
    wallet: Uint8Array
    complete_share: number
    coverage: string
    exclusions: string
  }>`SELECT e.wallet, e.complete_share, e.coverage, (SELECT json_group_array(code)
      FROM (SELECT code FROM wallet_gates g WHERE g.wallet = e.wallet ORDER BY position))
      AS exclusions
    FROM wallet_evidence e WHERE e.wallet > ${after} AND e.weighed_at_ms IS NOT NULL
    ORDER BY e.wallet LIMIT ${limit}`
}, Effect.orDie)

interface Standing {
  readonly id: number
  readonly wallet: Uint8Array
  readonly verdict: Verdict
  readonly at_ms: number
}

export interface Said {
  readonly judged: Judged
  readonly completeShare: number
  /** JSON, as weighed. */
  readonly coverage: string
}

const numbersOf = ({ completeShare, coverage, judged }: Said, model: number, now: number) => ({
  model,
  confirmed_at_ms: now,
  local_fdr: judged.localFdr,
  edge: judged.edge.mean,
  edge_low: judged.edge.low,
  edge_high: judged.edge.high,
  copy_profit: judged.copyProfit.mean,
  copy_profit_low: judged.copyProfit.low,
  copy_profit_high: judged.copyProfit.high,
  events: judged.sample.events,
  entries: judged.sample.entries,
  copies: judged.sample.copies,
  complete_share: completeShare,
  reasons_for: JSON.stringify(judged.reasonsFor),
  reasons_against: JSON.stringify(judged.reasonsAgainst),
  coverage,
})

/**
 * At most 200 wallets, in the caller's transaction; how many verdicts are new or changed. They are of
 * the moment their rows were read.
 */
export const sayVerdicts = Effect.fnUntraced(function* (
  said: ReadonlyArray<Said>,
  model: number,
  now: number,
  horizonMs: number,
) {
  if (said.length === 0) return 0
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Standing>`SELECT id, wallet, verdict, at_ms FROM verdicts
    WHERE until_ms IS NULL AND ${sql.in(
      "wallet",
      said.map(({ judged }) => hexToBytes(judged.wallet)),
    )}`
  const standing = new Map(rows.map((row) => [bytesToHex(row.wallet), row]))
  const begun: Array<Record<string, number | string | Uint8Array>> = []
  let changed = 0
  for (const one of said) {
    const { copyProfit, verdict, wallet } = one.judged
    const numbers = numbersOf(one, model, now)
    const before = standing.get(wallet)
    if (before !== undefined && before.verdict === verdict && now < before.at_ms + horizonMs) {
      yield* sql`UPDATE verdicts SET ${sql.update(numbers)} WHERE id = ${before.id}`
      continue
    }
    if (before?.verdict !== verdict) changed += 1
    if (before !== undefined) {
      yield* sql`UPDATE verdicts SET until_ms = ${now} WHERE id = ${before.id}`
    }
    begun.push({
      wallet: hexToBytes(wallet),
      verdict,
      at_ms: now,
      promised: copyProfit.mean,
      promised_low: copyProfit.low,
      promised_high: copyProfit.high,
      ...numbers,
    })
  }
  yield* lookAgain(said, standing, now)
  if (begun.length > 0) yield* sql`INSERT INTO verdicts ${sql.insert(atLeastOne(begun))}`
  return changed
}, Effect.orDie)

/** The rules look again at wallets whose verdict may let them in or stop them. */
const lookAgain = Effect.fnUntraced(function* (
  said: ReadonlyArray<Said>,
  standing: ReadonlyMap<string, Standing>,
  now: number,
) {
  const sql = yield* SqlClient.SqlClient
  const wallets = said
    .filter(
      ({ judged: { localFdr, verdict, wallet } }) =>
        localFdr <= promisingFdr || standing.get(wallet)?.verdict !== verdict,
    )
    .map(({ judged }) => hexToBytes(judged.wallet))
  if (wallets.length === 0) return
  yield* sql`UPDATE wallets SET rules_due_ms = min(coalesce(rules_due_ms, ${now}), ${now})
    WHERE ${sql.in("wallet", wallets)}`
})

/** What solo copies of fills within a verdict's horizon earned so far, for a wallet's newer verdicts. */
export const noteRealized = Effect.fnUntraced(function* (wallet: Uint8Array, horizonMs: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE verdicts SET (realized, realized_cost, realized_copies) = (
      SELECT coalesce(sum(s.pnl), 0), coalesce(sum(c.cost), 0), count(*) FROM copy_results c
      JOIN (SELECT fill, sum(pnl) AS pnl FROM copy_settlements
        WHERE wallet = ${wallet} AND strategy = 'solo' AND at_ms <= ${now} GROUP BY fill) s ON s.fill = c.fill
      WHERE c.wallet = ${wallet} AND c.strategy = 'solo' AND c.outcome = 'COPIED'
        AND c.leader_at_ms >= verdicts.at_ms AND c.leader_at_ms < verdicts.at_ms + ${horizonMs})
    WHERE wallet = ${wallet} AND at_ms > ${now - 4 * horizonMs}`
}, Effect.orDie)

/** Wallets with settled solo copies that were weighed since a moment or are due: one may be new. */
export const walletsWithNewCopies = Effect.fnUntraced(function* (sinceMs: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ wallet: Uint8Array }>`SELECT wallet FROM wallet_evidence
    WHERE copies > 0 AND (weighed_at_ms >= ${sinceMs} OR due_ms IS NOT NULL) ORDER BY wallet`
  return rows.map((row) => row.wallet)
}, Effect.orDie)

/**
 * Ends a judgement of all wallets, in the caller's transaction. It is of the moment its rows were
 * read: what is weighed while it goes on has changed since.
 */
export const storeModel = Effect.fnUntraced(function* (
  id: number,
  now: number,
  population: PopulationModel,
  counts: Readonly<Record<Verdict, number>>,
  settings: unknown,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO skill_models ${sql.insert({
    id,
    at_ms: now,
    wallets: population.wallets,
    follow: counts.FOLLOW,
    watch: counts.WATCH,
    avoid: counts.AVOID,
    settings: JSON.stringify(settings),
    population: JSON.stringify(population),
  })}`
  yield* sql`DELETE FROM skill_models WHERE id <= ${id - modelsKept}
    AND id NOT IN (SELECT model FROM verdicts)`
  yield* sql`DELETE FROM wallet_clusters`
  for (const { first, members } of population.clusters) {
    yield* sql`INSERT INTO wallet_clusters ${sql.insert(
      atLeastOne(
        members.map((member) => ({
          wallet: hexToBytes(member),
          counted_as: hexToBytes(first),
          wallets: members.length,
          at_ms: now,
        })),
      ),
    )}`
  }
}, Effect.orDie)
