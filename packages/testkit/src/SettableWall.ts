/**
 * The clock of a test with a wall clock that can be set: time goes on, and `set` moves what the wall says by so
 * many milliseconds.
 */
import { Clock, Effect } from "effect"

export const settableWall = Effect.map(Clock.Clock, (clock) => {
  let setMs = 0
  const wall = () => clock.currentTimeMillisUnsafe() + setMs
  const settable: Clock.Clock = {
    ...clock,
    sleep: (duration) => clock.sleep(duration),
    currentTimeMillisUnsafe: wall,
    currentTimeMillis: Effect.sync(wall),
  }
  return { settable, set: (byMs: number) => void (setMs = byMs) }
})
