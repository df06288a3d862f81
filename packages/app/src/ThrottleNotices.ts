/**
 * A throttle that one lane meets is told to the other: the budgets are split, the venue's patience
 * is not.
 */
import { Effect, Layer, Schema } from "effect"
import { Budget } from "@evaluator/polymarket/Budget"
import { routes, type RouteName } from "@evaluator/polymarket/Routes"
import { ThrottleNotice } from "@evaluator/polymarket/ThrottleNotice"
import { LaneLink } from "@evaluator/runtime/LaneLink"

const request = "venue.throttled"

const Notice = Schema.Struct({
  route: Schema.Literals(Object.keys(routes) as ReadonlyArray<RouteName>),
  quietMs: Schema.Finite,
})

export const throttleNotices = {
  tell: Layer.effect(
    ThrottleNotice,
    Effect.map(LaneLink, (link) => (throttle) => link.tell(request, throttle)),
  ),
  hear: Layer.effectDiscard(
    Effect.gen(function* () {
      const budget = yield* Budget
      const link = yield* LaneLink
      yield* link.serve(request, (payload) =>
        Schema.decodeUnknownEffect(Notice)(payload).pipe(
          Effect.flatMap((throttle) => budget.hear(throttle)),
        ),
      )
    }),
  ),
}
