/**
 * Says when a queue fills up and when it has room again, once each time.
 *
 * Raised at the high-water mark, cleared at the low one: what swings between the two says nothing.
 * Promises: the gauge follows every crossing; `BackpressureRaised` is in the lane's log for every
 * pressure that lasted until the teller came to it, and `BackpressureCleared` for its end.
 * Does not: slow anybody down; that is the policy of the queue.
 */
import { Effect, Latch, Metric, Option, type Scope } from "effect"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"
import { EventLog } from "./EventLog.ts"
import { Supervisor } from "./Supervisor.ts"

export interface PressureOptions {
  readonly queue: string
  readonly capacity: number
  /** Shares of the capacity. */
  readonly high: number
  readonly low: number
}

export interface Pressure {
  /** Notes how many wait now; synchronous and cheap. */
  readonly notice: (waiting: number) => void
  readonly raised: () => boolean
}

export const make = Effect.fnUntraced(function* (
  options: PressureOptions,
): Effect.fn.Return<Pressure, never, Supervisor | Scope.Scope> {
  const { queue, capacity } = options
  const supervisor = yield* Supervisor
  // A queue without a log beside it (a test, a tool) has nobody to tell.
  const log = yield* Effect.serviceOption(EventLog)
  const context = yield* Effect.context<never>()
  const highWater = Math.ceil(capacity * options.high)
  const lowWater = Math.floor(capacity * options.low)
  const gauge = Metric.withAttributes(gaugeOf(metrics.queuePressed), { queue })
  const turned = Latch.makeUnsafe(false)
  let raised = false
  let waiting = 0
  let told = false

  const tell = Effect.gen(function* () {
    yield* turned.await
    yield* turned.close
    const is = raised
    if (is === told) return
    if (!is) yield* Effect.logInfo(`${queue} is down to ${waiting} of ${capacity} places`)
    if (Option.isSome(log)) {
      const type = is ? "BackpressureRaised" : "BackpressureCleared"
      yield* (
        log.value
          .append([{ type, payload: { queue, pending: waiting, capacity } }])
          // A file that cannot be written now: it is said when it can.
          .pipe(Effect.onError(() => turned.open))
      )
    }
    told = is
  })
  yield* supervisor.service(`${queue}-pressure`, Effect.forever(tell))

  return {
    raised: () => raised,
    notice: (now) => {
      waiting = now
      const is = raised ? now > lowWater : now >= highWater
      if (is === raised) return
      raised = is
      gauge.updateUnsafe(raised ? 1 : 0, context)
      turned.openUnsafe()
    },
  }
})
