/**
 * Rows of the tape as the venue tells them.
 */
import { takerFee } from "../Fees.ts"
import type { VenueRow } from "../World.ts"
import type { Calendar } from "./Calendar.ts"
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
    const flags = columns.flags[place]!
    const kind = flags >> KIND_SHIFT
    const outcomeIndex = (flags & OUTCOME_1) === 0 ? 0 : 1
    const selling = (flags & SELL) !== 0
    const price = columns.price[place]! / 1000
    const size = columns.cents[place]! / 100
    const common = {
      position: positionOf(span, place),
      type: kindNames[kind]!,
      wallet: trader.wallet,
      condition: market.condition,
      size,
      atSeconds: columns.at[place]!,
      visibleMs: visibleAt(this.seed, columns, span, place),
      title: market.question,
      slug: market.slug,
      eventSlug: market.event.slug,
      transaction: trader.behaviour.washes
        ? `0x${hexDigits(64, trader.groupSeed, market.index, columns.at[place]!)}`
        : `0x${hexDigits(64, this.seed, span, place)}`,
      pseudonym: trader.pseudonym,
    }
    if (kind !== TRADE) {
      const usdc = kind === REDEEM ? (size * columns.price[place]!) / 1000 : size
      return { ...common, side: "", token: "", price: 0, usdc, outcome: "", outcomeIndex: 999 }
    }
    const notional = (columns.cents[place]! * columns.price[place]!) / 100_000
    const fee = (flags & MAKER) === 0 ? takerFee(market.fee, size, price) : 0
    return {
      ...common,
      side: selling ? "SELL" : "BUY",
      token: market.tokens[outcomeIndex]!,
      price,
      usdc: Math.round((selling ? notional - fee : notional + fee) * 1e6) / 1e6,
      outcome: market.outcomes[outcomeIndex]!,
      outcomeIndex,
    }
  }
}
