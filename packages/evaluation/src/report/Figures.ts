/**
 * Counts of the background lane: the funnel, what is due, what became of recorded rows, why wallets
 * are where they are.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { FillId } from "@evaluator/domain/Id"
import { funnelStages } from "../stores/Funnel.ts"

export interface DueCount {
  readonly kind: string
  readonly count: number
  readonly oldest_ms: number | null
}

/** The fates of a recorded file's rows, each row counted once. */
export interface FileFates {
  readonly file: string
  readonly read: number
  readonly stored: number
  readonly duplicate: number
  readonly quarantined: number
  readonly ignored: Readonly<Record<string, number>>
}

export interface ReasonCount {
  readonly stage: string
  readonly reason: string
  readonly count: number
}

/** Distinct ids that ever reached each stage; `trades` counts distinct fills. */
export const readFunnel = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ stage: string; ids: number }>`SELECT stage, count(*) AS ids
    FROM funnel GROUP BY stage`
  const [trades] = yield* sql<{
    fills: number
  }>`SELECT coalesce(sum(fills), 0) AS fills FROM wallets`
  const counts = new Map(rows.map((row) => [row.stage, row.ids]))
  return Object.fromEntries(
    funnelStages.flatMap((stage) =>
      stage === "wallets"
        ? [
            [stage, counts.get(stage) ?? 0],
            ["trades", trades!.fills],
          ]
        : [[stage, counts.get(stage) ?? 0]],
    ),
  ) as Readonly<Record<string, number>>
}).pipe(Effect.orDie)

/** Each kind of work, the table and column of its truth query. */
const dueKinds = [
  ["wallet-history", "wallet_feeds", "due_ms"],
  ["market-facts", "conditions", "describe_due_ms"],
  ["market-outcome", "conditions", "resolve_due_ms"],
  ["wallet-judgement", "wallets", "judge_due_ms"],
  ["wallet-score", "wallets", "score_due_ms"],
  ["wallet-drift", "wallets", "drift_due_ms"],
  ["wallet-rules", "wallets", "rules_due_ms"],
  ["wallet-evidence", "wallet_evidence", "due_ms"],
  ["wallet-discovery", "discovery_items", "due_ms"],
  ["wallet-positions", "position_snapshots", "due_ms"],
] as const

/** What the truth queries would find now. */
export const readDue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  return yield* Effect.forEach(dueKinds, ([kind, table, column]) =>
    sql<{ count: number; oldest_ms: number | null }>`SELECT count(*) AS count,
        min(${sql(column)}) AS oldest_ms FROM ${sql(table)} WHERE ${sql(column)} <= ${now}`.pipe(
      Effect.map(([row]): DueCount => ({ kind, ...row! })),
    ),
  )
}).pipe(Effect.orDie)

/** What became of the rows of each recorded file, by file. */
export const readFates = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{
    file: string
    fate: "stored" | "duplicate" | "quarantined" | "ignored"
    reason: string | null
    rows: number
  }>`SELECT file, fate, iif(fate = 'ignored', reason, NULL) AS reason, count(*) AS rows
    FROM row_fates GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`
  const files = new Map<string, FileFates>()
  for (const row of rows) {
    const none = { file: row.file, read: 0, stored: 0, duplicate: 0, quarantined: 0, ignored: {} }
    const file: FileFates = files.get(row.file) ?? none
    const read = file.read + row.rows
    files.set(
      row.file,
      row.fate === "ignored"
        ? { ...file, read, ignored: { ...file.ignored, [row.reason ?? "no reason"]: row.rows } }
        : { ...file, read, [row.fate]: file[row.fate] + row.rows },
    )
  }
  return [...files.values()]
}).pipe(Effect.orDie)

/** Why wallets are where they are, every failing gate counted, most frequent first, at most 100. */
export const readReasons = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<ReasonCount>`SELECT stage, reason, count FROM (
      SELECT verdict AS stage, coalesce(verdict_reason, persona) AS reason, count(*) AS count
      FROM wallets WHERE verdict <> 'excluded' GROUP BY 1, 2
      UNION ALL
      SELECT 'excluded' AS stage, code AS reason, count(*) AS count FROM wallet_gates GROUP BY code
      UNION ALL
      SELECT r.state AS stage, coalesce(f.value, r.reason) AS reason, sum(r.wallets) AS count
      FROM (SELECT state, reason, failing, count(*) AS wallets FROM wallet_rules
        WHERE state <> 'CANDIDATE' OR reason <> 'not_followable'
        GROUP BY state, reason, failing) r
      LEFT JOIN json_each(r.failing) f ON TRUE GROUP BY 1, 2)
    ORDER BY count DESC, stage, reason LIMIT 100`
}).pipe(Effect.orDie)

/** Verdicts of all wallets: classified + excluded + waiting = discovered. */
export const readVerdicts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ verdict: string; wallets: number }>`SELECT verdict, count(*) AS wallets
    FROM wallets GROUP BY verdict`
  const of = (verdict: string) => rows.find((row) => row.verdict === verdict)?.wallets ?? 0
  return {
    classified: of("classified"),
    excluded: of("excluded"),
    waiting: of("waiting"),
    discovered: rows.reduce((sum, row) => sum + row.wallets, 0),
  }
}).pipe(Effect.orDie)

/**
 * Ids of the distinct fills made while their wallet was followed, up to `asOfMs`, in time order. Span by
 * span: the fills of all of them at once would keep the thread for too long.
 */
export const readLeaderFills = Effect.fnUntraced(function* (asOfMs: number) {
  const sql = yield* SqlClient.SqlClient
  const spans = yield* sql<{ wallet: Uint8Array; from_ms: number; to_ms: number | null }>`SELECT
    wallet, from_ms, to_ms FROM follows WHERE from_ms <= ${asOfMs} ORDER BY wallet, from_ms`
  const atOf = new Map<FillId, number>()
  for (const { from_ms, to_ms, wallet } of spans) {
    // As text: tens of thousands of byte arrays take longer to make than to read.
    const rows = yield* sql<{ id: FillId; at_ms: number }>`SELECT lower(hex(id)) AS id, at_ms
      FROM trades WHERE wallet = ${wallet} AND at_ms >= ${from_ms}
        AND at_ms < ${Math.min(asOfMs + 1, to_ms ?? asOfMs + 1)}`
    for (const row of rows) atOf.set(row.id, row.at_ms)
  }
  return [...atOf].toSorted(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1)).map(([id]) => id)
}, Effect.orDie)

export const readQuarantined = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ rows: number; newest_ms: number | null }>`SELECT count(*) AS rows,
    max(at_ms) AS newest_ms FROM quarantine`
  return row!
}).pipe(Effect.orDie)
