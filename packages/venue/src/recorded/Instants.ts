/**
 * Moments as recordings write them: ISO text, `2026-01-28 21:34:44+00`, or digits of seconds or
 * milliseconds.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** Milliseconds since 1970, or `null`. */
export const instantOf = (given: unknown): number | null => {
  if (typeof given === "number" || (typeof given === "string" && /^\d{9,14}$/.test(given))) {
    const number = Number(given)
    return number > 1e11 ? number : number * 1000
  }
  if (typeof given !== "string" || given === "") return null
  const iso = given
    .trim()
    .replace(" ", "T")
    .replace(/([+-]\d\d)$/, "$1:00")
  return Option.getOrNull(Option.map(DateTime.make(iso), DateTime.toEpochMillis))
}
