/**
 * `quarantine`: rows of the venue that could not be used, of both lanes, newest first.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { SqlClient } from "effect/sql"
import { LaneName } from "../Control.ts"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { tableOf } from "./Table.ts"
import { timeOf } from "./Readable.ts"
import { rowsOfLanes } from "./Reader.ts"

/** Rows printed when no limit is given. */
export const defaultLimit = 50

interface QuarantineRow {
  readonly first_at_ms: number
  readonly last_at_ms: number
  /** How often it was served; null where that is not counted. */
  readonly times: number | null
  readonly reason: string
  readonly request: string
  readonly recorded: string | null
  readonly body: string
}

/** The background lane keeps a row as first seen; the fast lane also counts. */
const read = (sql: SqlClient.SqlClient, lane: LaneName, limit: number) =>
  (lane === "evaluation"
    ? sql<QuarantineRow>`SELECT at_ms AS first_at_ms, at_ms AS last_at_ms, NULL AS times, reason,
        request, recorded, body FROM quarantine ORDER BY id DESC LIMIT ${limit}`
    : sql<QuarantineRow>`SELECT first_at_ms, last_at_ms, times, reason, request, recorded, body
        FROM quarantine ORDER BY last_at_ms DESC, id DESC LIMIT ${limit}`
  ).pipe(Effect.orDie)

export const quarantineCommand = Command.make(
  "quarantine",
  {
    lane: Flag.Literals("lane", LaneName.literals).pipe(
      Flag.withDescription("Only the rows of one lane"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    limit: Flags.limit,
    data: Flags.data,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli quarantine")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const limit = flags.limit ?? defaultLimit
    const kept = yield* rowsOfLanes(directory, flags.lane, (sql, lane) => read(sql, lane, limit))
    const newest = kept.toSorted((a, b) => b.last_at_ms - a.last_at_ms).slice(0, limit)
    yield* printRows(flags, {
      document: { quarantine: newest },
      ...tableOf(newest, {
        seen: (row) => timeOf(row.last_at_ms),
        lane: (row) => row.lane,
        times: (row) => row.times,
        reason: (row) => row.reason,
        request: (row) => row.recorded ?? row.request,
        row: (row) => row.body,
      }),
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Rows of the venue that could not be used: why, what asked for them, and the row itself",
  ),
  Command.withShortDescription("Rows of the venue that could not be used"),
  Command.withExamples([
    { command: "trader-evaluator quarantine --limit 10" },
    { command: "trader-evaluator quarantine --lane paper --json" },
  ]),
)
