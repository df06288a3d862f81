/**
 * How long each table of evaluator.db keeps its rows.
 *
 * Every table is in one of two lists, a test holds them against the file: rows that have had their
 * time are removed oldest first, {@link batchRows} a transaction; or the table is kept, with what
 * bounds it. No event is let go that a subscriber of the other lane has not come to.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { type AgedTable, machineryTables } from "@evaluator/runtime/AgedRows"
import { atLeastOne } from "./AtLeastOne.ts"

/** Most rows one transaction removes. */
export const batchRows = 500

/** Ages, by setting. */
export type RetentionSetting =
  | "events"
  | "job_runs"
  | "dead_letters"
  | "quarantine"
  | "rule_transitions"
  | "boots"
  | "holders"
  | "unseen_markets"

/** Rows kept at most whatever their age; more than there can be where the setting has no limit. */
export const mostKept = (
  retention: { readonly max_events: number; readonly max_job_runs: number },
  setting: RetentionSetting,
): number | undefined =>
  setting === "events"
    ? retention.max_events
    : setting === "job_runs"
      ? retention.max_job_runs
      : undefined

interface Ageing extends AgedTable {
  readonly setting: RetentionSetting
}

/** Rows whose keys follow their times. */
export const ageing: ReadonlyArray<Ageing> = [
  { ...machineryTables.events, setting: "events" },
  { ...machineryTables.job_runs, setting: "job_runs" },
  { table: "quarantine", key: "id", at: "at_ms", setting: "quarantine" },
  { table: "rule_transitions", key: "id", at: "at_ms", setting: "rule_transitions" },
  { ...machineryTables.boots, setting: "boots" },
]

/** What bounds each table whose rows are not removed by age alone. */
export const kept: Readonly<Record<string, string>> = {
  dead_letters: "one row a subject; stays while its row is given up, of an event by age",
  markets: "what stored rows name, and what the venue listed lately",
  tokens: "as markets",
  conditions: "as markets",
  position_snapshots: "one row a followed wallet",
  positions: "what followed wallets hold now",
  holders: "one set a market; removed by age of its last look",
  fee_schedules: "as markets; one row a change",
  resolutions: "one row a condition that stored rows name",
  outcome_doubts: "as markets; one row a source that disagreed",
  scoring_runs: "scoring.keep_runs",
  market_scores: "scoring.keep_runs",
  event_scores: "scoring.keep_runs",
  wallets: "discovery.max_wallets",
  wallet_feeds: "two rows a wallet",
  wallet_conditions: "one row a wallet and market; lots need the whole history",
  discovery_items: "the selected events' markets and the leaderboards",
  funnel: "one row an id that ever reached a stage",
  trades: "judgement.max_history a wallet; lots need the whole history",
  activity: "judgement.max_history a wallet; lots need the whole history",
  row_fates: "one row a recorded row, in a replay only",
  wallet_features: "five rows a wallet",
  wallet_gates: "one row a wallet and gate",
  wallet_personas: "three rows a wallet",
  wallet_traits: "three rows a wallet",
  fill_drifts: "wallet_scoring.drift_fills a wallet; ninety days",
  wallet_scores: "three rows a wallet",
  wallet_rules: "one row a wallet",
  follows: "one row a span of following; what was copied is told by it",
  copy_results: "paper is never removed",
  copy_settlements: "paper is never removed",
  wallet_entries: "one row a wallet and market",
  wallet_evidence: "one row a wallet",
  skill_models: "the newest hundred, and those that verdicts were made with",
  wallet_clusters: "one row a wallet that acts with others",
  verdicts: "one row a change of verdict or horizon; receipts are never removed",
  table_sizes: "one row a table",
  storage: "one row",
  log_identity: "one row",
  log_readers: "one row a subscriber of the other lane",
  cursors: "one row a subscriber",
  queue_pauses: "one row a pause made by hand, its audit",
  migrations: "one row a step",
}

/** In words: the setting that removes a table's rows, or what bounds it. `paper.` names paper.db's. */
export const keepsOf = (table: string): string => {
  const name = table.startsWith(paperPrefix) ? table.slice(paperPrefix.length) : table
  const aged = ageing.find((one) => one.table === name)
  if (name !== table) {
    if (name === "quarantine") return "its own limit"
    if (aged === undefined && name !== "dead_letters") return "paper is never removed"
  }
  return aged === undefined ? (kept[name] ?? "nothing is said of it") : `retention.${aged.setting}`
}

/** Before the names of paper.db's tables among the measured ones. */
export const paperPrefix = "paper."

/** Sets of holders of markets that nobody looks at any more. */
export const removeHolders = Effect.fnUntraced(function* (beforeMs: number) {
  const sql = yield* SqlClient.SqlClient
  const gone = yield* sql`DELETE FROM holders WHERE (condition, wallet, outcome_index) IN (
      SELECT condition, wallet, outcome_index FROM holders WHERE seen_at_ms < ${beforeMs}
      ORDER BY seen_at_ms LIMIT ${batchRows})
    RETURNING 1 AS gone`
  return gone.length
}, Effect.orDie)

/** Markets that no stored row names and the venue has not listed since `beforeMs`, with all about them. */
export const removeUnseenMarkets = Effect.fnUntraced(
  function* (beforeMs: number) {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ condition: Uint8Array }>`SELECT m.condition FROM markets m
      WHERE m.seen_at_ms < ${beforeMs} AND NOT EXISTS (SELECT 1 FROM conditions c
        WHERE c.condition = m.condition AND c.touched = 1)
      ORDER BY m.seen_at_ms LIMIT ${batchRows}`
    if (rows.length === 0) return 0
    const within = sql.in("condition", atLeastOne(rows.map((row) => row.condition)))
    for (const table of [
      "tokens",
      "fee_schedules",
      "outcome_doubts",
      "resolutions",
      "conditions",
      "markets",
    ]) {
      yield* sql`DELETE FROM ${sql(table)} WHERE ${within}`
    }
    return rows.length
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** Removes one batch of quarantined rows, oldest first: there is no room for any. */
export const removeQuarantine = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const gone = yield* sql`DELETE FROM quarantine WHERE id IN (
    SELECT id FROM quarantine ORDER BY id LIMIT ${batchRows}) RETURNING 1 AS gone`
  return gone.length
}).pipe(Effect.orDie)

/** Empties one batch of bodies of quarantined rows; reasons and requests stay. */
export const emptyBodies = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const emptied = yield* sql`UPDATE quarantine SET body = '' WHERE id IN (
    SELECT id FROM quarantine WHERE body <> '' ORDER BY id LIMIT ${batchRows}) RETURNING 1 AS gone`
  return emptied.length
}).pipe(Effect.orDie)

/** Every table of the file. */
export const tableNames = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
  return rows.map((row) => row.name)
}).pipe(Effect.orDie)
