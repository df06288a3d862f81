/**
 * Times and amounts as people read them, in answers.
 */
import { DateTime } from "effect"
import { formatMicro } from "@evaluator/domain/money/Micro"

/** `2026-03-11 12:00:05Z`, or a word for never. */
export const when = (ms: number | null, never = "never"): string =>
  ms === null
    ? never
    : `${DateTime.formatIso(DateTime.makeUnsafe(ms)).slice(0, 19).replace("T", " ")}Z`

export const micro = (value: number): string => formatMicro(Math.round(value))

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`

export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`
