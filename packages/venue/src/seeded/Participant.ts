/**
 * One trader in one market, from its first look to its redemption. A participant depends on
 * nobody else's doings, so its rows are a function of (trader, market).
 *
 * A *look* is a moment at which the trader may act; looks come at the trader's pace times the
 * market's popularity. What was bought is held as a lot with a time to sell, or to the end.
 */
import type { SeededMarket } from "./Calendar.ts"
import { Dice, mix, unit } from "../Chance.ts"
import { redeemWithinMs } from "./Participation.ts"
import { touch } from "./Quotes.ts"
import {
  KIND_SHIFT,
  MAKER,
  MERGE,
  OUTCOME_1,
  REDEEM,
  SELL,
  SPLIT,
  TRADE,
  type Sink,
} from "./Sink.ts"
import type { Trader } from "./Traders.ts"
import { HOUR, MINUTE, SECOND } from "./WorldConfig.ts"

interface Lot {
  readonly outcome: 0 | 1
  readonly cents: number
  readonly exitMs: number
}

export class Participant {
  private readonly trader: Trader
  private readonly market: SeededMarket
  private readonly epochMs: number
  private readonly dice: Dice
  private readonly endMs: number
  private readonly lots: Array<Lot> = []
  private readonly held: [number, number] = [0, 0]
  private lookMs: number
  private newsIndex = 0
  private burstLeft = 0
  private lean: 0 | 1 | null = null
  private over = false

  constructor(trader: Trader, market: SeededMarket, epochMs: number) {
    this.trader = trader
    this.market = market
    this.epochMs = epochMs
    this.dice = new Dice(mix(trader.seed, market.index, 42))
    this.endMs = Math.min(market.closeMs, trader.untilMs)
    this.lookMs = this.nextLook(Math.max(market.listedMs, trader.fromMs))
  }

  /** Nothing more will come. */
  get done(): boolean {
    return this.over
  }

  /** Emits what happens before `untilMs` and has not been emitted. */
  advance(untilMs: number, sink: Sink): void {
    while (!this.over) {
      const exitMs = this.lots[0]?.exitMs ?? Number.POSITIVE_INFINITY
      const atMs = Math.min(this.lookMs, exitMs)
      if (atMs >= this.market.closeMs) return this.finish(untilMs, sink)
      if (atMs >= untilMs) return
      if (exitMs <= this.lookMs) this.sell(this.lots.shift()!, atMs, sink)
      else {
        this.act(atMs, sink)
        this.lookMs =
          this.burstLeft > 0
            ? before(atMs + this.dice.between(0.5, 4) * SECOND, this.endMs)
            : this.nextLook(atMs)
      }
    }
  }

  private nextLook(afterMs: number): number {
    const { trader, market } = this
    if (trader.behaviour.newsSeconds !== null) {
      const news = market.path.newsMs
      while (this.newsIndex < news.length) {
        const at =
          news[this.newsIndex++]! + this.dice.between(...trader.behaviour.newsSeconds) * SECOND
        if (at > afterMs && at < this.endMs) return at
      }
      return Number.POSITIVE_INFINITY
    }
    let wait = this.dice.exponential()
    let at = afterMs
    if (at < this.epochMs) {
      const rate = trader.pastRate * market.popularity
      const reach = (this.epochMs - at) * rate
      if (wait < reach) return before(at + wait / rate, this.endMs)
      wait -= reach
      at = this.epochMs
    }
    const rate = trader.liveRate * market.popularity
    return rate > 0 ? before(at + wait / rate, this.endMs) : Number.POSITIVE_INFINITY
  }

  private act(atMs: number, sink: Sink): void {
    const { behaviour } = this.trader
    if (behaviour.quotes) return this.quote(atMs, sink)
    if (behaviour.lucky && unit(this.trader.seed, this.market.index, 43) < 0.15) {
      return this.bet(atMs, sink)
    }
    if (this.lots.length > 0 && this.dice.next() < behaviour.trims) {
      return this.sell(this.lots.shift()!, atMs, sink)
    }
    const goesOn = this.burstLeft > 0
    const outcome = this.choose(atMs)
    this.burstLeft = goesOn ? this.burstLeft - 1 : 0
    if (outcome === null) return
    if (!goesOn) this.burstLeft = this.dice.integer(...behaviour.burst) - 1
    this.buy(outcome, atMs, this.trader.usdc, sink)
  }

  /** The outcome worth buying now, if any. */
  private choose(atMs: number): 0 | 1 | null {
    const { behaviour, clarity, leadMs } = this.trader
    const { path, hypothesis, closeMs } = this.market
    const { bid, ask } = touch(this.market, atMs)
    const inBand = (price: number) =>
      price >= behaviour.band[0] * 1000 && price <= behaviour.band[1] * 1000
    const open0 = ask < 1000 && inBand(ask) && this.lean !== 1
    const open1 = bid > 0 && inBand(1000 - bid) && this.lean !== 0
    if (behaviour.choice === "band") return open0 ? 0 : open1 ? 1 : null
    const fair = path.fair(hypothesis, atMs)
    const known = path.fair(hypothesis, Math.min(closeMs, atMs + leadMs))
    const belief = fair + clarity * (known - fair) + behaviour.blur * this.dice.normal()
    const edge0 = open0 ? belief - ask / 1000 : -2
    const edge1 = open1 ? bid / 1000 - belief : -2
    const outcome = edge0 >= edge1 ? 0 : 1
    return Math.max(edge0, edge1) > behaviour.minimumEdge ? outcome : null
  }

