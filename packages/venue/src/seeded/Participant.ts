/**
 * One trader in one market, from its first look to its redemption. A participant depends on
 * nobody else's doings, so its rows are a function of (trader, market); members of a group roll the
 * same dice and act the group's lag apart.
 *
 * A *look* is a moment at which the trader may act; looks come at the trader's pace times the
 * market's popularity. What was bought is held as a lot with a time to sell, or to the end. Times
 * inside are those of the first of the group; {@link Participant.advance} speaks in real ones.
 */
import { Dice, mix, unit } from "../Chance.ts"
import type { SeededMarket } from "./Calendar.ts"
import { choose } from "./Choice.ts"
import { HOUR, MINUTE, SECOND } from "./Durations.ts"
import { knowsTheEnd, redeemWithinMs } from "./Participation.ts"
import { touch } from "./Quotes.ts"
import {
  KIND_SHIFT,
  MAKER,
  mostCents,
  mostHeldCents,
  OUTCOME_1,
  REDEEM,
  SELL,
  TRADE,
  type Sink,
} from "./Sink.ts"
import { Stock, type Deed } from "./Stock.ts"
import type { Trader } from "./Traders.ts"

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
  private readonly closeMs: number
  private readonly endMs: number
  private readonly lots: Array<Lot> = []
  private readonly held: [number, number] = [0, 0]
  private readonly stock: Stock | null
  private readonly knows: boolean
  private lookMs: number
  private newsIndex = 0
  private burstLeft = 0
  private lean: 0 | 1 | null = null
  private over = false

  constructor(trader: Trader, market: SeededMarket, epochMs: number) {
    this.trader = trader
    this.market = market
    this.epochMs = epochMs
    this.dice = new Dice(mix(trader.groupSeed, market.index, 42))
    this.closeMs = market.closeMs - trader.lagMs
    this.endMs = Math.min(this.closeMs, trader.untilMs)
    const { quotes, washes } = trader.behaviour
    this.stock = quotes || washes ? new Stock(trader, market, this.dice, this.held) : null
    this.knows = knowsTheEnd(trader, market)
    this.lookMs = this.knows
      ? before(this.dice.between(market.listedMs, this.closeMs), this.endMs)
      : this.nextLook(Math.max(market.listedMs, trader.fromMs))
  }

  /** Nothing more will come. */
  get done(): boolean {
    return this.over
  }

  /** Emits what happens before `untilMs` and has not been emitted. */
  advance(untilMs: number, sink: Sink): void {
    const { lagMs } = this.trader
    while (!this.over) {
      const exitMs = this.lots[0]?.exitMs ?? Number.POSITIVE_INFINITY
      const atMs = Math.min(this.lookMs, exitMs)
      if (atMs >= this.closeMs) return this.finish(untilMs, sink)
      if (atMs + lagMs >= untilMs) return
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
    const { trader, market } = this
    const { behaviour } = trader
    if (this.stock !== null) {
      const deed = this.stock.next(atMs)
      if (deed !== null) this.emit(atMs, deed, sink)
      return
    }
    if (this.knows) return this.bet(atMs, sink)
    if (this.lots.length > 0 && this.dice.next() < behaviour.trims) {
      return this.sell(this.lots.shift()!, atMs, sink)
    }
    const goesOn = this.burstLeft > 0
    const outcome = choose(trader, market, atMs + trader.lagMs, this.lean, this.dice)
    this.burstLeft = goesOn ? this.burstLeft - 1 : 0
    if (outcome === null) return
    if (!goesOn) this.burstLeft = Math.round(this.dice.between(...behaviour.burst)) - 1
    this.buy(outcome, atMs, trader.usdc, sink)
  }

  private buy(outcome: 0 | 1, atMs: number, usdc: number, sink: Sink, toEnd = false): void {
    const { behaviour, lagMs } = this.trader
    if (atMs >= this.endMs) return
    const { bid, ask } = touch(this.market, atMs + lagMs)
    const price = outcome === 0 ? ask : 1000 - bid
    if (price >= 1000 || price <= 0) return
    const spend = usdc * Math.exp(behaviour.sizeSpread * this.dice.normal())
    const cents = Math.min(mostCents, Math.max(500, Math.round((100_000 * spend) / price)))
    if (this.holding(outcome) + cents > mostHeldCents) return
    this.emit(atMs, { kind: TRADE, price, cents, outcome, selling: false, maker: false }, sink)
    if (behaviour.loyal) this.lean = outcome
    if (toEnd || this.dice.next() < behaviour.holdsToEnd) this.held[outcome] += cents
    else
      this.keep({ outcome, cents, exitMs: atMs + this.dice.between(...behaviour.holdHours) * HOUR })
  }

  private holding(outcome: 0 | 1): number {
    let sum = this.held[outcome]
    for (const lot of this.lots) if (lot.outcome === outcome) sum += lot.cents
    return sum
  }

  private keep(lot: Lot): void {
    let at = this.lots.length
    while (at > 0 && this.lots[at - 1]!.exitMs > lot.exitMs) at--
    this.lots.splice(at, 0, lot)
  }

  /** Sells a lot; keeps it to the end when there is no bid. */
  private sell({ outcome, cents }: Lot, atMs: number, sink: Sink): void {
    const { bid, ask } = touch(this.market, atMs + this.trader.lagMs)
    const price = outcome === 0 ? bid : 1000 - ask
    if (price <= 0 || atMs >= this.endMs) this.held[outcome] += cents
    else this.emit(atMs, { kind: TRADE, price, cents, outcome, selling: true, maker: false }, sink)
  }

  /** The winner, bought big while it is not dear, once. */
  private bet(atMs: number, sink: Sink): void {
    const { bid, ask } = touch(this.market, atMs)
    const price = this.market.winner === 0 ? ask : 1000 - bid
    if (this.lean !== null || price > 700) return
    this.lean = this.market.winner
    this.buy(this.market.winner, atMs, this.trader.usdc * 25, sink, true)
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
    const [first, second] = market.payouts
    const won = (first > 0 && held[0] > 0) || (second > 0 && held[1] > 0)
    const forgets = !won && unit(trader.seed, market.index, 45) < 0.4
    if (held[0] + held[1] === 0 || forgets) this.over = true
    else if (atMs < untilMs) {
      for (const outcome of [0, 1] as const) {
        if (held[outcome] === 0) continue
        const price = market.payouts[outcome]
        const cents = price > 0 ? held[outcome] : 0
        const deed = { kind: REDEEM, price, cents, outcome, selling: false, maker: false }
        this.emit(atMs - trader.lagMs, deed, sink)
      }
      this.over = true
    }
  }

  private emit(atMs: number, deed: Deed, sink: Sink): void {
    const { trader, market } = this
    const flags =
      (deed.outcome === 1 ? OUTCOME_1 : 0) |
      (deed.selling ? SELL : 0) |
      (deed.maker ? MAKER : 0) |
      (deed.kind << KIND_SHIFT)
    sink.push(atMs + trader.lagMs, market.index, trader.index, deed.price, deed.cents, flags)
  }
}

const before = (atMs: number, endMs: number): number =>
  atMs < endMs ? atMs : Number.POSITIVE_INFINITY
