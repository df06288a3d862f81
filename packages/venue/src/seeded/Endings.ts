/**
 * How an event ends: closed on time or called off, resolved soon, late or after a dispute, for one
 * side or half to each.
 */
import type { Dice } from "../Chance.ts"
import type { WorldParameters } from "../WorldParameters.ts"
import { DAY, HOUR, SECOND } from "./Durations.ts"

export interface Ending {
  readonly kind: "plain" | "late" | "disputed" | "split" | "voided"
  /** Added to the wait between close and resolution. */
  readonly waitMs: number
  /** Part of its planned life that an event trades. */
  readonly lifeShare: number
  /** How long before the close its stated end is. */
  readonly overtimeMs: number
}

export const plain: Ending = { kind: "plain", waitMs: 0, lifeShare: 1, overtimeMs: 0 }

export const endingOf = (endings: WorldParameters["endings"], dice: Dice): Ending => {
  const { late, disputed, split, voided } = endings
  const at = dice.next()
  const wait = (low: number, high: number) =>
    Math.round(dice.between(low * DAY, high * DAY) / SECOND) * SECOND
  const overtimeMs =
    dice.next() < endings.overtime ? Math.round(dice.between(HOUR, DAY) / SECOND) * SECOND : 0
  const ending: Ending = { ...plain, overtimeMs }
  if (at < late) return { ...ending, kind: "late", waitMs: wait(1, 4) }
  if (at < late + disputed) return { ...ending, kind: "disputed", waitMs: wait(2, 5) }
  if (at < late + disputed + split) return { ...ending, kind: "split" }
  if (at < late + disputed + split + voided) {
    return { ...plain, kind: "voided", lifeShare: dice.between(0.3, 0.8) }
  }
  return ending
}
