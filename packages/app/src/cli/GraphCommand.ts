/**
 * `job graph`: which jobs, queues and events lead to which, as Mermaid: as they are declared, and how
 * often it was seen in this data directory.
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { SqlClient } from "effect/sql"
import {
  circleOf,
  declaredBy,
  eventsRead,
  type LineageEdge,
  lineageOf,
  mermaidOf,
  runsRead,
  together,
} from "@evaluator/runtime/Lineage"
import { LaneName } from "../Control.ts"
import { dataDirectoryFor, handlersFor } from "./Directory.ts"
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
  { data: Flags.data, profiles: Flags.profiles, json: Flags.json },
  Effect.fn("cli job graph")(function* (flags) {
    const { jobs, queues } = yield* (yield* handlersFor(flags)).wiring
    const directory = yield* dataDirectoryFor(flags.data)
    const lanes: ReadonlyArray<ReadonlyArray<LineageEdge>> = yield* Effect.forEach(
      LaneName.literals,
      (lane) => Effect.flatMap(openLane(directory, lane), read),
    )
    const declared = [...declaredBy("job", jobs), ...declaredBy("queue", queues)]
    const edges = together(declared, lanes.flat())
    const circle = circleOf(edges)
    if (flags.json) return yield* printJson({ edges, circle })
    yield* Console.log(mermaidOf(edges))
    if (circle.length > 0) yield* Console.error(`jobs start each other: ${circle.join(" → ")}`)
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    `Which jobs and queues emit which events and are started by which, as Mermaid: dotted what is only declared, else with how often it was seen in the newest ${runsRead} runs and ${eventsRead} events of each lane; thick what nobody declared`,
  ),
  Command.withShortDescription("Which job led to which, as Mermaid"),
  Command.withExamples([{ command: "trader-evaluator job graph" }]),
)
