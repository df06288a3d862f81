/**
 * `why EVENT`: what caused an event and what it led to, through the logs of both lanes and the runs that an
 * event started, with the ids under which `why` goes on.
 */
import { Effect } from "effect"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { LaneName } from "../Control.ts"
import { timeOf } from "./Readable.ts"
import { rowsOfLanes } from "./Reader.ts"

/** Events of a chain that are listed, and causes of one that are told. */
export const mostListed = 50
export const mostCauses = 10
/** Fills of one event that are named. */
const mostFills = 5

interface EventRow {
  readonly id: string
  readonly seq: number
  readonly type: string
  readonly at_ms: number
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly payload: string
}

interface InLane extends EventRow {
  readonly lane: LaneName
}

const laneWords: Readonly<Record<LaneName, string>> = {
  evaluation: "the background lane",
  paper: "the fast lane",
}
const fileOf: Readonly<Record<LaneName, string>> = { evaluation: "evaluator.db", paper: "paper.db" }

const eventOf = (directory: string, id: string) =>
  rowsOfLanes(directory, null, (sql) =>
    sql<EventRow>`SELECT id, seq, type, at_ms, correlation_id, causation_id, traceparent, payload
      FROM events WHERE id = ${id}`.pipe(Effect.orDie),
  ).pipe(Effect.map((found): InLane | undefined => found[0]))

interface RunOf {
  readonly id: number
  readonly job: string
  readonly cause: string
  readonly cause_event: string | null
}

/** The run in whose trace the event was appended. */
const runOf = Effect.fnUntraced(function* (directory: string, event: InLane) {
  const trace = event.traceparent?.split("-")[1] ?? null
  if (trace === null) return null
  const runs = yield* rowsOfLanes(directory, event.lane, (sql) =>
    sql<RunOf>`SELECT id, job, cause, cause_event FROM job_runs
      WHERE trace_id = ${trace} LIMIT 1`.pipe(Effect.orDie),
  )
  return runs[0] ?? null
})

interface CauseOf {
  readonly event: InLane
  /** The run that this event started and that wrote the later one; null where it caused that itself. */
  readonly run: RunOf | null
}

interface Causes {
  /** Newest first. */
  readonly told: ReadonlyArray<CauseOf>
  /** The id of the one before those. */
  readonly before: string | null
}

const causesOf = Effect.fnUntraced(function* (
  directory: string,
  of: InLane,
  writtenBy: RunOf | null,
) {
  const told: Array<CauseOf> = []
  let [event, run] = [of, writtenBy]
  for (;;) {
    const id = event.causation_id ?? run?.cause_event ?? null
    const cause =
      id === null || told.length === mostCauses ? undefined : yield* eventOf(directory, id)
    if (cause === undefined) return { told, before: id } satisfies Causes as Causes
    told.push({ event: cause, run: event.causation_id === null ? run : null })
    event = cause
    run = yield* runOf(directory, cause)
  }
})

const theCauses = ({ before, told }: Causes): ReadonlyArray<string> => {
  const words = told.map(({ event: { id, lane, type }, run }, at) => {
    const by = `by ${type} of ${laneWords[lane]}, event ${id}.`
    if (run === null) return `${at === 0 ? "It" : "That"} was caused ${by}`
    return at === 0
      ? `The run was started ${by}`
      : `That was written by run ${run.id} of ${run.job}, which was started ${by}`
  })
  if (before !== null) return [...words, `Before that was event ${before}, which is not told here.`]
  return words.length === 0 ? ["No event caused it."] : words
}

/** The runs of its lane that the event started. */
const runsAfter = Effect.fnUntraced(function* (directory: string, { id, lane }: InLane) {
  const runs = yield* rowsOfLanes(directory, lane, (sql) =>
    sql<Pick<RunOf, "id" | "job">>`SELECT id, job FROM job_runs
      WHERE cause_event = ${id} ORDER BY id`.pipe(Effect.orDie),
  )
  return runs.length === 0
    ? []
    : [`It started ${runs.map((run) => `run ${run.id} of ${run.job}`).join(", ")}.`]
})

