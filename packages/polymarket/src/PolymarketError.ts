/**
 * What can go wrong with a request to the venue. One outer error, its `reason` says which.
 */
import { Schema } from "effect"

/** The venue asked us to slow down: HTTP 429, or a throttle hidden in a 200. */
export class Throttled extends Schema.TaggedError<Throttled>()("Throttled", {
  retryAfterMs: Schema.NullOr(Schema.Int),
}) {}

/** No usable answer: connection refused, reset, timed out, or a 5xx. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  status: Schema.NullOr(Schema.Int),
  message: Schema.String,
}) {}

/** An answer whose envelope is not what the venue documents. The body is cut to 2,000 characters. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  message: Schema.String,
  body: Schema.String,
}) {}

/** The venue refused the request itself (4xx other than 404 and 429). */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  status: Schema.Int,
  message: Schema.String,
}) {}

/** The venue has no such thing (404), e.g. no book for this token. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  message: Schema.String,
}) {}

/** A copy out of a cache, at least this old, where the caller needs a younger answer. */
export class Stale extends Schema.TaggedError<Stale>()("Stale", {
  ageMs: Schema.Int,
}) {}

export class PolymarketError extends Schema.TaggedError<PolymarketError>()("PolymarketError", {
  /** `GET /data/v2/trades?user=0x…`, without the host. */
  request: Schema.String,
  reason: Schema.Union([Throttled, Unreachable, Malformed, Refused, NotFound, Stale]),
}) {
  override get message(): string {
    return `${this.request}: ${this.reason._tag} ${this.reason.message}`
  }
}
