/**
 * Money and quantities as integers: one unit is a millionth.
 *
 * - {@link MicroUsdc}: millionths of a USDC, may be negative (a loss, a posting).
 * - {@link MicroShares}: millionths of an outcome share; one winning share pays 1 USDC.
 * - {@link Price}: millionths of a USDC per share, 0 … 1,000,000.
 *
 * Values stay inside JavaScript's safe integers (±9.0e15, nine billion USDC); products go through
 * `bigint`. Every rounding of the program is a function of this file and says its direction.
 */
import { Schema } from "effect"

export const ONE = 1_000_000

export const MicroUsdc = Schema.Int.pipe(Schema.brand("MicroUsdc"))
export type MicroUsdc = typeof MicroUsdc.Type

export const MicroShares = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(
  Schema.brand("MicroShares"),
)
export type MicroShares = typeof MicroShares.Type

export const Price = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: ONE })).pipe(
  Schema.brand("Price"),
)
export type Price = typeof Price.Type

export const usdc = (micro: number): MicroUsdc => micro as MicroUsdc
export const shares = (micro: number): MicroShares => micro as MicroShares
export const price = (micro: number): Price => micro as Price

/** A decimal number as the venue sends it (double or text) to millionths, rounded to nearest. `null` when it is no finite number. */
export const toMicro = (value: number | string): number | null => {
  const number =
    typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value)
  const micro = Math.round(number * ONE)
  return Number.isSafeInteger(micro) ? micro : null
}

/** `shares × price`, floored to the micro-USDC: what a seller receives before fees. */
export const proceeds = (size: MicroShares, at: Price): MicroUsdc =>
  Number((BigInt(size) * BigInt(at)) / 1_000_000n) as MicroUsdc

/** `shares × price`, rounded up to the micro-USDC: what a buyer pays before fees. */
export const cost = (size: MicroShares, at: Price): MicroUsdc =>
  Number((BigInt(size) * BigInt(at) + 999_999n) / 1_000_000n) as MicroUsdc

/** The shares that `budget` buys at `at`, floored. 0 at a price of 0. */
export const affordable = (budget: MicroUsdc, at: Price): MicroShares =>
  at <= 0 || budget <= 0
    ? shares(0)
    : (Number((BigInt(budget) * 1_000_000n) / BigInt(at)) as MicroShares)

/** `value × numerator ÷ denominator`, floored towards zero; the denominator is positive. */
export const scale = (value: number, numerator: number, denominator: number): number =>
  Number((BigInt(value) * BigInt(numerator)) / BigInt(denominator))

/** Micro units as plain decimal text with six places: `-12.345678`. */
export const formatMicro = (micro: number): string => {
  const sign = micro < 0 ? "-" : ""
  const abs = Math.abs(micro)
  return `${sign}${Math.floor(abs / ONE)}.${String(abs % ONE).padStart(6, "0")}`
}
