/**
 * Pages of the tape: by filter, by time, by when rows become visible.
 */
import type { RowQuery, VenueRow } from "../World.ts"
import type { Calendar } from "./Calendar.ts"
import { kindNames, kindOf, longestDelayMs, RowWriter, shortestDelayMs, visibleAt } from "./Rows.ts"
import { redeemWithinMs } from "./Participation.ts"
import { PlaceIndex } from "./PlaceIndex.ts"
import { firstAt, MAKER, SELL, TRADE, type Columns } from "./Sink.ts"
import { placeOfPosition, spanMs, spanOfPosition, type Tape } from "./Tape.ts"
import type { Trader } from "./Traders.ts"
import { DAY } from "./Durations.ts"

/** How far ahead the next trade is looked for. */
const horizonMs = 60 * DAY

export class RowReader {
  private readonly seed: number
  private readonly tape: Tape
  private readonly calendar: Calendar
  private readonly writer: RowWriter
  private readonly traderOf: ReadonlyMap<string, number>
  private readonly byTrader = new PlaceIndex("trader")
  private readonly byMarket = new PlaceIndex("market")

  constructor(seed: number, tape: Tape, calendar: Calendar, traders: ReadonlyArray<Trader>) {
    this.seed = seed
    this.tape = tape
    this.calendar = calendar
    this.writer = new RowWriter(seed, calendar, traders)
    this.traderOf = new Map(traders.map((trader) => [trader.wallet, trader.index]))
  }

  rows(query: RowQuery, nowMs: number): ReadonlyArray<VenueRow> {
    const trader = query.user === undefined ? -1 : this.traderOf.get(query.user)
    if (trader === undefined) return []
    const markets = query.conditions === undefined ? null : this.marketsOf(query.conditions)
    const fromMs = Math.max(this.tape.startMs, query.fromSeconds * 1000)
    const toMs = Math.min(nowMs, query.toSeconds * 1000 + 999)
    if (toMs < fromMs) return []
    let firstSpan = this.tape.spanAt(fromMs)
    let lastSpan = this.tape.spanAt(toMs)
    if (markets !== null) {
      const all = [...markets].map((market) => this.calendar.markets[market]!)
      if (all.length === 0) return []
      const listedMs = Math.min(...all.map((market) => market.listedMs))
      const doneMs = Math.max(...all.map((market) => market.resolveMs)) + redeemWithinMs
      firstSpan = Math.max(firstSpan, this.tape.spanAt(listedMs))
      lastSpan = Math.min(lastSpan, this.tape.spanAt(doneMs))
    }
    const [only = -1] = markets !== null && markets.size === 1 ? markets : []
    const [index, key] =
      trader >= 0 ? [this.byTrader, trader] : only >= 0 ? [this.byMarket, only] : [null, -1]
    const descending = query.order === "desc"
    const after = query.after
    if (after !== null && descending) lastSpan = Math.min(lastSpan, spanOfPosition(after))
    if (after !== null && !descending) firstSpan = Math.max(firstSpan, spanOfPosition(after))
    const found: Array<VenueRow> = []
    const step = descending ? -1 : 1
    for (
      let span = descending ? lastSpan : firstSpan;
      span >= firstSpan && span <= lastSpan && found.length < query.limit;
      span += step
    ) {
      const columns = this.tape.span(span)
      const spanFromMs = this.tape.startMs + span * spanMs
      let lowest = fromMs <= spanFromMs ? 0 : firstAt(columns, query.fromSeconds)
      let highest =
        toMs >= spanFromMs + spanMs
          ? columns.count - 1
          : firstAt(columns, Math.floor(toMs / 1000) + 1) - 1
      if (after !== null && spanOfPosition(after) === span) {
        const place = placeOfPosition(after)
        if (descending) highest = Math.min(highest, place - 1)
        else lowest = Math.max(lowest, place + 1)
      }
      const places = index?.of(columns)
      let at = descending ? highest : lowest
      if (index !== null) at = index.from(columns, key, descending ? highest + 1 : lowest)
      if (index !== null && descending) at--
      for (; found.length < query.limit; at += step) {
        const place = places === undefined ? at : places[at]
        if (place === undefined || place < lowest || place > highest) break
        if (index !== null && columns[index.column][place] !== key) break
        if (!this.matches(query, columns, place, trader, markets)) continue
        if (visibleAt(this.seed, columns, span, place) > nowMs) continue
        found.push(this.writer.row(columns, span, place))
      }
    }
    return found
  }

  private matches(
    query: RowQuery,
    columns: Columns,
    place: number,
    trader: number,
    markets: ReadonlySet<number> | null,
  ): boolean {
    if (trader >= 0 && columns.trader[place] !== trader) return false
    if (markets !== null && !markets.has(columns.market[place]!)) return false
    const flags = columns.flags[place]!
    const kind = kindOf(columns, place)
    if (query.feed === "trades" && kind !== TRADE) return false
    if (query.takerOnly && (flags & MAKER) !== 0) return false
    if (query.type !== undefined && query.type !== kindNames[kind]) return false
    if (query.side !== undefined) {
      if (kind !== TRADE || query.side !== ((flags & SELL) === 0 ? "BUY" : "SELL")) return false
    }
    const cents = columns.cents[place]!
    if (cents / 100 < query.minimumShares) return false
    return (cents * columns.price[place]!) / 100_000 >= query.minimumUsdc
  }

  private marketsOf(conditions: ReadonlySet<string>): ReadonlySet<number> {
    const markets = new Set<number>()
    for (const condition of conditions) {
      const market = this.calendar.byCondition.get(condition)
      if (market !== undefined) markets.add(market.index)
    }
    return markets
  }

  /** TRADE rows that become visible after one moment and by another, in that order. */
  visibleIn(fromMs: number, toMs: number): ReadonlyArray<VenueRow> {
    const found: Array<VenueRow> = []
    this.scan(fromMs - longestDelayMs, (columns, span, place) => {
      if (columns.at[place]! * 1000 + shortestDelayMs > toMs) return false
      const visibleMs = visibleAt(this.seed, columns, span, place)
      if (visibleMs > fromMs && visibleMs <= toMs) found.push(this.writer.row(columns, span, place))
      return true
    })
    return found.toSorted((a, b) => a.visibleMs - b.visibleMs || a.position - b.position)
  }

  nextAfter(ms: number): number | null {
    let next: number | null = null
    this.scan(ms - longestDelayMs, (columns, span, place) => {
      const atMs = columns.at[place]! * 1000
      if (next !== null && atMs + shortestDelayMs > next) return false
      const visibleMs = visibleAt(this.seed, columns, span, place)
      if (visibleMs > ms && (next === null || visibleMs < next)) next = visibleMs
      return true
    })
    return next
  }

  /** Visits TRADE rows from a moment on until the visitor says stop, or the horizon is passed. */
  private scan(
    fromMs: number,
    visit: (columns: Columns, span: number, place: number) => boolean,
  ): void {
    const startMs = Math.max(this.tape.startMs, fromMs)
    const firstSpan = this.tape.spanAt(startMs)
    for (let span = firstSpan; (span - firstSpan) * spanMs <= horizonMs; span++) {
      const columns = this.tape.span(span)
      const seconds = Math.floor(startMs / 1000)
      for (let place = firstAt(columns, seconds); place < columns.count; place++) {
        if (kindOf(columns, place) === TRADE && !visit(columns, span, place)) return
      }
    }
  }
}
