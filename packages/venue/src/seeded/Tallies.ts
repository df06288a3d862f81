/**
 * Volume and last price of every market, as of the last whole minute.
 *
 * Totals are carried from span to span, so that a minute costs a pass over the last day's rows.
 * Asked for a time before the carried total it starts over.
 */
import { KIND_SHIFT, OUTCOME_1, TRADE } from "./Sink.ts"
import { spanMs, type Tape } from "./Tape.ts"
import { DAY, MINUTE } from "./WorldConfig.ts"

export interface Tally {
  /** USDC. */
  readonly volume: number
  readonly volume24h: number
  /** Price of outcome 0 in the last trade; `null` when there was none. */
  readonly last: number | null
}

const none: Tally = { volume: 0, volume24h: 0, last: null }

interface Sums {
  readonly volume: Map<number, number>
  readonly last: Map<number, number>
}

export class Tallies {
  private readonly tape: Tape
  private carried: Sums = { volume: new Map(), last: new Map() }
  private carriedSpans = 0
  private minute = -1
  private known = new Map<number, Tally>()

  constructor(tape: Tape) {
    this.tape = tape
  }

  of(market: number, nowMs: number): Tally {
    const minute = Math.floor(nowMs / MINUTE)
    if (minute !== this.minute) {
      this.known = this.count(minute * MINUTE)
      this.minute = minute
    }
    return this.known.get(market) ?? none
  }

  private count(asOfMs: number): Map<number, Tally> {
    const current = this.tape.spanAt(asOfMs)
    if (current < this.carriedSpans) {
      this.carried = { volume: new Map(), last: new Map() }
      this.carriedSpans = 0
    }
    while (this.carriedSpans < current) {
      this.add(this.carried, this.carriedSpans++, 0, Number.POSITIVE_INFINITY)
    }
    const total: Sums = {
      volume: new Map(this.carried.volume),
      last: new Map(this.carried.last),
    }
    const untilSeconds = asOfMs / 1000
    if (current >= 0) this.add(total, current, 0, untilSeconds)
    const day: Sums = { volume: new Map(), last: new Map() }
    const first = Math.max(0, current - Math.ceil(DAY / spanMs))
    for (let span = first; span <= current; span++) {
      this.add(day, span, (asOfMs - DAY) / 1000, untilSeconds)
    }
    const tallies = new Map<number, Tally>()
    for (const [market, volume] of total.volume) {
      const volume24h = day.volume.get(market) ?? 0
      tallies.set(market, { volume, volume24h, last: total.last.get(market) ?? null })
    }
    return tallies
  }

  private add(sums: Sums, span: number, fromSeconds: number, untilSeconds: number): void {
    const { count, at, market, price, cents, flags } = this.tape.span(span)
    for (let i = 0; i < count; i++) {
      if (at[i]! < fromSeconds || flags[i]! >> KIND_SHIFT !== TRADE) continue
      if (at[i]! >= untilSeconds) break
      const key = market[i]!
      const thousandths = price[i]!
      sums.volume.set(key, (sums.volume.get(key) ?? 0) + (cents[i]! * thousandths) / 100_000)
      sums.last.set(key, ((flags[i]! & OUTCOME_1) === 0 ? thousandths : 1000 - thousandths) / 1000)
    }
  }
}
