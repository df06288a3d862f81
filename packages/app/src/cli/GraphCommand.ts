/**
 * `job graph`: which jobs and events led to which in this data directory, as Mermaid.
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { SqlClient } from "effect/sql"
import {
  circleOf,
  eventsRead,
  type LineageEdge,
  lineageOf,
  mermaidOf,
  runsRead,
} from "@evaluator/runtime/Lineage"
import { LaneName } from "../Control.ts"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printJson } from "./Output.ts"
import { openLane } from "./Reader.ts"

const read = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const runs = yield* sql<{ job: string; cause: string; trace_id: string | null }>`
    SELECT job, cause, trace_id FROM job_runs ORDER BY id DESC LIMIT ${runsRead}`
  const events = yield* sql<{ type: string; traceparent: string | null }>`
    SELECT type, traceparent FROM events ORDER BY seq DESC LIMIT ${eventsRead}`
  return lineageOf(runs, events)
}, Effect.orDie)

export const graphCommand = Command.make(
  "graph",
  { data: Flags.data, json: Flags.json },
  Effect.fn("cli job graph")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const lanes: ReadonlyArray<ReadonlyArray<LineageEdge>> = yield* Effect.forEach(
      LaneName.literals,
      (lane) => Effect.flatMap(openLane(directory, lane), read),
    )
    const edges = lanes.flat()
    const circle = circleOf(edges)
    if (flags.json) return yield* printJson({ edges, circle })
    yield* Console.log(mermaidOf(edges))
    if (circle.length > 0) yield* Console.error(`jobs start each other: ${circle.join(" → ")}`)
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    `Which jobs emitted which events and were started by which, as Mermaid: what was seen in the newest ${runsRead} runs and ${eventsRead} events of each lane`,
  ),
  Command.withShortDescription("Which job led to which, as Mermaid"),
  Command.withExamples([{ command: "trader-evaluator job graph" }]),
)
