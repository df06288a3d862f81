/**
 * How a run that asked the venue tries again by itself: for jobs whose failed request has no row on which
 * a back-off could be written.
 *
 * A throttle is waited out, an outage is tried again soon, an answer that is wrong in itself is not.
 */
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import type { Retry, Trouble } from "@evaluator/runtime/Retry"

const troubleOf: Readonly<Record<PolymarketError["reason"]["_tag"], Trouble>> = {
  Throttled: "throttle",
  Unreachable: "outage",
  // The cache that served it forgets it within seconds.
  Stale: "outage",
  Malformed: "poison",
  Refused: "poison",
  NotFound: "poison",
}

export const venueRetry: Retry<PolymarketError> = {
  kindOf: ({ reason }) => troubleOf[reason._tag],
}
