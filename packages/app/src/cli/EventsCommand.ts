/**
 * `events`: the typed events of both lanes' logs, newest first.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { SqlClient } from "effect/sql"
import { EventType } from "@evaluator/domain/event/DomainEvent"
import { LaneName } from "../Control.ts"
import { dataDirectoryFor } from "./Directory.ts"
import { eventsReplayCommand } from "./EventsReplayCommand.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { tableOf } from "./Table.ts"
import { timeOf } from "./Readable.ts"
import { rowsOfLanes } from "./Reader.ts"

/** Events printed when no limit is given. */
export const defaultLimit = 50

interface EventRow {
  readonly seq: number
  readonly id: string
  readonly type: string
  readonly at_ms: number
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly payload: string
}

const read = (
  sql: SqlClient.SqlClient,
  filter: { readonly type: string | null; readonly correlation: string | null },
  limit: number,
) =>
  sql<EventRow>`
    SELECT seq, id, type, at_ms, correlation_id, causation_id, payload FROM events
    WHERE (${filter.type} IS NULL OR type = ${filter.type})
      AND (${filter.correlation} IS NULL OR correlation_id = ${filter.correlation})
    ORDER BY seq DESC LIMIT ${limit}`.pipe(Effect.orDie)

export const eventsCommand = Command.make(
  "events",
  {
    type: Flag.Literals("type", EventType.literals).pipe(
      Flag.withMetavar("TYPE"),
      Flag.withDescription("Only events of this type: TradesIngested"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    correlation: Flag.String("correlation").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Only what this event led to"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    lane: Flag.Literals("lane", LaneName.literals).pipe(
      Flag.withDescription("Only the log of one lane"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    limit: Flags.limit,
    data: Flags.data,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli events")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const limit = flags.limit ?? defaultLimit
    const events = yield* rowsOfLanes(directory, flags.lane, (sql) => read(sql, flags, limit))
    const newest = events.toSorted((a, b) => b.at_ms - a.at_ms || b.seq - a.seq).slice(0, limit)
    yield* printRows(flags, {
      document: {
        events: newest.map(({ payload, ...rest }) => ({
          ...rest,
          payload: JSON.parse(payload) as unknown,
        })),
      },
      ...tableOf(newest, {
        at: ({ at_ms }) => timeOf(at_ms),
        lane: ({ lane }) => lane,
        seq: ({ seq }) => seq,
        type: ({ type }) => type,
        id: ({ id }) => id,
        payload: ({ payload }) => payload,
      }),
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription("What happened, newest first: the typed events of both lanes' logs"),
  Command.withShortDescription("What happened, newest first"),
  Command.withExamples([
    { command: "trader-evaluator events --type FollowListChanged --limit 10" },
    { command: "trader-evaluator events --correlation 0197… --json" },
  ]),
  Command.withSubcommands([eventsReplayCommand]),
)
