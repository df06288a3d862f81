/**
 * The slots of a job that passed while the process was down, and when the next one is.
 *
 * Slots lie a period apart, counted from the start of the last run that a slot or a start of the process
 * caused: a process that is started again more often than a job's period still runs it in time. Those of
 * a time of day lie on its {@link Grid}, whatever ran when.
 */
import { mostOwed } from "./Job.ts"
import type { LastSlot } from "./JobLog.ts"
import { type Grid, slotAfter, slotsUntil } from "./Slots.ts"

export interface Missed {
  /** Runs to be made up for now. */
  readonly runs: number
  /** Until the next slot, ms. */
  readonly nextInMs: number
}

export const missedSlots = (
  last: LastSlot | null,
  everyMs: number,
  policy: "skip" | "once" | "each",
  nowMs: number,
  grid: Grid | null = null,
): Missed => {
  const nextInMs = grid === null ? everyMs : slotAfter(grid, nowMs) - nowMs
  // A clock that was set back since leaves nothing to count from.
  const sinceMs = last === null ? -1 : nowMs - last.startedAtMs
  if (last === null || sinceMs < 0) return { runs: 0, nextInMs }
  const passed =
    grid === null
      ? Math.floor(sinceMs / everyMs)
      : slotsUntil(grid, nowMs) - slotsUntil(grid, last.startedAtMs)
  // A run that the end of the process cut off has still to be made.
  const missed = passed + (last.cutOff ? 1 : 0)
  const runs =
    policy === "skip" ? 0 : policy === "once" ? Math.min(1, missed) : Math.min(mostOwed, missed)
  return { runs, nextInMs: grid === null ? everyMs - (sinceMs % everyMs) : nextInMs }
}
