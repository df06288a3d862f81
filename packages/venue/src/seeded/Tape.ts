/**
 * Everything that happened, in spans of four hours: made when first asked for, in order (about half
 * a second for a day of a quarter of a million rows), and kept while there is room
 * (`keptRows` of the parameters). A span that was dropped is made again from the
 * listing of the markets it touches, with the same rows; markets live at most about a month, so that
 * is bounded work.
 *
 * A row's position is `span × 2^24 + place in the span`: it grows with time and never changes.
 */
import type { Calendar, SeededMarket } from "./Calendar.ts"
import { Participant } from "./Participant.ts"
import { redeemWithinMs, takesPart } from "./Participation.ts"
import { Sink, type Columns } from "./Sink.ts"
import type { Trader } from "./Traders.ts"
import type { WorldParameters } from "../WorldParameters.ts"
import { DAY, HOUR } from "./Durations.ts"

export const spanMs = 4 * HOUR
const placeBits = 2 ** 24

export const positionOf = (span: number, place: number): number => span * placeBits + place
export const spanOfPosition = (position: number): number => Math.floor(position / placeBits)
export const placeOfPosition = (position: number): number => position % placeBits

interface Running {
  readonly market: SeededMarket
  readonly participants: ReadonlyArray<Participant>
}

export class Tape {
  readonly startMs: number
  private readonly parameters: WorldParameters
  private readonly calendar: Calendar
  private readonly traders: ReadonlyArray<Trader>
  private readonly kept = new Map<number, Columns>()
  private keptRows = 0
  private built = 0
  private listed = 0
  private running: Array<Running> = []
  private readonly sink = new Sink()

  constructor(parameters: WorldParameters, calendar: Calendar, traders: ReadonlyArray<Trader>) {
    this.parameters = parameters
    this.calendar = calendar
    this.traders = traders
    this.startMs = parameters.epochMs - parameters.pastDays * DAY
  }

  spanAt(ms: number): number {
    return Math.floor((ms - this.startMs) / spanMs)
  }

  /** The rows of a span, all of them, whether visible yet or not. */
  span(number: number): Columns {
    while (this.built <= number) this.build()
    const known = this.kept.get(number)
    if (known !== undefined) {
      this.kept.delete(number)
      this.kept.set(number, known)
      return known
    }
    const columns = this.again(number)
    this.keep(number, columns)
    return columns
  }

  private build(): void {
    const number = this.built++
    const untilMs = this.startMs + (number + 1) * spanMs
    this.calendar.reach(untilMs - 1)
    const { markets } = this.calendar
    while (this.listed < markets.length && markets[this.listed]!.listedMs < untilMs) {
      this.running.push(this.open(markets[this.listed++]!))
    }
    const { sink } = this
    sink.clear()
    for (const { participants } of this.running) {
      for (const participant of participants) participant.advance(untilMs, sink)
    }
    this.running = this.running.filter(({ participants }) => participants.some((p) => !p.done))
    this.keep(number, sink.columns((untilMs - spanMs) / 1000, spanMs / 1000))
  }

  private again(number: number): Columns {
    const fromMs = this.startMs + number * spanMs
    const sink = new Sink()
    const before = new Sink()
    for (const market of this.calendar.markets) {
      if (market.listedMs >= fromMs + spanMs) break
      if (market.resolveMs + redeemWithinMs < fromMs) continue
      for (const participant of this.open(market).participants) {
        participant.advance(fromMs, before)
        participant.advance(fromMs + spanMs, sink)
      }
      before.clear()
    }
    return sink.columns(fromMs / 1000, spanMs / 1000)
  }

  private open(market: SeededMarket): Running {
    const participants = this.traders
      .filter((trader) => takesPart(trader, market))
      .map((trader) => new Participant(trader, market, this.parameters.epochMs))
    return { market, participants }
  }

  private keep(number: number, columns: Columns): void {
    this.kept.set(number, columns)
    this.keptRows += columns.count
    for (const [oldest, { count }] of this.kept) {
      if (this.keptRows <= this.parameters.keptRows || oldest === number) break
      this.kept.delete(oldest)
      this.keptRows -= count
    }
  }
}
