/**
 * Single values as the venue spells them, and the one spelling the program uses.
 *
 * The venue sends numbers as text and text as numbers, mixes the case of addresses, and tells time
 * in seconds, milliseconds, ISO text and PostgreSQL text. Each reader here is total and returns
 * `null` for a value it cannot vouch for; the caller says which field that was.
 */
import { DateTime, Option, Schema } from "effect"
import type { ConditionId, TokenId, TransactionHash, WalletAddress } from "@evaluator/domain/Id"
import { toMicro } from "@evaluator/domain/money/Micro"

/** A number, or text that should hold one. NaN and infinities are refused here already. */
export const NumberLike = Schema.Union([Schema.Finite, Schema.String])

/** A field the venue may leave out or send as null. */
export const Absent = <S extends Schema.Top>(schema: S) => Schema.optional(Schema.NullOr(schema))

export const isNumberLike = (value: unknown): value is number | string =>
  typeof value === "string" || Number.isFinite(value)

const decimal = /^\s*-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/
const address = /^0x[0-9a-f]{40}$/
const hash = /^0x[0-9a-f]{64}$/
const shortCondition = /^0x0[12][0-9a-f]{60}$/
const token = /^(0|[1-9][0-9]{0,77})$/
/** 2^256: the venue's token ids are unsigned 256-bit numbers. */
const tokenLimit = 1n << 256n

/** Decimal text or a number to a number. */
export const numberOf = (value: number | string): number | null => {
  const number =
    typeof value === "number" ? value : decimal.test(value) ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : null
}

/** Decimal text or a number to millionths, rounded to nearest; `null` beyond safe integers too. */
export const microOf = (value: number | string): number | null => {
  const micro = typeof value === "string" && !decimal.test(value) ? null : toMicro(value)
  return micro === 0 ? 0 : micro
}

/**
 * As {@link microOf} for a number the venue may not have: null, missing or blank is unavailable,
 * never 0. `undefined` when something stands there that is no number.
 */
export const microOrNullOf = (
  value: number | string | null | undefined,
): number | null | undefined =>
  value === null || value === undefined || value === "" ? null : (microOf(value) ?? undefined)

/** Whether a text is `0x` and so many digits in the program's spelling; a loop, because a pattern takes longer. */
const isLowerHex = (text: string, digits: number): boolean => {
  if (text.length !== digits + 2 || text.charCodeAt(0) !== 48 || text.charCodeAt(1) !== 120) {
    return false
  }
  for (let at = 2; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 48 || code > 102 || (code > 57 && code < 97)) return false
  }
  return true
}

export const walletOf = (text: string): WalletAddress | null => {
  if (isLowerHex(text, 40)) return text as WalletAddress
  const lower = text.toLowerCase()
  return address.test(lower) ? (lower as WalletAddress) : null
}

export const transactionOf = (text: string): TransactionHash | null => {
  if (isLowerHex(text, 64)) return text as TransactionHash
  const lower = text.toLowerCase()
  return hash.test(lower) ? (lower as TransactionHash) : null
}

/** Newer markets are named by 31 bytes, which other routes want padded to the right to 32. */
export const conditionOf = (text: string): ConditionId | null => {
  if (isLowerHex(text, 64)) return text as ConditionId
  const lower = text.toLowerCase()
  if (hash.test(lower)) return lower as ConditionId
  return shortCondition.test(lower) ? (`${lower}00` as ConditionId) : null
}

/** The spellings under which the venue may know a condition: {@link conditionOf} undone. */
export const spellingsOf = (condition: ConditionId): ReadonlyArray<string> =>
  condition.endsWith("00") && shortCondition.test(condition.slice(0, -2))
    ? [condition, condition.slice(0, -2)]
    : [condition]

export const tokenOf = (text: string): TokenId | null =>
  token.test(text) && (text.length < 78 || BigInt(text) < tokenLimit) ? (text as TokenId) : null

/** Later than this no venue time is; earlier than 0 neither. The year 9999, milliseconds. */
const latestMs = 253_402_300_799_999

/** Seconds, milliseconds (as number or text) or a date in text to milliseconds. */
export const timeMsOf = (value: number | string): number | null => {
  const number = numberOf(value)
  const ms =
    number === null
      ? textTimeMs(String(value))
      : Math.round(number >= 100_000_000_000 ? number : number * 1000)
  return ms !== null && ms > 0 && ms <= latestMs ? ms : null
}

/** `2026-01-01`, `2026-01-01T00:00:00.5Z`, `2026-01-01 00:00:00+00`; without a zone it is UTC. */
const written =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/

const textTimeMs = (text: string): number | null => {
  const [, day, time = "00:00:00", zone = "Z"] = written.exec(text.trim()) ?? []
  if (day === undefined) return null
  const offset =
    zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`
  return Option.match(DateTime.make(`${day}T${time}${offset}`), {
    onNone: () => null,
    onSome: DateTime.toEpochMillis,
  })
}

/** A value in a reason: quoted, cut short. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
