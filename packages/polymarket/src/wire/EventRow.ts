/**
 * An event as Gamma lists it, with all of its markets inside: open, closed, and placeholders that
 * have no condition or no tokens yet.
 *
 * A market inside that cannot be read costs itself and not its event. Placeholders are counted and
 * left out: they are no markets yet. The event's slug, category and tags are read for its markets,
 * which do not repeat them.
 */
import { Result, Schema } from "effect"
import type { Market } from "@evaluator/domain/market/Market"
import type { JsonObject } from "./Json.ts"
import { isObject, listOf } from "./Json.ts"
import { marketOfRow } from "./MarketRow.ts"
import type { RowDecoder } from "./Rows.ts"
import { Absent, NumberLike, shown } from "./Scalar.ts"

export interface EventMarkets {
  /** Gamma's id, decimal text. */
  readonly id: string
  readonly slug: string
  readonly title: string
  readonly closed: boolean
  readonly negRisk: boolean
  readonly markets: ReadonlyArray<Market>
  /** Markets inside that could not be read, as received, and why. */
  readonly unreadable: ReadonlyArray<{ readonly raw: unknown; readonly reason: string }>
  /** Markets inside that are announced but have no condition or tokens yet. */
  readonly placeholders: number
}

const EventRow = Schema.Struct({
  id: NumberLike,
  slug: Absent(Schema.String),
  title: Absent(Schema.String),
  closed: Absent(Schema.Boolean),
  negRisk: Absent(Schema.Boolean),
  markets: Absent(Schema.Array(Schema.Unknown)),
})

const decodeRow = Schema.decodeUnknownResult(EventRow)

export const eventOf: RowDecoder<EventMarkets> = (raw) => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure.message)
  const row = decoded.success
  const id = String(row.id)
  if (!/^\d{1,20}$/.test(id)) return Result.fail(`no event id: ${shown(row.id)}`)
  const event = raw as JsonObject
  const category = typeof event["category"] === "string" ? event["category"] : ""
  const inherited = [{ slug: row.slug ?? "", category, tags: listOf(event["tags"]) ?? [] }]
  const markets: Array<Market> = []
  const unreadable: Array<EventMarkets["unreadable"][number]> = []
  let placeholders = 0
  for (const inner of row.markets ?? []) {
    if (isPlaceholder(inner)) {
      placeholders += 1
      continue
    }
    const market = marketOfRow(isObject(inner) ? { ...inner, events: inherited } : inner)
    if (Result.isSuccess(market)) markets.push(market.success)
    else unreadable.push({ raw: inner, reason: `market of event ${id}: ${market.failure}` })
  }
  return Result.succeed({
    id,
    slug: row.slug ?? "",
    title: row.title ?? "",
    closed: row.closed === true,
    negRisk: row.negRisk === true,
    markets,
    unreadable,
    placeholders,
  })
}

const isPlaceholder = (raw: unknown): boolean =>
  isObject(raw) &&
  (isBlank(raw["conditionId"]) || (isBlank(raw["clobTokenIds"]) && isBlank(raw["positionIds"])))

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || value === "[]"
