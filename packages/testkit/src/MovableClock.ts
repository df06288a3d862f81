/**
 * The clock of a test, that can be moved: `setWall` moves what the wall clock says by so many milliseconds
 * while time goes on, `block` lets so much time pass without a timer going off, as in a thread that stands still.
 */
import { Clock, Effect } from "effect"

export const movableClock = Effect.map(Clock.Clock, (clock) => {
  let [setMs, blockedMs] = [0, 0]
  const nanos = () => clock.monotonicTimeNanosUnsafe() + BigInt(blockedMs) * 1_000_000n
  const wall = () => clock.currentTimeMillisUnsafe() + setMs + blockedMs
  const movable: Clock.Clock = {
    ...clock,
    sleep: (duration) => clock.sleep(duration),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    currentTimeMillisUnsafe: wall,
    currentTimeMillis: Effect.sync(wall),
  }
  return {
    movable,
    setWall: (byMs: number) => void (setMs = byMs),
    block: (forMs: number) => void (blockedMs += forMs),
  }
})
