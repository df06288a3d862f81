/**
 * Every metric, span and attribute name with its unit, in one place: a name that is not here does
 * not appear on the metrics page or in a trace.
 *
 * A metric ends in its unit, or in `_total` when it counts. A label has few values, all known
 * beforehand (a job, a queue, an outcome), never a wallet, market or trade.
 */
import { Metric } from "effect"

export interface MetricName {
  readonly name: string
  readonly kind: "counter" | "gauge" | "histogram"
  readonly unit: string
  readonly labels: ReadonlyArray<string>
  readonly about: string
}

const named = <const Kind extends MetricName["kind"]>(
  kind: Kind,
  name: string,
  unit: string,
  labels: ReadonlyArray<string>,
  about: string,
) => ({ kind, name: `evaluator_${name}`, unit, labels, about })

const counts = (name: string, unit: string, labels: ReadonlyArray<string>, about: string) =>
  named("counter", `${name}_total`, unit, labels, about)
const shows = (name: string, unit: string, labels: ReadonlyArray<string>, about: string) =>
  named("gauge", name, unit, labels, about)
const spreads = (name: string, unit: string, labels: ReadonlyArray<string>, about: string) =>
  named("histogram", name, unit, labels, about)

export const metrics = {
  jobRuns: counts("job_runs", "runs", ["job", "outcome"], "Finished runs of a job."),
  jobDuration: spreads("job_duration_ms", "ms", ["job"], "From a run's start to its end."),
  jobsRunning: shows("jobs_running", "runs", ["job"], "Runs of a job going on now."),
  jobRetries: counts("job_retries", "attempts", ["job", "trouble"], "Attempts after a failed one."),
  serviceRestarts: counts("service_restarts", "restarts", ["service"], "Loops started again."),
  threadRestarts: counts("thread_restarts", "restarts", ["thread"], "Threads started again."),
  laneSlowed: shows("lane_slowed", "1", [], "1 while the lane's bulk work is slowed down."),
  queueOffered: counts("queue_offered", "items", ["queue"], "Items offered to a queue."),
  queueDone: counts("queue_done", "items", ["queue"], "Items a worker finished."),
  queueFailed: counts("queue_failed", "items", ["queue"], "Items whose worker gave up."),
  queueDropped: counts("queue_dropped", "items", ["queue"], "Hints a full queue let go."),
  queueCoalesced: counts("queue_coalesced", "items", ["queue"], "Items merged into a waiting one."),
  queueLate: counts("queue_late", "items", ["queue"], "Items that waited over the worst delay."),
  queueWait: spreads("queue_wait_ms", "ms", ["queue"], "From an item's offer to its worker."),
  queuePressed: shows("queue_pressed", "1", ["queue"], "1 from the high-water mark to the low."),
  queuePending: shows("queue_pending", "items", ["queue"], "Items waiting or in a worker's hands."),
  deadLetters: shows("dead_letters", "rows", ["source"], "What was given up until redriven."),
  eventsPublished: counts("events_published", "events", ["type"], "Events committed to the log."),
  eventsDelivered: counts("events_delivered", "events", ["subscriber"], "Events handled."),
  subscriberLag: shows("subscriber_lag", "events", ["subscriber"], "Events behind the log's head."),
  cursorRewinds: counts("cursor_rewinds", "rewinds", ["subscriber"], "Cursors that did not match."),
  venueRequests: counts("venue_requests", "requests", ["route", "outcome"], "Calls to the venue."),
  venueDuration: spreads("venue_request_ms", "ms", ["route"], "From a call to its decoded answer."),
  venueThrottled: counts("venue_throttled", "answers", ["route"], "Answers that said slow down."),
  venueClockOffset: shows(
    "venue_clock_offset_ms",
    "ms",
    [],
    "Venue's clock less ours, as answered.",
  ),
  rowsQuarantined: counts("rows_quarantined", "rows", ["kind"], "Rows that could not be decoded."),
  counterDifference: shows("counter_difference", "rows", ["rows"], "Counted less rows there are."),
  copyOutcomes: counts("copy_outcomes", "copies", ["strategy", "outcome"], "Copies by outcome."),
  booksMet: counts("books_met", "books", ["source"], "Books that orders met; none: no fill."),
  booksFollowed: shows("books_followed", "tokens", [], "Tokens whose books are followed."),
  copiesInFlight: shows("copies_in_flight", "copies", [], "Copies without an outcome."),
  copiesStuck: shows("copies_stuck", "copies", [], "Copies whose undo broke: somebody must look."),
  staleFeeds: shows(
    "stale_feeds",
    "wallets",
    [],
    "Followed wallets whose ledger is not known lately.",
  ),
  decision: spreads("decision_ms", "ms", [], "Fill decoded in the fast lane to reservation kept."),
  cash: shows("cash_microusdc", "micro-USDC", ["strategy"], "Free paper cash."),
  equity: shows("equity_microusdc", "micro-USDC", ["strategy"], "Cash and open positions."),
  slowStatements: counts("slow_statements", "calls", [], "Calls into SQLite over 250 ms."),
  spansExported: counts("spans_exported", "spans", [], "Spans a collector took."),
  spansDropped: counts("spans_dropped", "spans", ["reason"], "Spans no collector will see."),
  logLinesDropped: counts("log_lines_dropped", "lines", ["reason"], "Log lines nobody will read."),
} as const satisfies Readonly<Record<string, MetricName>>

