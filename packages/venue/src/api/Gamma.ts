/**
 * Metadata lists: `/gamma/markets/keyset`, `/gamma/events/keyset`, `/gamma/markets/{id}`.
 *
 * Lists show open things unless `closed=true`, then only closed ones. A limit above 100 is cut
 * silently; `active` and `archived` are ignored.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { MarketState, VenueMarket } from "../World.ts"
import { gammaNotFound, invalid, ok, type Answer, type Ask, type Reply } from "./Answer.ts"
import { keysetCursor, readKeyset } from "./Cursor.ts"
import {
  eventFacts,
  eventJson,
  gammaCondition,
  marketJson,
  tagsOf,
  type EventFacts,
} from "./GammaJson.ts"

type Key = number | string
type Item = readonly [market: VenueMarket, state: MarketState]

const cacheHeaders = { "cache-control": "public, max-age=300" }

/** Sort keys by the field's JSON name; `volume` and `liquidity` sort as the texts they are. */
const marketKeys: Readonly<Record<string, (item: Item) => Key>> = {
  id: ([market]) => market.index,
  volume24hr: ([, state]) => state.volume24h,
  volumeNum: ([, state]) => state.volume,
  liquidityNum: ([, state]) => state.liquidity,
  volume: ([, state]) => String(state.volume),
  liquidity: ([, state]) => String(state.liquidity),
  startDate: ([market]) => market.listedMs,
  createdAt: ([market]) => market.listedMs,
  endDate: ([market]) => market.endMs ?? 0,
}

const eventKeys: Readonly<Record<string, (facts: EventFacts) => Key>> = {
  id: (facts) => facts.markets[0]?.[0].index ?? 0,
  volume24hr: (facts) => facts.volume24h,
  volume: (facts) => facts.volume,
  liquidity: (facts) => facts.liquidity,
  startDate: (facts) => facts.listedMs,
  endDate: (facts) => facts.endMs,
}

export const markets = (ask: Ask): Reply =>
  Result.gen(function* () {
    const { world, query, nowMs } = ask
    const closed = query.flag("closed", false)
    const conditions = wanted(query.all("condition_ids").map((id) => id.toLowerCase()))
    const ids = wanted(query.all("id"))
    const slugs = wanted(query.all("slug"))
    const tokens = wanted(query.all("clob_token_ids"))
    const positions = wanted(query.all("position_ids"))
    const questions = wanted(query.all("question_ids"))
    const tags = wanted(query.all("tag_id"))
    const ranges = yield* readRanges(ask)
    const items = world
      .markets(nowMs)
      .filter(
        (market) =>
          (conditions === null || conditions.has(gammaCondition(market))) &&
          (ids === null || ids.has(market.id)) &&
          (slugs === null || slugs.has(market.slug)) &&
          (questions === null || questions.has(market.questionId)) &&
          (tags === null || tagsOf(market.event).some((tag) => tags.has(tag.id))) &&
          (tokens === null || (!isNewer(market) && hasToken(market, tokens))) &&
          (positions === null || (isNewer(market) && hasToken(market, positions))),
      )
      .map((market): Item => [market, world.state(market, nowMs)])
      .filter(([, state]) => (state.status !== "open") === closed)
      .filter(([market, state]) =>
        ranges.hold(state.volume, state.liquidity, market.listedMs, market.endMs),
      )
    const page = yield* keyset(ask, items, marketKeys, ([market]) => market.index)
    return {
      status: 200,
      headers: cacheHeaders,
      body: {
        $schema: "https://gamma-api.polymarket.com/schemas/ListMarketsKeysetResponse.json",
        markets: page.items.map(([market, state]) => marketJson(market, state)),
        ...page.next,
      },
    }
  })

export const events = (ask: Ask): Reply =>
  Result.gen(function* () {
    const { world, query, nowMs } = ask
    const closed = query.flag("closed", false)
    const ids = wanted(query.all("id"))
    const slugs = wanted(query.all("slug"))
    const tags = wanted(query.all("tag_id"))
    const ranges = yield* readRanges(ask)
    const all = new Set(world.markets(nowMs).map((market) => market.event))
    const items = [...all]
      .filter(
        (event) =>
          (ids === null || ids.has(event.id)) &&
          (slugs === null || slugs.has(event.slug)) &&
          (tags === null || tagsOf(event).some((tag) => tags.has(tag.id))),
      )
      .map((event) => eventFacts(world, event, nowMs))
      .filter((facts) => facts.closed === closed)
      .filter((facts) => ranges.hold(facts.volume, facts.liquidity, facts.listedMs, facts.endMs))
    const page = yield* keyset(ask, items, eventKeys, (facts) => facts.markets[0]?.[0].index ?? 0)
    const withMarkets = query.flag("include_markets", true)
    return {
      status: 200,
      headers: cacheHeaders,
      body: {
        $schema: "https://gamma-api.polymarket.com/schemas/ListEventsKeysetResponse.json",
        events: page.items.map((facts) => eventJson(facts, withMarkets)),
        ...page.next,
      },
    }
  })

