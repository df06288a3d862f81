/**
 * How long the event loop of this thread is kept from its work: every timer, socket and fiber waits
 * as long.
 *
 * Measured by a timer that should come every {@link lookEvery}. A block of more than {@link worthTellingMs}
 * is logged when it is over and is a condition for {@link rememberedFor}; that a thread is blocked *now*
 * only the other lane can say, by its beats.
 */
import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import { Conditions } from "@evaluator/runtime/Conditions"
import { Supervisor } from "@evaluator/runtime/Supervisor"

export const lookEvery = Duration.millis(250)
export const worthTellingMs = 2000
export const rememberedFor = Duration.minutes(1)

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const supervisor = yield* Supervisor
    const conditions = yield* Conditions
    let block: { readonly ms: number; readonly endedNs: bigint } | null = null
    let lastNs = yield* Clock.monotonicTimeNanos

    const look = Effect.gen(function* () {
      const nowNs = yield* Clock.monotonicTimeNanos
      const lateMs = Number(nowNs - lastNs) / 1e6 - Duration.toMillis(lookEvery)
      lastNs = nowNs
      if (lateMs < worthTellingMs) return
      block = { ms: Math.round(lateMs), endedNs: nowNs }
      yield* Effect.logWarning(`the event loop was blocked for ${block.ms} ms`)
    })
    yield* supervisor.service("loop-watch", Effect.schedule(look, Schedule.spaced(lookEvery)))
    yield* conditions.add(
      "event loop",
      Effect.map(Clock.monotonicTimeNanos, (nowNs) => {
        const agoMs = block === null ? Infinity : Number(nowNs - block.endedNs) / 1e6
        const ok = agoMs > Duration.toMillis(rememberedFor)
        return {
          name: "event loop",
          ok,
          blocks: false,
          says: ok ? "turns" : `was blocked for ${block?.ms} ms, ${Math.round(agoMs / 1000)} s ago`,
        }
      }),
    )
  }),
)
