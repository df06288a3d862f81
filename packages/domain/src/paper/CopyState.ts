/**
 * The states of a copy and the moves between them. `docs/states.md` draws them; the paper
 * migration repeats the names in a CHECK; a test ties the three.
 */
import { Schema } from "effect"

export const CopyState = Schema.Literals([
  "detected",
  "reviewed",
  "reserved",
  "priced",
  "filled",
  "closed",
  "skipped",
  "compensating",
  "compensated",
  "stuck",
  "reversed",
])
export type CopyState = typeof CopyState.Type

/** From each state, the states that may follow. An empty list is terminal. */
export const copyMoves: Readonly<Record<CopyState, ReadonlyArray<CopyState>>> = {
  detected: ["reviewed", "skipped", "compensating"],
  reviewed: ["reserved", "skipped", "compensating"],
  reserved: ["priced", "skipped", "compensating"],
  priced: ["filled", "skipped", "compensating"],
  filled: ["closed", "compensating"],
  closed: ["reversed"],
  compensating: ["compensated", "stuck"],
  stuck: ["compensating", "compensated"],
  skipped: [],
  compensated: [],
  reversed: [],
}

/** A saga in one of these has no outcome yet. */
export const isInFlight = (state: CopyState): boolean =>
  state === "detected" ||
  state === "reviewed" ||
  state === "reserved" ||
  state === "priced" ||
  state === "compensating"
