/**
 * How times and amounts are said.
 */
import { DateTime } from "effect"
import { formatMicro } from "@evaluator/domain/money/Micro"

/** Milliseconds as UTC text. */
export const time = (ms: unknown): string =>
  DateTime.formatIso(DateTime.makeUnsafe(Number(ms)))
    .replace("T", " ")
    .replace("Z", " UTC")
export const usd = (micro: unknown): string => `${formatMicro(Number(micro))} USDC`
export const many = (micro: unknown): string => `${formatMicro(Number(micro))} shares`

const inUnit = (unit: string, value: number): string =>
  unit === "usdc"
    ? usd(value)
    : unit === "shares"
      ? many(value)
      : unit === "ppm"
        ? `${value / 10_000} %`
        : unit === "ms"
          ? `${value / 1000} s`
          : String(value)

/** What a gate found beyond its limit; of a flag there is nothing more to say. */
export const beyond = (unit: string, value: number, limit: number): string =>
  unit === "flag" ? "" : `: ${inUnit(unit, value)} against a limit of ${inUnit(unit, limit)}`