/** Bounds for durations in ms: 0.25 ms to about 65 s, doubling. */
const durationBounds = Metric.exponentialBoundaries({ start: 0.25, factor: 2, count: 19 })

const described = (of: MetricName) => ({ description: of.about, attributes: { unit: of.unit } })

/** The counter of that name; it only grows. Give it labels with `Metric.withAttributes`. */
export const counterOf = (of: MetricName & { readonly kind: "counter" }) =>
  Metric.counter(of.name, { ...described(of), incremental: true })

export const gaugeOf = (of: MetricName & { readonly kind: "gauge" }) =>
  Metric.gauge(of.name, described(of))

export const histogramOf = (of: MetricName & { readonly kind: "histogram" }) =>
  Metric.histogram(of.name, { ...described(of), boundaries: durationBounds })

/** Names of spans. A name has few values; ids are attributes. */
export const spans = {
  send: (destination: string) => `send ${destination}`,
  process: (destination: string) => `process ${destination}`,
  job: (name: string) => `job ${name}`,
  command: (verb: string) => `command ${verb}`,
  copy: "copy trade",
  settled: "copy settled",
  transaction: "sqlite transaction",
  call: (method: string, route: string) => `${method} ${route}`,
} as const

export const attributes = {
  job: "job.name",
  jobCause: "job.cause",
  jobOutcome: "job.outcome",
  copyId: "copy.id",
  copyOutcome: "copy.outcome",
  messagingSystem: "messaging.system",
  destination: "messaging.destination.name",
  operationName: "messaging.operation.name",
  operationType: "messaging.operation.type",
  messageId: "messaging.message.id",
  conversationId: "messaging.message.conversation_id",
  consumerGroup: "messaging.consumer.group.name",
  coalesced: "messaging.batch.message_count",
  peer: "peer.service",
  peerNew: "service.peer.name",
} as const

/** What `messaging.system` says: an in-process bus has no name of its own in the conventions. */
export const messagingSystem = "trader-evaluator"

/** Who asks over HTTP. */
export const operatorPeer = "operator"

/** Nodes outside the process, named on CLIENT spans only. */
export const externalPeers = {
  gamma: "polymarket-gamma",
  data: "polymarket-data",
  clob: "polymarket-clob",
  stream: "polymarket-ws",
  sqlite: "sqlite",
} as const

/** Both spellings of the peer: the old one is what backends look for, the new one the convention. */
export const peerAttributes = (peer: string): Readonly<Record<string, string>> => ({
  [attributes.peer]: peer,
  [attributes.peerNew]: peer,
})
