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
