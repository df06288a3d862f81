/**
 * What the trades of the last half minute took out of the books, decaying evenly to nothing; one
 * pass over those trades a beat, for all markets.
 */
import { beat, recoveryMs, type Taken } from "./Quotes.ts"
import { firstAt, KIND_SHIFT, MAKER, OUTCOME_1, SELL, TRADE } from "./Sink.ts"
import type { Tape } from "./Tape.ts"

const nothing: Taken = { bids: 0, asks: 0 }

export class RecentTakes {
  private readonly tape: Tape
  private slot = -1
  private known = new Map<number, { bids: number; asks: number }>()

  constructor(tape: Tape) {
    this.tape = tape
  }

  of(market: number, ms: number): Taken {
    const slot = Math.floor(ms / beat)
    if (slot !== this.slot) {
      this.known = this.count(slot * beat)
      this.slot = slot
    }
    return this.known.get(market) ?? nothing
  }

  private count(atMs: number): Map<number, { bids: number; asks: number }> {
    const taken = new Map<number, { bids: number; asks: number }>()
    const fromMs = Math.max(this.tape.startMs, atMs - recoveryMs)
    const last = this.tape.spanAt(atMs - 1)
    for (let span = Math.max(0, this.tape.spanAt(fromMs)); span <= last; span++) {
      const columns = this.tape.span(span)
      const { count, at, flags } = columns
      for (let place = firstAt(columns, Math.ceil(fromMs / 1000)); place < count; place++) {
        const ageMs = atMs - at[place]! * 1000
        if (ageMs <= 0) break
        const bits = flags[place]!
        if (bits >> KIND_SHIFT !== TRADE || (bits & MAKER) !== 0) continue
        const market = columns.market[place]!
        const sums = taken.get(market) ?? { bids: 0, asks: 0 }
        const upward = ((bits & SELL) === 0) === ((bits & OUTCOME_1) === 0)
        sums[upward ? "asks" : "bids"] += columns.cents[place]! * (1 - ageMs / recoveryMs)
        taken.set(market, sums)
      }
    }
    return taken
  }
}
