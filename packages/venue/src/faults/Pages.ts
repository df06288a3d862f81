/**
 * Pages of rows as they go over the wire, taken apart and put together; and rows that are none.
 */
import * as Result from "effect/Result"
import type { VenueResponse } from "../Api.ts"

export interface Page {
  readonly data?: ReadonlyArray<unknown>
  readonly markets?: ReadonlyArray<unknown>
  readonly pagination?: Readonly<Record<string, unknown>>
}

/** The rows of an answer, `null` when it has none. */
export const pageOf = (answer: VenueResponse): Page | null => {
  if (answer.status !== 200) return null
  const parsed = Result.getOrElse(
    Result.try(() => JSON.parse(answer.body) as unknown),
    () => null,
  )
  if (typeof parsed !== "object" || parsed === null) return null
  const page = parsed as Page
  return Array.isArray(page.data) || Array.isArray(page.markets) ? page : null
}

export const listKey = (page: Page): "data" | "markets" =>
  Array.isArray(page.data) ? "data" : "markets"

export const withRows = (
  answer: VenueResponse,
  page: Page,
  rows: ReadonlyArray<unknown>,
): VenueResponse => ({ ...answer, body: JSON.stringify({ ...page, [listKey(page)]: rows }) })

/** The field without which a row of a route means nothing. */
const spoiled: Readonly<Record<string, string>> = {
  "/data/v2/trades": "timestamp",
  "/data/v2/activity": "timestamp",
  "/data/v2/positions": "condition_id",
  "/data/v2/leaderboard": "user_id",
  "/data/v2/resolutions": "condition_id",
  "/gamma/markets/keyset": "conditionId",
}

/**
 * A row that nobody can read, different each time: nothing, a text, a number, an empty object, or a
 * good row with its most needed field spoiled. `null` for a route whose rows are left alone.
 */
export const garbageOf = (path: string, rows: ReadonlyArray<unknown>, mark: number): unknown => {
  const field = spoiled[path]
  if (field === undefined) return null
  const text = `garbage ${mark.toString(16)}`
  const model = rows[mark % rows.length]
  const forms = [
    text,
    mark,
    { note: text },
    { ...(model as object), [field]: text },
    { ...(model as object), [field]: { note: text } },
  ]
  return forms[mark % forms.length]
}
