/**
 * What an answer of the venue means: a body to decode, or the reason there is none.
 *
 * A throttle has many faces: 429 with or without JSON, Cloudflare's `error code: 1015`, an error
 * body under status 200. All become `Throttled`.
 */
import { DateTime, Effect, Option, Result } from "effect"
import {
  Malformed,
  NotFound,
  PolymarketError,
  Refused,
  Throttled,
  Unreachable,
} from "./PolymarketError.ts"
import { isObject, parseJson } from "./wire/Json.ts"
import type { Envelope } from "./wire/Rows.ts"
import { cut } from "./wire/Rows.ts"

export type Reason = PolymarketError["reason"]

/** A good answer. */
export interface Answer {
  /** `GET /data/v2/trades?user=0x…`: the request as errors and rejected rows name it. */
  readonly request: string
  readonly json: unknown
  /** For how long the answer has lain in a cache, as far as it can be told; 0 when fresh. */
  readonly ageMs: number
}

const maxBody = 2000
const maxMessage = 500

export const malformed = (message: string, body: string): Malformed =>
  new Malformed({ message: cut(message, maxMessage), body: cut(body, maxBody) })

export const unreachable = (message: string, status: number | null = null): Unreachable =>
  new Unreachable({ status, message: cut(message, maxMessage) })

export interface Received {
  readonly status: number
  /** The header `retry-after`, seconds or a date. */
  readonly retryAfter: string | undefined
  readonly body: string
  readonly nowMs: number
}

/** The parsed body of a good answer. */
export const judged = (received: Received): Result.Result<unknown, Reason> => {
  const { status, body } = received
  const parsed = parseJson(body)
  const said = saidIn(Option.getOrUndefined(parsed)) ?? cut(body.trim(), maxMessage)
  if (status === 429 || isThrottle(Option.getOrUndefined(parsed), body, status)) {
    return Result.fail(new Throttled({ retryAfterMs: retryAfterMsOf(received) }))
  }
  if (status === 404) return Result.fail(new NotFound({ message: said }))
  if (status >= 500 || status === 408) {
    return status === 503 && received.retryAfter !== undefined
      ? Result.fail(new Throttled({ retryAfterMs: retryAfterMsOf(received) }))
      : Result.fail(unreachable(said, status))
  }
  if (status < 200 || status > 299) return Result.fail(new Refused({ status, message: said }))
  if (Option.isNone(parsed)) return Result.fail(malformed("the body is no JSON", body))
  if (isObject(parsed.value) && typeof parsed.value["error"] === "string") {
    return Result.fail(malformed(`an error under status ${status}: ${said}`, body))
  }
  return Result.succeed(parsed.value)
}

const saidIn = (json: unknown): string | undefined =>
  isObject(json) && typeof json["error"] === "string" ? cut(json["error"], maxMessage) : undefined

const throttling = /too many requests|rate.?limit|throttl/i

const isThrottle = (json: unknown, body: string, status: number): boolean =>
  (isObject(json) && json["code"] === "rate_limited") ||
  (status === 200 && throttling.test(saidIn(json) ?? "")) ||
  (json === undefined && body.length < maxBody && /error code: 1015/i.test(body))

const retryAfterMsOf = ({ retryAfter, nowMs }: Received): number | null => {
  if (retryAfter === undefined) return null
  if (/^\s*\d{1,7}(\.\d+)?\s*$/.test(retryAfter)) return Math.ceil(Number(retryAfter) * 1000)
  return Option.match(DateTime.make(retryAfter), {
    onNone: () => null,
    onSome: (at) => Math.max(0, DateTime.toEpochMillis(at) - nowMs),
  })
}

/** The rows of a list, if it is one and its cursor moves: a walk must end. */
export const opened = (
  answer: Pick<Answer, "request" | "json">,
  envelope: (json: unknown) => Result.Result<Envelope, string>,
  sentCursor: string | null,
): Effect.Effect<Envelope, PolymarketError> =>
  Result.match(envelope(answer.json), {
    onFailure: (why) => Effect.fail(unusable(answer, why)),
    onSuccess: (list) =>
      list.nextCursor !== null && list.nextCursor === sentCursor
        ? Effect.fail(unusable(answer, "a cursor that does not move"))
        : Effect.succeed(list),
  })

export const unusable = (
  { request, json }: Pick<Answer, "request" | "json">,
  why: string,
): PolymarketError => new PolymarketError({ request, reason: malformed(why, JSON.stringify(json)) })