const stringIn = (payload: Readonly<Record<string, unknown>>, key: string): string | null => {
  const value = payload[key]
  return typeof value === "string" ? value : null
}

/** What the event is about, each with the id that `why` knows it by. */
const theSubject = (text: string): ReadonlyArray<string> => {
  const payload = JSON.parse(text) as Readonly<Record<string, unknown>>
  const fills = Array.isArray(payload["fills"]) ? payload["fills"] : []
  const carried = fills.flatMap((fill: unknown) =>
    typeof fill === "object" && fill !== null && "id" in fill ? [String(fill.id)] : [],
  )
  const fill = stringIn(payload, "fill")
  const market = stringIn(payload, "condition")
  const wallet = stringIn(payload, "wallet")
  return [
    ...(fill === null
      ? []
      : [`It is about fill ${fill}: why ${fill} goes from the venue's row to the outcome.`]),
    ...(carried.length === 0
      ? []
      : [
          `It carried ${carried.length} ${carried.length === 1 ? "fill" : "fills"} to be copied: why ${carried.slice(0, mostFills).join(", why ")}${carried.length > mostFills ? ", …" : ""}.`,
        ]),
    ...(fill === null && market !== null ? [`It is about market ${market}: why ${market}.`] : []),
    ...(fill === null && wallet !== null ? [`It is about wallet ${wallet}: why ${wallet}.`] : []),
  ]
}

const chainOf = Effect.fnUntraced(function* (directory: string, { correlation_id }: InLane) {
  const rows = yield* rowsOfLanes(directory, null, (sql) =>
    sql<Omit<EventRow, "payload" | "traceparent" | "correlation_id">>`
      SELECT id, seq, type, at_ms, causation_id FROM events
      WHERE correlation_id = ${correlation_id} ORDER BY seq LIMIT ${mostListed + 1}`.pipe(
      Effect.orDie,
    ),
  )
  return rows.toSorted((a, b) => a.at_ms - b.at_ms || a.seq - b.seq)
})

/** Empty when neither log has the event. */
export const whyEvent = Effect.fnUntraced(function* (directory: string, id: string) {
  const event = yield* eventOf(directory, id)
  if (event === undefined) return []
  const run = yield* runOf(directory, event)
  const causes = yield* causesOf(directory, event, run)
  const chain = yield* chainOf(directory, event)
  const { lane, traceparent: _, ...row } = event
  const sections: ReadonlyArray<Section> = [
    {
      title: `Event ${event.type} of ${laneWords[lane]}`,
      says: [
        `It is number ${event.seq} in the log of ${fileOf[lane]}, written at ${timeOf(event.at_ms)}.`,
        ...(run === null ? [] : [`Run ${run.id} of ${run.job} wrote it (${run.cause}).`]),
        ...theCauses(causes),
        ...(yield* runsAfter(directory, event)),
        ...theSubject(event.payload),
      ],
      rows: [row],
    },
    {
      title: "Its chain, both lanes, oldest first",
      says: [
        chain.length > mostListed
          ? `The first ${mostListed} events of it; events --correlation ${event.correlation_id} lists the newest.`
          : `${chain.length === 1 ? "It is the only event" : `${chain.length} events`} of it${chain.length === 1 ? "" : " in all"}.`,
      ],
      rows: chain
        .slice(0, mostListed)
        .map(
          ({
            at_ms,
            causation_id,
            id: of,
            lane: by,
            seq,
            type,
          }): Readonly<Record<string, Cell>> => ({
            at_ms,
            lane: by,
            seq,
            type,
            id: of,
            caused_by: causation_id,
          }),
        ),
    },
  ]
  return sections
}, Effect.scoped)
