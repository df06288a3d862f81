/**
 * From an answer to a page: the envelope is checked once, each row on its own.
 *
 * Promises: every row is in `rows` or in `rejected`, in the order received; a rejected row carries
 * its reason, its body (at most {@link maxBody} characters) and the request.
 */
import { Result } from "effect"
import type { Page, RejectedRow, Served } from "../Page.ts"
import type { JsonObject } from "./Json.ts"
import { isObject } from "./Json.ts"

/** A row into domain, or why not, in words. */
export type RowDecoder<A> = (raw: unknown) => Result.Result<A, string>

export const maxBody = 16_384
const maxReason = 500

export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text

/** Where a row stands in the recording it is served from. */
export const recordedOf = (raw: unknown): string | null =>
  isObject(raw) && typeof raw["recorded"] === "string" ? raw["recorded"] : null

export const rejected = (raw: unknown, reason: string, request: string): RejectedRow => ({
  reason: cut(reason, maxReason),
  body: cut(JSON.stringify(raw) ?? String(raw), maxBody),
  request,
  recorded: recordedOf(raw),
})

const decodeWith = <A, B>(
  envelope: Envelope,
  request: string,
  decode: RowDecoder<A>,
  keep: (value: A, raw: unknown) => B,
): Page<B> => {
  const rows: Array<B> = []
  const refused: Array<RejectedRow> = []
  for (const raw of envelope.rows) {
    const decoded = decode(raw)
    if (Result.isSuccess(decoded)) rows.push(keep(decoded.success, raw))
    else refused.push(rejected(raw, decoded.failure, request))
  }
  return { rows, rejected: refused, nextCursor: envelope.nextCursor }
}

export const decodeRows = <A>(
  envelope: Envelope,
  request: string,
  decode: RowDecoder<A>,
): Page<A> => decodeWith(envelope, request, decode, (value) => value)

/** As {@link decodeRows}; each row says where it stands in the recording it came from, if any. */
export const decodeServed = <A>(
  envelope: Envelope,
  request: string,
  decode: RowDecoder<A>,
): Page<Served<A>> =>
  decodeWith(envelope, request, decode, (value, raw) => ({ value, recorded: recordedOf(raw) }))

/** Refuses rows that are not what was asked for; `mismatch` says in what, or `null`. */
export const matching =
  <A>(decode: RowDecoder<A>, mismatch: (value: A) => string | null): RowDecoder<A> =>
  (raw) => {
    const decoded = decode(raw)
    const fault = Result.isSuccess(decoded) ? mismatch(decoded.success) : null
    return fault === null ? decoded : Result.fail(`not what was asked for: ${fault}`)
  }

export interface Envelope {
  readonly rows: ReadonlyArray<unknown>
  readonly nextCursor: string | null
}

const cursorOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null

/** `{ data: [...] | null, pagination?: { has_more, next_cursor } }`, the envelope of Data API v2. */
export const dataEnvelope = (json: unknown): Result.Result<Envelope, string> => {
  if (!isObject(json) || !("data" in json)) return Result.fail("no list of rows")
  const rows = json["data"] ?? []
  const pagination = isObject(json["pagination"]) ? json["pagination"] : {}
  if (!Array.isArray(rows)) return Result.fail("no list of rows")
  const nextCursor = cursorOf(pagination["next_cursor"])
  return nextCursor === null && pagination["has_more"] === true
    ? Result.fail("more pages are announced, and no cursor to them")
    : Result.succeed({ rows, nextCursor })
}

/** `{ data: {...} | null }`, the envelope of a single thing; `null` when the venue has no such thing. */
export const singleIn = (json: unknown): Result.Result<JsonObject | null, string> => {
  const single = isObject(json) && "data" in json ? json["data"] : undefined
  return single === null || isObject(single)
    ? Result.succeed(single)
    : Result.fail("no single object")
}

/** `{ markets: [...], next_cursor? }` or the same of `events`, the envelope of Gamma's keyset lists. */
export const keysetEnvelope =
  (list: "markets" | "events") =>
  (json: unknown): Result.Result<Envelope, string> =>
    isObject(json) && Array.isArray(json[list])
      ? Result.succeed({ rows: json[list], nextCursor: cursorOf(json["next_cursor"]) })
      : Result.fail(`no list of ${list}`)