export const market = (ask: Ask, id: string): Reply => {
  if (!/^\d+$/.test(id)) return invalid("id is invalid")
  const found = ask.world.markets(ask.nowMs).find((market) => market.id === id)
  return found === undefined
    ? gammaNotFound
    : ok(marketJson(found, ask.world.state(found, ask.nowMs)))
}

const isNewer = ({ newer }: VenueMarket): boolean => newer === true

const hasToken = ({ tokens }: VenueMarket, asked: ReadonlySet<string>): boolean =>
  tokens.some((token) => asked.has(token))

const wanted = (values: ReadonlyArray<string>): ReadonlySet<string> | null =>
  values.length === 0 ? null : new Set(values)

interface Ranges {
  readonly hold: (
    volume: number,
    liquidity: number,
    listedMs: number,
    endMs: number | null,
  ) => boolean
}

/** `volume_num_min`, `end_date_max` and their like, of markets and (without `_num`) of events. */
const readRanges = (ask: Ask): Result.Result<Ranges, Answer> => {
  const { query } = ask
  const number = (name: string, otherwise: number) =>
    query.number(`${name.replace("@", "_num")}`) ?? query.number(name.replace("@", "")) ?? otherwise
  const moment = (name: string, otherwise: number): number => {
    const given = query.text(name)
    if (given === undefined) return otherwise
    return Option.match(DateTime.make(given), {
      onNone: () => Number.NaN,
      onSome: DateTime.toEpochMillis,
    })
  }
  const bounds = [
    [number("volume@_min", -Infinity), number("volume@_max", Infinity)],
    [number("liquidity@_min", -Infinity), number("liquidity@_max", Infinity)],
    [moment("start_date_min", -Infinity), moment("start_date_max", Infinity)],
    [moment("end_date_min", -Infinity), moment("end_date_max", Infinity)],
  ] as const
  if (bounds.flat().some(Number.isNaN)) return invalid("filter values are not valid")
  const within = (value: number | null, [low, high]: readonly [number, number]) =>
    value === null ? low === -Infinity && high === Infinity : value >= low && value <= high
  return Result.succeed({
    hold: (volume, liquidity, listedMs, endMs) =>
      within(volume, bounds[0]) &&
      within(liquidity, bounds[1]) &&
      within(listedMs, bounds[2]) &&
      within(endMs, bounds[3]),
  })
}

interface KeysetPage<A> {
  readonly items: ReadonlyArray<A>
  readonly next: { readonly next_cursor?: string }
}

/** Orders by the first `order` field and the index, and cuts one page after `after_cursor`. */
const keyset = <A>(
  ask: Ask,
  items: ReadonlyArray<A>,
  keys: Readonly<Record<string, (item: A) => Key>>,
  indexOf: (item: A) => number,
): Result.Result<KeysetPage<A>, Answer> => {
  const { query } = ask
  if (query.text("offset") !== undefined) {
    return invalid("offset is not allowed on keyset endpoints")
  }
  const asked = query.number("limit") ?? 20
  if (!(asked >= 1)) return invalid("limit is invalid")
  const limit = Math.min(100, Math.floor(asked))
  const fields = (query.text("order") ?? "id").split(",")
  if (fields.some((field) => keys[field] === undefined)) {
    return invalid("order fields are not valid")
  }
  const key = keys[fields[0]!]!
  const ascending = query.flag("ascending", query.text("order") === undefined)
  const sign = ascending ? 1 : -1
  const compare = (a: Key, b: Key, i: number, j: number) =>
    a === b ? i - j : sign * (a < b ? -1 : 1)
  const sorted = items.toSorted((a, b) => compare(key(a), key(b), indexOf(a), indexOf(b)))
  const cursor = query.text("after_cursor")
  const place = cursor === undefined ? null : readKeyset(cursor)
  if (cursor !== undefined && place === null) return invalid("after_cursor is invalid")
  const rest =
    place === null
      ? sorted
      : sorted.filter((item) => compare(key(item), place.key, indexOf(item), place.index) > 0)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return Result.succeed({
    items: page,
    next:
      rest.length > limit && last !== undefined
        ? { next_cursor: keysetCursor(key(last), indexOf(last)) }
        : {},
  })
}
