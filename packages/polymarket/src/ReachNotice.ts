/**
 * Who wants to know whether the venue answers. By default nobody.
 *
 * Told after every attempt: an answer of any kind reached us, also one that refuses or throttles;
 * `unreachable` is silence, a broken connection, or a gateway that speaks for a venue that is down.
 */
import { Context } from "effect"
import type { Host } from "./VenueEndpoints.ts"

export type Reach = "answered" | "unreachable"

export const ReachNotice = Context.Reference<(host: Host, reach: Reach) => void>(
  "polymarket/ReachNotice",
  { defaultValue: () => () => {} },
)
