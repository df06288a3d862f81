/**
 * The venue's surface with faults of transport and of pages. One answer has one fault at most. Except
 * for garbage, which is added, rows are never lost: what a faulty page lacks is on the next try.
 */
import { hexDigits, textHash } from "../Chance.ts"
import type { VenueApi, VenueRequest, VenueResponse } from "../Api.ts"
import type { FaultKind, FaultPlan } from "./FaultPlan.ts"
import { garbageOf, listKey, pageOf, withRows } from "./Pages.ts"

const feeds: ReadonlySet<string> = new Set(["/data/v2/trades", "/data/v2/activity"])
/** What `/data/v2/trades` filters by. */
const filters = ["user", "condition", "condition_id", "conditionId", "event_id", "eventId"]

const transportKinds = ["throttle", "outage", "stall", "halfBody"] as const
const pageKinds = ["repeatedPage", "shuffledRows", "ignoredFilter", "garbageRow"] as const

export const faultyApi = (api: VenueApi, plan: FaultPlan): VenueApi => ({
  world: api.world,
  handle: (request, nowMs) => {
    const place = textHash(`${request.method} ${request.path}?${request.query} ${request.body}`)
    const found = (kinds: ReadonlyArray<FaultKind>) =>
      kinds.find((kind) => plan.happens(kind, place, nowMs))
    const shape = plan.shape(place, nowMs, 74)
    const transport = found(transportKinds)
    if (transport !== undefined) {
      plan.count(transport)
      if (transport === "throttle") return throttled(shape, hexDigits(32, place, nowMs))
      if (transport === "outage") return broken(shape, hexDigits(32, place, nowMs))
      const answer = api.handle(request, nowMs)
      return transport === "stall"
        ? { ...answer, stallMs: Math.ceil(1000 + 19_000 * shape) }
        : { ...answer, body: answer.body.slice(0, answer.body.length >> 1), cut: shape < 0.5 }
    }
    const kind = found(pageKinds)
    if (kind === undefined) return api.handle(request, nowMs)
    return pageFault(api, plan, request, nowMs, kind) ?? api.handle(request, nowMs)
  },
})

/** `null` where the fault has no occasion: no page, no rows, no filter. */
const pageFault = (
  api: VenueApi,
  plan: FaultPlan,
  request: VenueRequest,
  nowMs: number,
  kind: FaultKind,
): VenueResponse | null => {
  const { path, query } = request
  const feed = feeds.has(path)
  if (kind === "ignoredFilter") {
    const given = filters.filter((name) => query.has(name))
    if (path !== "/data/v2/trades" || given.length === 0 || query.has("cursor")) return null
    const bare = new URLSearchParams(query)
    for (const name of given) bare.delete(name)
    plan.count(kind)
    return api.handle({ ...request, query: bare }, nowMs)
  }
  if (!feed && kind !== "garbageRow") return null
  const answer = api.handle(request, nowMs)
  const page = pageOf(answer)
  const rows = page === null ? [] : page[listKey(page)]!
  if (page === null || rows.length === 0) return null
  const shape = plan.shape(textHash(answer.body), nowMs, 75)
  if (kind === "garbageRow") {
    const row = garbageOf(path, rows, Math.floor(shape * 4_294_967_296))
    if (row === null) return null
    plan.remember({ path, row: JSON.stringify(row) })
    const at = Math.floor(shape * (rows.length + 1))
    return withRows(answer, page, [...rows.slice(0, at), row, ...rows.slice(at)])
  }
  if (rows.length < 2) return null
  plan.count(kind)
  if (kind === "shuffledRows") return withRows(answer, page, shuffled(rows, plan, nowMs))
  const cursor = query.get("cursor")
  if (cursor !== null && shape < 0.5) {
    const pagination = { ...page.pagination, has_more: true, next_cursor: cursor }
    return withRows(answer, { ...page, pagination }, rows)
  }
  return withRows(answer, page, [...rows, ...rows.slice(0, Math.ceil(shape * rows.length))])
}

const shuffled = <A>(rows: ReadonlyArray<A>, plan: FaultPlan, nowMs: number): ReadonlyArray<A> =>
  rows
    .map((row, i) => [plan.shape(i, nowMs, 76), row] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, row]) => row)

const json = (status: number, body: unknown, headers = {}): VenueResponse => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
})

/** With and without `Retry-After`, as the edge's text, and as an error in an answer of 200. */
const throttled = (shape: number, trace_id: string): VenueResponse => {
  const body = { error: "rate limited", code: "rate_limited", retryable: true, trace_id }
  if (shape < 0.3) return json(429, body, { "retry-after": String(1 + Math.floor(shape * 10)) })
  if (shape < 0.6) return json(429, body)
  if (shape < 0.85) {
    return { status: 429, headers: { "content-type": "text/plain" }, body: "error code: 1015" }
  }
  return json(200, body)
}

const broken = (shape: number, trace_id: string): VenueResponse => {
  if (shape < 0.4) {
    return json(500, { error: "internal error", code: "internal", retryable: true, trace_id })
  }
  if (shape < 0.7) {
    const error = "dependency unavailable"
    return json(503, { error, code: "dependency_unavailable", retryable: true, trace_id })
  }
  const body = "<html><body><h1>502 Bad Gateway</h1></body></html>"
  return { status: 502, headers: { "content-type": "text/html" }, body }
}
