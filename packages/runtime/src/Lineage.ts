/**
 * Which work leads to which: jobs, queues and the event types between them, as a directed graph.
 *
 * Made of what jobs and queues declare (what they hear, what they emit) and of what was seen to happen:
 * a run that an event started, an event that a run appended. Jobs must not start each other in a circle,
 * and a lane whose jobs would does not start. A circle through a queue is none: an item is a hint to a
 * row that is due, and whoever finds nothing due says nothing.
 */
import type { EventType } from "@evaluator/domain/event/DomainEvent"

/** What a job or queue declares: the event types that start it, those it appends. */
export interface Wired {
  readonly name: string
  readonly on?: ReadonlyArray<EventType> | undefined
  readonly emits?: ReadonlyArray<EventType> | undefined
}

/** The job or queue `node` emits events of the type, or is started by them. */
export interface LineageEdge {
  readonly node: string
  readonly kind: "job" | "queue"
  readonly event: string
  readonly way: "emits" | "starts"
  readonly declared: boolean
  /** How often it was seen among the newest rows; of a queue that is not known. */
  readonly times: number
}

/** How many of the newest rows are looked at. */
export const runsRead = 5000
export const eventsRead = 20_000

interface Run {
  readonly job: string
  readonly cause: string
  readonly trace_id: string | null
}

interface Emitted {
  readonly type: string
  readonly traceparent: string | null
}

const keyOf = ({ node, way, event }: LineageEdge) => `${node} ${way} ${event}`

const ordered = (edges: Iterable<LineageEdge>): ReadonlyArray<LineageEdge> =>
  [...edges].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

/** The edges that jobs or queues declare. */
export const declaredBy = (
  kind: LineageEdge["kind"],
  wired: ReadonlyArray<Wired>,
): ReadonlyArray<LineageEdge> =>
  ordered(
    wired.flatMap(({ name: node, on = [], emits = [] }) => {
      const edge = (way: LineageEdge["way"]) => (event: string) => ({
        node,
        kind,
        event,
        way,
        declared: true,
        times: 0,
      })
      return [...on.map(edge("starts")), ...emits.map(edge("emits"))]
    }),
  )

/** What is declared, with how often it was seen, and what was seen without being declared. */
export const together = (
  declared: ReadonlyArray<LineageEdge>,
  seen: ReadonlyArray<LineageEdge>,
): ReadonlyArray<LineageEdge> => {
  const edges = new Map(declared.map((edge) => [keyOf(edge), edge]))
  for (const edge of seen) {
    const known = edges.get(keyOf(edge))
    edges.set(keyOf(edge), known === undefined ? edge : { ...known, times: edge.times })
  }
  return ordered(edges.values())
}

const traceOf = (traceparent: string | null): string | null => traceparent?.split("-")[1] ?? null

/** The edges behind runs and events of one lane. Events about runs themselves are no lineage. */
export const lineageOf = (
  runs: ReadonlyArray<Run>,
  events: ReadonlyArray<Emitted>,
): ReadonlyArray<LineageEdge> => {
  const edges = new Map<string, LineageEdge>()
  const note = (node: string, event: string, way: LineageEdge["way"]) => {
    const edge: LineageEdge = { node, kind: "job", event, way, declared: false, times: 1 }
    const key = keyOf(edge)
    edges.set(key, { ...edge, times: (edges.get(key)?.times ?? 0) + 1 })
  }
  const jobOfTrace = new Map<string, string>()
  for (const { job, cause, trace_id } of runs) {
    if (cause.startsWith("event ")) note(job, cause.slice("event ".length), "starts")
    if (trace_id !== null) jobOfTrace.set(trace_id, job)
  }
  for (const { type, traceparent } of events) {
    const job = jobOfTrace.get(traceOf(traceparent) ?? "")
    if (job !== undefined && !type.startsWith("Job")) note(job, type, "emits")
  }
  return ordered(edges.values())
}

/** Jobs that start each other in a circle, by name; empty when there is no circle of jobs. */
export const circleOf = (edges: ReadonlyArray<LineageEdge>): ReadonlyArray<string> => {
  const ofJobs = edges.filter(({ kind }) => kind === "job")
  const starts = ofJobs.filter(({ way }) => way === "starts")
  const followers = (job: string) =>
    ofJobs
      .filter((edge) => edge.node === job && edge.way === "emits")
      .flatMap(({ event }) => starts.filter((one) => one.event === event).map((one) => one.node))
  const clear = new Set<string>()
  const walk = (job: string, path: ReadonlyArray<string>): ReadonlyArray<string> => {
    if (path.includes(job)) return [...path.slice(path.indexOf(job)), job]
    if (clear.has(job)) return []
    for (const next of followers(job)) {
      const circle = walk(next, [...path, job])
      if (circle.length > 0) return circle
    }
    clear.add(job)
    return []
  }
  for (const job of new Set(ofJobs.map((edge) => edge.node))) {
    const circle = walk(job, [])
    if (circle.length > 0) return circle
  }
  return []
}

const idOf = (name: string): string => name.replaceAll("-", "_")

/** Solid with the number of times where it was seen, dotted where it is only declared, thick where it is not declared. */
const arrowOf = ({ declared, times }: LineageEdge): string =>
  !declared ? `==>|${times}|` : times === 0 ? "-.->" : `-->|${times}|`

/** The graph as Mermaid: jobs in boxes, queues in double boxes, event types rounded. */
export const mermaidOf = (edges: ReadonlyArray<LineageEdge>): string => {
  const nodes = (kind: LineageEdge["kind"]) =>
    [...new Set(edges.filter((edge) => edge.kind === kind).map((edge) => edge.node))].toSorted()
  const events = [...new Set(edges.map((edge) => edge.event))].toSorted()
  return [
    "flowchart LR",
    ...nodes("job").map((job) => `  ${idOf(job)}[${job}]`),
    ...nodes("queue").map((queue) => `  ${idOf(queue)}[[${queue}]]`),
    ...events.map((event) => `  ${event}([${event}])`),
    ...edges.map((edge) =>
      edge.way === "emits"
        ? `  ${idOf(edge.node)} ${arrowOf(edge)} ${edge.event}`
        : `  ${edge.event} ${arrowOf(edge)} ${idOf(edge.node)}`,
    ),
  ].join("\n")
}
