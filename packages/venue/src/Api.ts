/**
 * The venue's HTTP surface over a world: pure and synchronous, the moment is an argument.
 *
 * One port serves all hosts; the first part of a path says which: `/gamma`, `/data`, `/clob`.
 * With `cdn` on, routes the real venue caches answer as of the start of the URL's own cache window,
 * so a repeated URL gets the same bytes until its window ends, with its `age`. With `limits` on,
 * requests over the documented limits get 429.
 */
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import {
  clobError,
  dataError,
  gammaNotFound,
  type Answer,
  type Ask,
  type Reply,
} from "./api/Answer.ts"
import { biggestWinners, leaderboard, userStats } from "./api/Boards.ts"
import { book, books, clobMarket, clobOutcome, time } from "./api/Clob.ts"
import { clobPrices } from "./api/ClobPrices.ts"
import { activity, trades } from "./api/Feeds.ts"
import * as Gamma from "./api/Gamma.ts"
import { holders, positions, value } from "./api/Holdings.ts"
import { Query } from "./api/Query.ts"
import { pricesHistory, resolutions, status } from "./api/Settlement.ts"
import { hexDigits, textHash } from "./Chance.ts"
import { RateLimits } from "./RateLimits.ts"
import type { World } from "./World.ts"

export interface VenueRequest {
  readonly method: string
  /** Without the query: `/data/v2/trades`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}

export interface VenueResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** So long after the request the answer comes. */
  readonly stallMs?: number
  /** The connection breaks where the body ends. */
  readonly cut?: boolean
}

export interface VenueApi {
  readonly world: World
  readonly handle: (request: VenueRequest, nowMs: number) => VenueResponse
}

export interface ApiOptions {
  /** Cache as the real venue's edge does. */
  readonly cdn?: boolean
  /** Refuse what is over the real venue's limits; one count per surface, or the count given. */
  readonly limits?: boolean | RateLimits
}

const dataRoutes: Readonly<Record<string, (ask: Ask) => Reply>> = {
  trades,
  activity,
  positions,
  value,
  holders,
  leaderboard,
  "biggest-winners": biggestWinners,
  resolutions,
  status,
  "user-stats": userStats,
  "prices-history": pricesHistory,
}

/** Seconds the real venue's edge keeps an answer. */
const cacheSeconds: Readonly<Record<string, number>> = {
  "/data/v2/trades": 300,
  "/data/v2/holders": 120,
  "/data/v2/activity": 15,
  "/data/v2/positions": 5,
  "/gamma/markets/keyset": 300,
  "/gamma/events/keyset": 300,
}

export const make = (world: World, options: ApiOptions = {}): VenueApi => {
  const { limits: given = false } = options
  const limits = given === true ? new RateLimits() : given === false ? null : given
  const handle = (request: VenueRequest, nowMs: number): VenueResponse => {
    const url = `${request.path}?${request.query.toString()}`
    const seconds = options.cdn === true ? cacheSeconds[request.path] : undefined
    const asOfMs = seconds === undefined ? nowMs : windowStart(url, seconds * 1000, nowMs)
    const traceId = hexDigits(32, textHash(url), Math.floor(asOfMs / 1000), asOfMs % 1000)
    const query = new Query(request.query)
    if (limits !== null && !limits.admits(request.path, nowMs)) {
      return overLimit(request.path, traceId)
    }
    const ask: Ask = { world, query, body: request.body, nowMs: asOfMs, traceId }
    const answer = Result.merge(route(request, ask))
    const text = typeof answer.body === "string"
    return {
      status: answer.status,
      headers: {
        "content-type": text ? "text/plain; charset=utf-8" : "application/json",
        date: DateTime.toDateUtc(DateTime.makeUnsafe(nowMs)).toUTCString(),
        "x-trace-id": traceId,
        ...(seconds === undefined ? {} : cacheHeaders(seconds, nowMs - asOfMs)),
        ...answer.headers,
      },
      body: typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body),
    }
  }
  return { world, handle }
}

const cacheHeaders = (seconds: number, ageMs: number) => ({
  "cache-control": `public, max-age=${seconds}`,
  age: String(Math.floor(ageMs / 1000)),
})

/** The Data API speaks JSON, without saying how long; the edge of the other hosts speaks text. */
const overLimit = (path: string, traceId: string): VenueResponse =>
  path.startsWith("/data/")
    ? {
        status: 429,
        headers: { "content-type": "application/json", "x-trace-id": traceId },
        body: JSON.stringify(dataError(429, "rate_limited", "rate limited", traceId).body),
      }
    : { status: 429, headers: { "content-type": "text/plain" }, body: "error code: 1015" }

const route = (request: VenueRequest, ask: Ask): Reply => {
  const { method, path } = request
  const [, host, ...rest] = path.split("/")
  const name = rest.join("/")
  if (host === "gamma") {
    if (method !== "GET") return gammaNotFound
    if (name === "markets/keyset") return Gamma.markets(ask)
    if (name === "events/keyset") return Gamma.events(ask)
    return rest.length === 2 && rest[0] === "markets" ? Gamma.market(ask, rest[1]!) : gammaNotFound
  }
  if (host === "data") {
    const handler = rest[0] === "v2" && rest.length === 2 ? dataRoutes[rest[1]!] : undefined
    if (handler === undefined) return fail(dataError(404, "not_found", "not found", ask.traceId))
    return method === "GET"
      ? handler(ask)
      : fail(dataError(405, "method_not_allowed", "method not allowed", ask.traceId))
  }
  if (host === "clob") {
    if (name === "books" && method === "POST") return books(ask)
    if (name === "books") return clobError(400, "Invalid payload")
    if (method !== "GET") return clobError(405, "Method not allowed")
    if (name === "book") return book(ask)
    if (name === "time") return time(ask)
    const small = clobPrices[name]
    if (small !== undefined) return small(ask)
    if (rest.length === 2 && rest[0] === "clob-markets") return clobMarket(ask, rest[1]!)
    if (rest.length === 2 && rest[0] === "markets") return clobOutcome(ask, rest[1]!)
  }
  return clobError(404, "not found")
}

const fail = (answer: Answer): Reply => Result.fail(answer)

/** The start of the cache window a moment falls into; each URL has windows of its own. */
const windowStart = (url: string, lengthMs: number, nowMs: number): number => {
  const phase = textHash(url) % lengthMs
  return Math.floor((nowMs - phase) / lengthMs) * lengthMs + phase
}
