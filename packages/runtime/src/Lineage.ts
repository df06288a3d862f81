/**
 * Which job leads to which: jobs and the event types between them, as a directed graph.
 *
 * Made of what was seen to happen: a run that an event started, an event that a run appended. An edge
 * that never happened is not in it.
 */

/** `job` emitted an event of the type, or was started by one. */
export interface LineageEdge {
  readonly job: string
  readonly event: string
  readonly way: "emits" | "starts"
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

const traceOf = (traceparent: string | null): string | null => traceparent?.split("-")[1] ?? null

/** The edges behind runs and events of one lane. Events about runs themselves are no lineage. */
export const lineageOf = (
  runs: ReadonlyArray<Run>,
  events: ReadonlyArray<Emitted>,
): ReadonlyArray<LineageEdge> => {
  const edges = new Map<string, LineageEdge>()
  const note = (job: string, event: string, way: LineageEdge["way"]) => {
    const key = `${job} ${way} ${event}`
    edges.set(key, { job, event, way, times: (edges.get(key)?.times ?? 0) + 1 })
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
  return [...edges.values()].toSorted((a, b) =>
    `${a.job} ${a.way} ${a.event}` < `${b.job} ${b.way} ${b.event}` ? -1 : 1,
  )
}

/** Jobs that start each other in a circle, by name; empty when the graph has no circle. */
export const circleOf = (edges: ReadonlyArray<LineageEdge>): ReadonlyArray<string> => {
  const starts = edges.filter(({ way }) => way === "starts")
  const followers = (job: string) =>
    edges
      .filter((edge) => edge.job === job && edge.way === "emits")
      .flatMap(({ event }) => starts.filter((one) => one.event === event).map((one) => one.job))
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
  for (const job of new Set(edges.map((edge) => edge.job))) {
    const circle = walk(job, [])
    if (circle.length > 0) return circle
  }
  return []
}

const nodeOf = (name: string): string => name.replaceAll("-", "_")

/** The graph as Mermaid: jobs in boxes, event types rounded, the number of times on each arrow. */
export const mermaidOf = (edges: ReadonlyArray<LineageEdge>): string => {
  const jobs = [...new Set(edges.map((edge) => edge.job))].toSorted()
  const events = [...new Set(edges.map((edge) => edge.event))].toSorted()
  return [
    "flowchart LR",
    ...jobs.map((job) => `  ${nodeOf(job)}[${job}]`),
    ...events.map((event) => `  ${event}([${event}])`),
    ...edges.map(({ job, event, way, times }) =>
      way === "emits"
        ? `  ${nodeOf(job)} -->|${times}| ${event}`
        : `  ${event} -->|${times}| ${nodeOf(job)}`,
    ),
  ].join("\n")
}
