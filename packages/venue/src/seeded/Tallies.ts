/**
 * Volume and last price of every market, as of the last whole minute.
 *
 * Two readers go along the tape with time: one adds a row's volume, the other takes it out of the
 * last day's again when the row is a day old. Time costs what happened meanwhile. The last
 * {@link mostStates} minutes asked for are kept, since answers out of a cache look back some
 * minutes; asked for a minute before them it starts over.
 */
import { DAY, MINUTE } from "./Durations.ts"
import { KIND_SHIFT, OUTCOME_1, TRADE, type Columns } from "./Sink.ts"
import type { Tape } from "./Tape.ts"

export interface Tally {
  /** USDC. */
  readonly volume: number
  readonly volume24h: number
  /** Price of outcome 0 in the last trade; `null` when there was none. */
  readonly last: number | null
}

/** Volumes are kept as hundredths of a share times thousandths of a USDC: whole numbers. */
const unitsPerUsdc = 100_000
const mostStates = 8

interface Place {
  span: number
  row: number
}

/** Sums by market at a minute. */
class State {
  minute = Number.NEGATIVE_INFINITY
  volume = new Float64Array(1024)
  volume24h = new Float64Array(1024)
  /** Thousandths; -1 before the first trade. */
  last = new Int16Array(1024).fill(-1)
  readonly head: Place = { span: 0, row: 0 }
  readonly tail: Place = { span: 0, row: 0 }

  copy(): State {
    const copy = new State()
    copy.minute = this.minute
    copy.volume = this.volume.slice()
    copy.volume24h = this.volume24h.slice()
    copy.last = this.last.slice()
    Object.assign(copy.head, this.head)
    Object.assign(copy.tail, this.tail)
    return copy
  }

  /** Takes a trade in. */
  add({ market, cents, price, flags }: Columns, row: number): void {
    const index = market[row]!
    while (index >= this.volume.length) this.grow()
    const units = cents[row]! * price[row]!
    this.volume[index]! += units
    this.volume24h[index]! += units
    this.last[index] = (flags[row]! & OUTCOME_1) === 0 ? price[row]! : 1000 - price[row]!
  }

  /** Takes a trade out of the last day's. */
  age({ market, cents, price }: Columns, row: number): void {
    this.volume24h[market[row]!]! -= cents[row]! * price[row]!
  }

  private grow(): void {
    const { volume, volume24h, last } = this
    this.volume = new Float64Array(2 * volume.length)
    this.volume24h = new Float64Array(2 * volume.length)
    this.last = new Int16Array(2 * volume.length).fill(-1)
    this.volume.set(volume)
    this.volume24h.set(volume24h)
    this.last.set(last)
  }
}

export class Tallies {
  private readonly tape: Tape
  /** The least lately used first. */
  private states: Array<State> = []

  constructor(tape: Tape) {
    this.tape = tape
  }

  of(market: number, nowMs: number): Tally {
    const { volume, volume24h, last } = this.at(Math.floor(nowMs / MINUTE))
    const thousandths = last[market] ?? -1
    return {
      volume: (volume[market] ?? 0) / unitsPerUsdc,
      volume24h: (volume24h[market] ?? 0) / unitsPerUsdc,
      last: thousandths === -1 ? null : thousandths / 1000,
    }
  }

  private at(minute: number): State {
    const newest = this.states.at(-1)
    if (newest?.minute === minute) return newest
    const known = this.states.findIndex((state) => state.minute === minute)
    if (known >= 0) {
      const [state] = this.states.splice(known, 1)
      this.states.push(state!)
      return state!
    }
    const nearest = this.states
      .filter((state) => state.minute < minute)
      .reduce<State | null>(
        (best, one) => (best === null || one.minute > best.minute ? one : best),
        null,
      )
    const state = nearest?.copy() ?? new State()
    const untilMs = minute * MINUTE
    this.read(state.head, untilMs, (columns, row) => state.add(columns, row))
    this.read(state.tail, untilMs - DAY, (columns, row) => state.age(columns, row))
    state.minute = minute
    this.states.push(state)
    if (this.states.length > mostStates) this.states.shift()
    return state
  }

  /** Visits the trades from a place on that are before a moment, and moves the place behind them. */
  private read(
    place: Place,
    untilMs: number,
    visit: (columns: Columns, row: number) => void,
  ): void {
    const untilSeconds = untilMs / 1000
    const last = this.tape.spanAt(untilMs - 1)
    while (place.span <= last) {
      const columns = this.tape.span(place.span)
      const { count, at, flags } = columns
      while (place.row < count && at[place.row]! < untilSeconds) {
        if (flags[place.row]! >> KIND_SHIFT === TRADE) visit(columns, place.row)
        place.row++
      }
      if (place.row < count || place.span === last) return
      place.span++
      place.row = 0
    }
  }
}
