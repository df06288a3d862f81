/**
 * What the two files hold, as one hash a table and one over all: equal states have equal hashes.
 *
 * Tables of evaluator.db stand under their own names, those of paper.db after `paper.`.
 */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { hashTables, type LeftOut, type TableHash } from "@evaluator/sqlite/TableHashes"

/** Columns that two runs of one command may differ in: trace context, boots, the wall clock. */
export const volatileColumns: LeftOut = {
  migrations: ["created_at"],
  events: ["traceparent"],
  job_runs: ["trace_id", "boot_id"],
  copies: ["traceparent"],
}

export interface State {
  readonly tables: Readonly<Record<string, TableHash>>
  readonly state_hash: string
}

export const stateOf = Effect.fnUntraced(function* (
  evaluation: SqlClient.SqlClient,
  paper: SqlClient.SqlClient,
) {
  const tables: Record<string, TableHash> = yield* hashTables(evaluation, volatileColumns)
  for (const [name, hash] of Object.entries(yield* hashTables(paper, volatileColumns))) {
    tables[`paper.${name}`] = hash
  }
  return { tables, state_hash: overall(tables) } satisfies State
}, Effect.orDie)

const overall = (tables: State["tables"]): string => {
  const hash = createHash("sha256")
  for (const [name, { rows, sha256 }] of Object.entries(tables).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    hash.update(`${name} ${rows} ${sha256}\n`)
  }
  return hash.digest("hex")
}
