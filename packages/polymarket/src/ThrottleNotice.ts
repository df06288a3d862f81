/**
 * How the other lane learns that the venue said slow down. By default nobody is told.
 *
 * The lanes' budgets are split, the venue's patience is not: a lane that was throttled tells the
 * other, which calls `Budget.hear`. Telling must not fail and must not wait for an answer.
 */
import { Context, Effect } from "effect"
import type { RouteName } from "./Routes.ts"

export interface Throttle {
  readonly route: RouteName
  /** How long nothing is sent on the route's narrowest limit. */
  readonly quietMs: number
}

export const ThrottleNotice = Context.Reference<(throttle: Throttle) => Effect.Effect<void>>(
  "polymarket/ThrottleNotice",
  { defaultValue: () => () => Effect.void },
)
