/**
 * Cursors: opaque to clients. A feed's cursor holds the place and the page size only, so filters
 * must be sent again. A board's cursor holds its whole query, which later requests may repeat but
 * not contradict.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { refuse, type Answer, type Ask } from "./Answer.ts"
import { Query, readLimit } from "./Query.ts"

const encode = (value: unknown): string =>
  Buffer.from(JSON.stringify(value), "utf8").toString("base64url")

const decode = (cursor: string): unknown =>
  Option.getOrUndefined(
    Result.getSuccess(
      Result.try(() => JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown),
    ),
  )

const numbers = (value: unknown, count: number): ReadonlyArray<number> | null =>
  Array.isArray(value) && value.length === count && value.every((n) => typeof n === "number")
    ? (value as ReadonlyArray<number>)
    : null

/** Where a feed goes on, and how much it sends. */
export interface FeedPlace {
  readonly after: number | null
  readonly size: number
}

export const readFeedPlace = (
  ask: Ask,
  usual?: number,
  most = 1000,
): Result.Result<FeedPlace, Answer> => {
  const cursor = ask.query.text("cursor")
  if (cursor === undefined) {
    return Result.map(readLimit(ask, usual, most), (size) => ({ after: null, size }))
  }
  const place = numbers(decode(cursor), 2)
  const [after, size] = place ?? []
  return after === undefined || size === undefined || size < 1 || size > most
    ? refuse(ask, "invalid cursor", "cursor")
    : Result.succeed({ after, size })
}

/** A feed's page: `rows` has one more than `size` when there is more. */
export const feedPage = <A extends { readonly position: number }>(
  rows: ReadonlyArray<A>,
  size: number,
  write: (row: A) => unknown,
) => {
  const page = rows.slice(0, size)
  const last = page.at(-1)
  const more = rows.length > size && last !== undefined
  return envelope(page.map(write), size, more ? encode([last.position, size]) : null)
}

/** A board's own query: the cursor's, when there is one, which the request may not contradict. */
export const readBoard = (
  ask: Ask,
  binding: ReadonlyArray<string>,
): Result.Result<{ readonly ask: Ask; readonly offset: number }, Answer> => {
  const cursor = ask.query.text("cursor")
  if (cursor === undefined) return Result.succeed({ ask, offset: 0 })
  const held = decode(cursor)
  const [text, offset] = Array.isArray(held) ? (held as ReadonlyArray<unknown>) : []
  if (typeof text !== "string" || typeof offset !== "number") {
    return refuse(ask, "invalid cursor", "cursor")
  }
  const query = new Query(new URLSearchParams(text))
  for (const name of binding) {
    const now = ask.query.text(name)
    if (now !== undefined && now !== query.text(name))
      return refuse(ask, "invalid cursor", "cursor")
  }
  return Result.succeed({ ask: { ...ask, query }, offset })
}

export const boardPage = <A>(
  ask: Ask,
  all: ReadonlyArray<A>,
  offset: number,
  size: number,
  write: (item: A, place: number) => unknown,
) => {
  const page = all.slice(offset, offset + size)
  const more = offset + size < all.length
  const next = more ? encode([ask.query.toString(), offset + size]) : null
  return envelope(
    page.map((item, i) => write(item, offset + i)),
    size,
    next,
  )
}

export const envelope = (data: ReadonlyArray<unknown>, limit: number, next: string | null) => ({
  data,
  pagination: { limit, offset: 0, has_more: next !== null, next_cursor: next },
})

/** Gamma's keyset cursor: the sort key and the index of the last item. */
export const keysetCursor = (key: number | string, index: number): string => encode([key, index])

export const readKeyset = (
  cursor: string,
): { readonly key: number | string; readonly index: number } | null => {
  const held = decode(cursor)
  const [key, index] = Array.isArray(held) ? (held as ReadonlyArray<unknown>) : []
  return (typeof key === "number" || typeof key === "string") && typeof index === "number"
    ? { key, index }
    : null
}