  private buy(outcome: 0 | 1, atMs: number, usdc: number, sink: Sink, toEnd = false): void {
    const { behaviour } = this.trader
    if (atMs >= this.endMs) return
    const { bid, ask } = touch(this.market, atMs)
    const price = outcome === 0 ? ask : 1000 - bid
    if (price >= 1000 || price <= 0) return
    const spend = usdc * Math.exp(behaviour.sizeSpread * this.dice.normal())
    const cents = Math.min(50_000_000, Math.max(500, Math.round((100_000 * spend) / price)))
    this.emit(atMs, price, cents, TRADE, outcome, false, sink)
    if (behaviour.loyal) this.lean = outcome
    if (toEnd || this.dice.next() < behaviour.holdsToEnd) this.held[outcome] += cents
    else
      this.keep({ outcome, cents, exitMs: atMs + this.dice.between(...behaviour.holdHours) * HOUR })
  }

  private keep(lot: Lot): void {
    let at = this.lots.length
    while (at > 0 && this.lots[at - 1]!.exitMs > lot.exitMs) at--
    this.lots.splice(at, 0, lot)
  }

  /** Sells a lot; keeps it to the end when there is no bid. */
  private sell(lot: Lot, atMs: number, sink: Sink): void {
    const { bid, ask } = touch(this.market, atMs)
    const price = lot.outcome === 0 ? bid : 1000 - ask
    if (price <= 0 || atMs >= this.endMs) this.held[lot.outcome] += lot.cents
    else this.emit(atMs, price, lot.cents, TRADE, lot.outcome, true, sink)
  }

  /** The winner, bought big while it is cheap, once. */
  private bet(atMs: number, sink: Sink): void {
    const { bid, ask } = touch(this.market, atMs)
    const price = this.market.winner === 0 ? ask : 1000 - bid
    if (this.lean !== null || price > 350) return
    this.lean = this.market.winner
    this.buy(this.market.winner, atMs, this.trader.usdc * 25, sink, true)
  }

  /** A resting order of ours was taken: buys at the bid, sells at the ask, in turns. */
  private quote(atMs: number, sink: Sink): void {
    const { held } = this
    const size = Math.max(
      500,
      Math.round(200 * this.trader.usdc * Math.exp(0.2 * this.dice.normal())),
    )
    if (held[0] + held[1] === 0) {
      held[0] += 8 * size
      held[1] += 8 * size
      return this.emit(atMs, 0, 8 * size, SPLIT, 0, false, sink)
    }
    if (this.dice.next() < 0.04 && Math.min(held[0], held[1]) > 12 * size) {
      held[0] -= 4 * size
      held[1] -= 4 * size
      return this.emit(atMs, 0, 4 * size, MERGE, 0, false, sink)
    }
    const outcome = this.dice.next() < 0.5 ? 0 : 1
    const { bid, ask } = touch(this.market, atMs)
    const selling = held[outcome] > size && this.dice.next() < 0.3 + held[outcome] / (25 * size)
    const price = outcome === 0 ? (selling ? ask : bid) : selling ? 1000 - bid : 1000 - ask
    if (price <= 0 || price >= 1000) return
    held[outcome] += selling ? -size : size
    this.emit(atMs, price, size, TRADE, outcome, selling, sink)
  }

  /** After the close: wait for the resolution, then redeem, one row an outcome. */
  private finish(untilMs: number, sink: Sink): void {
    const { market, trader, held } = this
    this.lookMs = Number.POSITIVE_INFINITY
    for (const lot of this.lots.splice(0)) held[lot.outcome] += lot.cents
    const chance = unit(trader.seed, market.index, 44)
    const soon = market.resolveMs - market.closeMs < 2 * MINUTE
    const longest = soon ? 20 * MINUTE : redeemWithinMs
    const atMs = market.resolveMs + 10 * SECOND + chance * chance * (longest - MINUTE)
    const won = held[market.winner] > 0
    const forgets = !won && unit(trader.seed, market.index, 45) < 0.4
    if (held[0] + held[1] === 0 || forgets) this.over = true
    else if (atMs < untilMs) {
      for (const outcome of [0, 1] as const) {
        if (held[outcome] === 0) continue
        const paid = outcome === market.winner
        this.emit(atMs, paid ? 1000 : 0, paid ? held[outcome] : 0, REDEEM, outcome, false, sink)
      }
      this.over = true
    }
  }

  private emit(
    atMs: number,
    price: number,
    cents: number,
    kind: number,
    outcome: number,
    selling: boolean,
    sink: Sink,
  ): void {
    const flags =
      (outcome === 1 ? OUTCOME_1 : 0) |
      (selling ? SELL : 0) |
      (this.trader.behaviour.quotes ? MAKER : 0) |
      (kind << KIND_SHIFT)
    sink.push(atMs, this.market.index, this.trader.index, price, cents, flags)
  }
}

const before = (atMs: number, endMs: number): number =>
  atMs < endMs ? atMs : Number.POSITIVE_INFINITY
