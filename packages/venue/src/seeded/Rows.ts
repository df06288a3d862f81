/**
 * Rows of the tape as the venue tells them.
 */
import { takerFee } from "../Fees.ts"
import type { VenueRow } from "../World.ts"
import type { Calendar, SeededMarket } from "./Calendar.ts"
import { hexDigits, mix } from "../Chance.ts"
import { KIND_SHIFT, MAKER, OUTCOME_1, REDEEM, SELL, TRADE, type Columns } from "./Sink.ts"
import { positionOf } from "./Tape.ts"
import type { Trader } from "./Traders.ts"

/** By kind. */
export const kindNames = ["TRADE", "SPLIT", "MERGE", "REDEEM"]

/** A row becomes visible between one and four seconds after its own second. */
export const shortestDelayMs = 1000
export const longestDelayMs = 4000

export const visibleAt = (seed: number, columns: Columns, span: number, place: number): number =>
  columns.at[place]! * 1000 +
  shortestDelayMs +
  (mix(seed, span, place, 61) % (longestDelayMs - shortestDelayMs + 1))

export const kindOf = (columns: Columns, place: number): number =>
  columns.flags[place]! >> KIND_SHIFT

export class RowWriter {
  private readonly seed: number
  private readonly calendar: Calendar
  private readonly traders: ReadonlyArray<Trader>

  constructor(seed: number, calendar: Calendar, traders: ReadonlyArray<Trader>) {
    this.seed = seed
    this.calendar = calendar
    this.traders = traders
  }

  row(columns: Columns, span: number, place: number): VenueRow {
    const market = this.calendar.markets[columns.market[place]!]!
    const trader = this.traders[columns.trader[place]!]!
    return new SeededRow(this.seed, columns, span, place, market, trader)
  }
}

/** A row whose transaction, the dearest of its fields, is made when it is asked for. */
class SeededRow implements VenueRow {
  readonly position: number
  readonly type: string
  readonly wallet: string
  readonly side: string
  readonly token: string
  readonly condition: string
  readonly size: number
  readonly price: number
  readonly usdc: number
  readonly atSeconds: number
  readonly visibleMs: number
  readonly title: string
  readonly slug: string
  readonly eventSlug: string
  readonly outcome: string
  readonly outcomeIndex: number
  readonly pseudonym: string
  private readonly hashed: readonly [number, number, number]

  constructor(
    seed: number,
    columns: Columns,
    span: number,
    place: number,
    market: SeededMarket,
    trader: Trader,
  ) {
    const flags = columns.flags[place]!
    const kind = flags >> KIND_SHIFT
    const thousandths = columns.price[place]!
    const seconds = columns.at[place]!
    const size = columns.cents[place]! / 100
    this.position = positionOf(span, place)
    this.type = kindNames[kind]!
    this.wallet = trader.wallet
    this.condition = market.condition
    this.size = size
    this.atSeconds = seconds
    this.visibleMs = visibleAt(seed, columns, span, place)
    this.title = market.question
    this.slug = market.slug
    this.eventSlug = market.event.slug
    this.pseudonym = trader.pseudonym
    this.hashed = trader.behaviour.washes
      ? [trader.groupSeed, market.index, seconds]
      : [seed, span, place]
    if (kind !== TRADE) {
      this.side = ""
      this.token = ""
      this.price = 0
      this.usdc = kind === REDEEM ? (size * thousandths) / 1000 : size
      this.outcome = ""
      this.outcomeIndex = 999
      return
    }
    const index = (flags & OUTCOME_1) === 0 ? 0 : 1
    const selling = (flags & SELL) !== 0
    const price = thousandths / 1000
    const notional = (columns.cents[place]! * thousandths) / 100_000
    const fee = (flags & MAKER) === 0 ? takerFee(market.fee, size, price) : 0
    this.side = selling ? "SELL" : "BUY"
    this.token = market.tokens[index]!
    this.price = price
    this.usdc = Math.round((selling ? notional - fee : notional + fee) * 1e6) / 1e6
    this.outcome = market.outcomes[index]!
    this.outcomeIndex = index
  }

  get transaction(): string {
    return `0x${hexDigits(64, ...this.hashed)}`
  }
}
