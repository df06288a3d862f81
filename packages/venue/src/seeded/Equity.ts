/**
 * What every trader has made, as of the last ten whole minutes: cash in and out plus what is held,
 * at the market's middle price or at its payout. A period's profit is the difference to the day
 * boundary one, seven or thirty days back; `all` counts from the first day.
 *
 * One pass goes forward with time and remembers the last 32 day boundaries; asked for an earlier
 * time it starts over.
 */
import { takerFee } from "../Fees.ts"
import type { LeaderboardRow, Period } from "../World.ts"
import type { Calendar } from "./Calendar.ts"
import { domains } from "./Domains.ts"
import { KIND_SHIFT, MAKER, MERGE, OUTCOME_1, REDEEM, SELL, SPLIT, type Columns } from "./Sink.ts"
import type { Tape } from "./Tape.ts"
import type { Trader } from "./Traders.ts"
import { DAY, MINUTE } from "./Durations.ts"

const stepMs = 10 * MINUTE
const keptDays = 32
const daysOf: Readonly<Record<Exclude<Period, "all">, number>> = { day: 1, week: 7, month: 30 }
const lanes = domains.length
const marketBits = 2 ** 24

interface Snapshot {
  /** By trader × lane, USDC and shares. */
  readonly equity: Float64Array
  readonly volume: Float64Array
}

export class Equity {
  private readonly calendar: Calendar
  private readonly traders: ReadonlyArray<Trader>
  private readonly tape: Tape
  private readonly laneOf = new Map(domains.map((domain, i) => [domain.name, i]))
  private cash: Float64Array
  private volume: Float64Array
  /** Hundredths of a share by (trader, market, outcome). */
  private held = new Map<number, number>()
  private days = new Map<number, Snapshot>()
  private span = 0
  private place = 0
  private reachedMs: number

  constructor(tape: Tape, calendar: Calendar, traders: ReadonlyArray<Trader>) {
    this.tape = tape
    this.calendar = calendar
    this.traders = traders
    this.cash = new Float64Array(traders.length * lanes)
    this.volume = new Float64Array(traders.length * lanes)
    this.reachedMs = tape.startMs
  }

  board(period: Period, domain: string | null, nowMs: number): ReadonlyArray<LeaderboardRow> {
    const asOfMs = Math.floor(nowMs / stepMs) * stepMs
    if (asOfMs < this.tape.startMs) return []
    this.reach(asOfMs)
    const now = this.snapshot(asOfMs)
    const today = Math.floor((asOfMs - this.tape.startMs) / DAY)
    const then = period === "all" ? undefined : this.days.get(Math.max(0, today - daysOf[period]))
    const lane = domain === null ? -1 : (this.laneOf.get(domain) ?? -2)
    const over = (of: Float64Array | undefined, trader: number): number => {
      if (of === undefined) return 0
      if (lane >= 0) return of[trader * lanes + lane]!
      let sum = 0
      for (let i = 0; i < lanes; i++) sum += of[trader * lanes + i]!
      return sum
    }
    if (lane === -2) return []
    return this.traders
      .map((trader, i) => ({
        wallet: trader.wallet,
        pnl: round(over(now.equity, i) - over(then?.equity, i), 1e6),
        volume: round(over(now.volume, i) - over(then?.volume, i), 100),
        pseudonym: trader.pseudonym,
      }))
      .filter((row) => row.volume > 0 || row.pnl !== 0)
  }

  private reach(asOfMs: number): void {
    if (asOfMs < this.reachedMs) {
      this.cash.fill(0)
      this.volume.fill(0)
      this.held = new Map()
      this.days = new Map()
      this.span = 0
      this.place = 0
      this.reachedMs = this.tape.startMs
    }
    while (this.reachedMs <= asOfMs) {
      const since = this.reachedMs - this.tape.startMs
      if (since % DAY === 0) {
        this.days.set(since / DAY, this.snapshot(this.reachedMs))
        this.days.delete(since / DAY - keptDays)
      }
      if (this.reachedMs === asOfMs) return
      const boundary = this.tape.startMs + (Math.floor(since / DAY) + 1) * DAY
      this.reachedMs = Math.min(boundary, asOfMs)
      this.addUntil(this.reachedMs / 1000)
    }
  }

  private addUntil(seconds: number): void {
    const last = this.tape.spanAt(seconds * 1000 - 1)
    while (this.span <= last) {
      const columns = this.tape.span(this.span)
      while (this.place < columns.count && columns.at[this.place]! < seconds) {
        this.add(columns, this.place++)
      }
      if (this.place < columns.count || this.span === last) return
      this.span++
      this.place = 0
    }
  }

  private add(columns: Columns, place: number): void {
    const trader = columns.trader[place]!
    const market = this.calendar.markets[columns.market[place]!]!
    const flags = columns.flags[place]!
    const cents = columns.cents[place]!
    const shares = cents / 100
    const price = columns.price[place]! / 1000
    const outcome = (flags & OUTCOME_1) === 0 ? 0 : 1
    const slot = trader * lanes + this.laneOf.get(market.event.domain)!
    const kind = flags >> KIND_SHIFT
    if (kind === SPLIT || kind === MERGE) {
      const sign = kind === SPLIT ? 1 : -1
      this.cash[slot]! -= sign * shares
      this.hold(trader, market.index, 0, sign * cents)
      this.hold(trader, market.index, 1, sign * cents)
    } else if (kind === REDEEM) {
      this.cash[slot]! += shares * price
      this.held.delete(keyOf(trader, market.index, outcome))
    } else {
      const sign = (flags & SELL) === 0 ? 1 : -1
      const fee = (flags & MAKER) === 0 ? takerFee(market.fee, shares, price) : 0
      this.cash[slot]! -= sign * shares * price + fee
      this.volume[slot]! += shares
      this.hold(trader, market.index, outcome, sign * cents)
    }
  }

  private hold(trader: number, market: number, outcome: number, cents: number): void {
    const key = keyOf(trader, market, outcome)
    const total = (this.held.get(key) ?? 0) + cents
    if (total === 0) this.held.delete(key)
    else this.held.set(key, total)
  }

  private snapshot(atMs: number): Snapshot {
    const equity = Float64Array.from(this.cash)
    for (const [key, cents] of this.held) {
      const outcome = key % 2
      const market = this.calendar.markets[Math.floor(key / 2) % marketBits]!
      const trader = Math.floor(key / 2 / marketBits)
      const resolved = atMs >= market.resolveMs
      const first = resolved ? market.payouts[0] / 1000 : market.path.mid(market.hypothesis, atMs)
      const slot = trader * lanes + this.laneOf.get(market.event.domain)!
      equity[slot]! += (cents / 100) * (outcome === 0 ? first : 1 - first)
    }
    return { equity, volume: Float64Array.from(this.volume) }
  }
}

const keyOf = (trader: number, market: number, outcome: number): number =>
  (trader * marketBits + market) * 2 + outcome

const round = (value: number, parts: number): number => Math.round(value * parts) / parts
