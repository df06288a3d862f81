/**
 * Traders who work from a stock of both outcomes, split at the start: those who quote both sides and
 * take the spread, and pairs who trade the same shares back and forth.
 */
import type { Dice } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import { tickAt, touch } from "./Quotes.ts"
import { MERGE, mostCents, mostHeldCents, SPLIT, TRADE } from "./Sink.ts"
import type { Trader } from "./Traders.ts"

/** What somebody does: a fill, a split, a merge or a redemption. */
export interface Deed {
  readonly kind: number
  /** Thousandths. */
  readonly price: number
  /** Hundredths of a share. */
  readonly cents: number
  readonly outcome: 0 | 1
  readonly selling: boolean
  readonly maker: boolean
}

export class Stock {
  private readonly trader: Trader
  private readonly market: SeededMarket
  private readonly dice: Dice
  /** Hundredths of a share, by outcome; the participant's own. */
  private readonly held: [number, number]
  /** What the first of a pair has more of outcome 0 than at the start. */
  private moved = 0
  private initial = 0

  constructor(trader: Trader, market: SeededMarket, dice: Dice, held: [number, number]) {
    this.trader = trader
    this.market = market
    this.dice = dice
    this.held = held
  }

  next(atMs: number): Deed | null {
    const { usdc, behaviour } = this.trader
    const spread = behaviour.sizeSpread * this.dice.normal()
    const size = Math.min(mostCents, Math.max(500, Math.round(200 * usdc * Math.exp(spread))))
    if (this.held[0] + this.held[1] === 0) {
      this.initial = 8 * size
      return this.whole(SPLIT, this.initial)
    }
    return behaviour.washes ? this.wash(atMs, size) : this.quote(atMs, size)
  }

  /** A resting order of ours was taken: buys at the bid, sells at the ask, in turns. */
  private quote(atMs: number, size: number): Deed | null {
    const { held, dice } = this
    if (dice.next() < 0.04 && Math.min(held[0], held[1]) > 12 * size) {
      return this.whole(MERGE, 4 * size)
    }
    const outcome = dice.next() < 0.5 ? 0 : 1
    const { bid, ask } = touch(this.market, atMs)
    const selling = held[outcome] > size && dice.next() < 0.3 + held[outcome] / (25 * size)
    const price = outcome === 0 ? (selling ? ask : bid) : selling ? 1000 - bid : 1000 - ask
    if (price <= 0 || price >= 1000) return null
    const [lowest, highest] = this.trader.behaviour.quotesWithin
    if (price < lowest * 1000 || price > highest * 1000) return null
    if (!selling && held[outcome] + size > mostHeldCents) return null
    held[outcome] += selling ? -size : size
    return { kind: TRADE, price, cents: size, outcome, selling, maker: true }
  }

  /** Both members do this with the same dice: one buys what the other sells, inside the spread. */
  private wash(atMs: number, size: number): Deed | null {
    const tick = tickAt(this.market, atMs)
    const { bid, ask } = touch(this.market, atMs)
    const price = bid + tick < ask ? bid + tick : bid
    if (price <= 0 || price >= 1000 || size >= this.initial) return null
    const firstBuys = this.moved <= 0
    this.moved += firstBuys ? size : -size
    const selling = firstBuys === (this.trader.member !== 0)
    this.held[0] += selling ? -size : size
    return { kind: TRADE, price, cents: size, outcome: 0, selling, maker: selling }
  }

  private whole(kind: typeof SPLIT | typeof MERGE, cents: number): Deed {
    const sign = kind === SPLIT ? 1 : -1
    this.held[0] += sign * cents
    this.held[1] += sign * cents
    return { kind, price: 0, cents, outcome: 0, selling: false, maker: false }
  }
}
