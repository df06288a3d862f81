/** Whole milliseconds of the clock that nobody sets: for how long something takes, waits or is held. */
import { Clock, Effect } from "effect"

export const monotonicMsOf = (clock: Clock.Clock): number =>
  Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

export const monotonicMs: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.succeed(monotonicMsOf(clock)),
)
