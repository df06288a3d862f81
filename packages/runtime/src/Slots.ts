/**
 * When a job's slots are: a period apart, counted from its last run, or on a grid that goes through a time
 * of day in UTC.
 */
import { Clock, Duration, Effect } from "effect"

export const dayMs = 86_400_000

/** Longest sleep to a slot of a time of day: a clock that was set meanwhile is seen then. */
const longestSleepMs = 3_600_000

/** `03:00` as the milliseconds since midnight, `null` for what is no time of day. */
export const timeOfDayMs = (at: string): number | null => {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(at) ?? []
  return hours === undefined ? null : (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** The slots of a period whose grid goes through a time of day. */
export interface Grid {
  readonly everyMs: number
  readonly offsetMs: number
}

/** How many slots of the grid have been at a time, counted from the epoch. */
export const slotsUntil = ({ everyMs, offsetMs }: Grid, atMs: number): number =>
  Math.floor((atMs - offsetMs) / everyMs)

/** The first slot after a time. */
export const slotAfter = (grid: Grid, atMs: number): number =>
  grid.offsetMs + (slotsUntil(grid, atMs) + 1) * grid.everyMs

/** Runs `slot` at each slot of the grid, by the clock on the wall. */
export const onGrid = Effect.fnUntraced(function* <R>(
  grid: Grid,
  slot: Effect.Effect<unknown, never, R>,
): Effect.fn.Return<never, never, R> {
  for (;;) {
    const nextMs = slotAfter(grid, yield* Clock.currentTimeMillis)
    for (let leftMs = longestSleepMs; leftMs > 0;) {
      leftMs = nextMs - (yield* Clock.currentTimeMillis)
      if (leftMs > 0) yield* Effect.sleep(Math.min(leftMs, longestSleepMs))
    }
    yield* slot
  }
})

/** The grid of a job that names a time of day; `null` for one whose slots go on from its last run. */
export const gridOf = (job: {
  readonly every: Duration.Input
  readonly at?: string | undefined
}): Grid | null => {
  const offsetMs = job.at === undefined ? null : timeOfDayMs(job.at)
  if (offsetMs === null) return null
  return { everyMs: Duration.toMillis(Duration.fromInputUnsafe(job.every)), offsetMs }
}
