/**
 * JSON as the venue sends it: bodies, and JSON again inside text fields.
 */
import { Option, Result } from "effect"

export const parseJson: (text: string) => Option.Option<unknown> = (text) =>
  Option.fromUndefinedOr(Result.getOrUndefined(Result.try((): unknown => JSON.parse(text))))

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A list that comes as a list or as JSON text of one; `null` when it is neither. */
export const listOf = (value: unknown): ReadonlyArray<unknown> | null => {
  const list = typeof value === "string" ? Option.getOrNull(parseJson(value)) : value
  return Array.isArray(list) ? list : null
}
