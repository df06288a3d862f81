/**
 * The leaves of a settings schema. A leaf reads what TOML holds and the text an environment
 * variable holds, so that `[paper] bankroll = 1000` and `EVALUATOR_PAPER_BANKROLL=1000` mean the same.
 */
import { Schema, SchemaTransformation } from "effect"
import { MicroUsdc, ONE, toMicro } from "../money/Micro.ts"
import { DurationText } from "../time/DurationText.ts"

export { DurationText as DurationLeaf }

const NumberLike = Schema.Union([Schema.Finite, Schema.FiniteFromString])

/** A whole number between two bounds, both included. */
export const IntLeaf = (minimum: number, maximum: number) =>
  NumberLike.check(
    Schema.makeFilter(
      (n: number) =>
        (Number.isInteger(n) && n >= minimum && n <= maximum) ||
        `expected a whole number from ${minimum} to ${maximum}, found ${n}`,
    ),
  )

/** A number between two bounds, both included. */
export const NumberLeaf = (minimum: number, maximum: number) =>
  NumberLike.check(
    Schema.makeFilter(
      (n: number) =>
        (n >= minimum && n <= maximum) || `expected ${minimum} to ${maximum}, found ${n}`,
    ),
  )

/** A share of a whole as a decimal, `0.05`, to parts per million. */
export const FractionLeaf = NumberLeaf(0, 1).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transform({
      decode: (n: number) => Math.round(n * ONE),
      encode: (ppm: number) => ppm / ONE,
    }),
  ),
)

/** USDC as a decimal, `25` or `0.5`, to {@link MicroUsdc}; not negative. */
export const UsdcLeaf = NumberLeaf(0, 1_000_000_000).pipe(
  Schema.decodeTo(
    MicroUsdc,
    SchemaTransformation.transform({
      decode: (n: number) => toMicro(n) ?? 0,
      encode: (micro: number) => micro / ONE,
    }),
  ),
)

export const BooleanLeaf = Schema.Union([
  Schema.Boolean,
  Schema.Literals(["true", "false"]).pipe(
    Schema.decodeTo(
      Schema.Boolean,
      SchemaTransformation.transform({
        decode: (text: "true" | "false") => text === "true",
        encode: (value: boolean) => (value ? ("true" as const) : ("false" as const)),
      }),
    ),
  ),
])

export const TextLeaf = Schema.String

/** A time of day in UTC, `03:00`. */
export const TimeOfDayLeaf = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^([01]\d|2[0-3]):[0-5]\d$/.test(text) ||
      `expected a time of day in UTC like 03:00, found ${text}`,
  ),
)
