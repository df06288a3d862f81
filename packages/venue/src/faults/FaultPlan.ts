/**
 * What goes wrong at the venue, when: a function of (seed, kind, place, virtual time), so a run that
 * asks the same things at the same moments meets the same faults. Everything served wrong is counted
 * here, so that a test can compare it with what the client noticed.
 */
import { mix, unit } from "../Chance.ts"

export const intensities = ["none", "some", "many"] as const
export type Intensity = (typeof intensities)[number]

/** Chance of each kind at `some`, per its occasion; `many` is {@link manyTimes} as much. */
const rates = {
  /** Per request: told to slow down, in one of the four ways the real venue says it. */
  throttle: 0.004,
  /** Per request: a 500, 502 or 503. */
  outage: 0.004,
  /** Per request: an answer that comes seconds late, or after the client gave up. */
  stall: 0.002,
  /** Per request: a body that ends in the middle. */
  halfBody: 0.002,
  /** Per page of a feed: the same page again, or rows that stand twice in it. */
  repeatedPage: 0.005,
  /** Per page of a feed: rows in another order. */
  shuffledRows: 0.008,
  /** Per filtered page of trades: everybody's trades instead. */
  ignoredFilter: 0.002,
  /** Per page of rows: one row more, that is none. */
  garbageRow: 0.01,
  /** Per trade: visible up to ten minutes late, and never on the stream. */
  lateRow: 0.004,
  /** Per market and ten minutes: its book is an empty shell or an old one. */
  lyingBook: 0.004,
  /** Per five minutes of a socket: it says nothing and stays open. */
  silentStream: 0.03,
  /** Per minute of a socket: the venue hangs up. */
  droppedSocket: 0.01,
  /** Per batch of frames: one frame more, that cannot be read. */
  garbledFrame: 0.01,
} as const

export type FaultKind = keyof typeof rates
export const faultKinds = Object.keys(rates) as ReadonlyArray<FaultKind>
export const manyTimes = 5

/** At most so many garbage rows are remembered word for word; the count goes on. */
const mostRemembered = 20_000

export interface GarbageRow {
  /** `/data/v2/trades`. */
  readonly path: string
  /** The row as JSON text. */
  readonly row: string
}

export interface FaultOptions {
  readonly seed: number
  readonly intensity: Intensity
  /** Only these kinds; all by default. */
  readonly kinds?: ReadonlyArray<FaultKind>
}

export class FaultPlan {
  readonly seed: number
  private readonly chances: ReadonlyMap<FaultKind, number>
  private readonly counts = new Map<FaultKind, number>()
  private readonly remembered: Array<GarbageRow> = []

  constructor({ seed, intensity, kinds = faultKinds }: FaultOptions) {
    this.seed = seed
    const times = { none: 0, some: 1, many: manyTimes }[intensity]
    this.chances = new Map(kinds.map((kind) => [kind, times * rates[kind]]))
  }

  /** Whether a kind happens at a place (a hash of what is meant) in a slot of time; not counted. */
  happens(kind: FaultKind, place: number, slot: number): boolean {
    const chance = this.chances.get(kind) ?? 0
    if (chance === 0) return false
    const high = Math.floor(slot / 4_294_967_296)
    return unit(mix(this.seed, faultKinds.indexOf(kind), high), place, slot, 71) < chance
  }

  /** A number in [0, 1) to shape a fault with. */
  shape(place: number, slot: number, salt: number): number {
    return unit(this.seed, place, slot, salt)
  }

  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }

  remember(garbage: GarbageRow): void {
    this.count("garbageRow")
    if (this.remembered.length < mostRemembered) this.remembered.push(garbage)
  }

  /** How often each kind was served so far. */
  get served(): Readonly<Record<FaultKind, number>> {
    const all = faultKinds.map((kind) => [kind, this.counts.get(kind) ?? 0])
    return Object.fromEntries(all) as Record<FaultKind, number>
  }

  /** The garbage rows served, in order; the first {@link mostRemembered}. */
  get garbage(): ReadonlyArray<GarbageRow> {
    return this.remembered
  }
}
