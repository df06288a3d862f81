/**
 * `queues`: the queues of the running service, from its metrics page.
 *
 * Queues live in memory: without a service there are none, and what they would be filled with is
 * under `due` in `status`. Limits: an answer within {@link answerWithin}.
 */
import { Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { FetchHttpClient, HttpClient } from "effect/http"
import { metrics } from "@evaluator/telemetry/Names"
import { locate } from "../DirectoryFiles.ts"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"

export const answerWithin = "5 seconds"

/** No service answers, so there is no queue to look at. */
export class NoServiceRuns extends Schema.TaggedError<NoServiceRuns>()("NoServiceRuns", {
  directory: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `no service answers for ${this.directory} (${this.why}): queues live in memory; what is due is in \`status\``
  }
}

const columns = {
  offered: metrics.queueOffered.name,
  done: metrics.queueDone.name,
  failed: metrics.queueFailed.name,
  dropped: metrics.queueDropped.name,
  coalesced: metrics.queueCoalesced.name,
  pending: metrics.queuePending.name,
  late: metrics.queueLate.name,
  pressed: metrics.queuePressed.name,
} as const

type Column = keyof typeof columns

export type QueueRow = { readonly lane: string; readonly queue: string } & Record<Column, number>

const columnOf = new Map(
  (Object.keys(columns) as ReadonlyArray<Column>).map((column) => [columns[column], column]),
)
const sample = /^(?<name>[a-z_]+)\{(?<labels>[^}]*)\} (?<value>[0-9.e+]+)$/

const labelOf = (labels: string, name: string): string =>
  new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ""

/** The queues on a Prometheus page; a figure that is not there has not been counted yet. */
export const queuesOn = (page: string): ReadonlyArray<QueueRow> => {
  const rows = new Map<string, QueueRow>()
  for (const line of page.split("\n")) {
    const { name = "", labels = "", value = "" } = sample.exec(line)?.groups ?? {}
    const column = columnOf.get(name as (typeof columns)[Column])
    if (column === undefined) continue
    const [lane, queue] = [labelOf(labels, "lane"), labelOf(labels, "queue")]
    const key = `${lane} ${queue}`
    const known = rows.get(key) ?? {
      lane,
      queue,
      offered: 0,
      done: 0,
      failed: 0,
      dropped: 0,
      coalesced: 0,
      pending: 0,
      late: 0,
      pressed: 0,
    }
    rows.set(key, { ...known, [column]: Number(value) })
  }
  return [...rows.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const pageOf = Effect.fnUntraced(function* (directory: string) {
  const port = locate(directory).ports?.ports["http"]
  if (port === undefined) return yield* new NoServiceRuns({ directory, why: "no port is known" })
  const client = yield* HttpClient.HttpClient
  return yield* client.get(`http://127.0.0.1:${port}/metrics`).pipe(
    Effect.flatMap((response) => response.text),
    Effect.timeout(answerWithin),
    Effect.mapError(({ message }) => new NoServiceRuns({ directory, why: message })),
  )
})

export const queuesCommand = Command.make(
  "queues",
  { data: Flags.data, json: Flags.json, csv: Flags.csv },
  Effect.fn("cli queues")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const page = yield* pageOf(directory).pipe(Effect.provide(FetchHttpClient.layer))
    const queues = queuesOn(page)
    yield* printRows(flags, {
      document: { queues },
      rows: queues.map(({ pressed, ...row }) => ({ ...row, now: pressed === 1 ? "pressed" : "" })),
    })
  }),
).pipe(
  Command.withDescription(
    "The queues of the running service since its start: offered = done + failed + dropped + coalesced + pending",
  ),
  Command.withShortDescription("The running service's queues"),
  Command.withExamples([{ command: "trader-evaluator queues --json" }]),
)
