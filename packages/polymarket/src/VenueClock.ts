/**
 * How far the venue's clock is ahead of ours, out of the `Date` header of its answers.
 *
 * A `Date` is cut to the second and written somewhere between sending and receiving, so each answer
 * bounds the offset from both sides; the bounds of the last ten minutes are laid over each other.
 * Bounds that contradict the ones before (a clock was set) replace them.
 * The offset stands on the metrics page. Does not: set a clock. Copies out of a cache carry an old date and must not be handed in.
 */
import { Context, DateTime, Effect, Layer, Metric, Option } from "effect"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"

/** Clocks drift; what was measured before counts no longer. */
const keptMs = 600_000

export interface ClockOffset {
  /** Venue's time minus ours, ms. */
  readonly offsetMs: number
  /** The truth lies at most this far from it, ms. */
  readonly errorMs: number
  /** When it was last measured, our time. */
  readonly atMs: number
}

/** One answer: its `Date` header, and our time when the request left and when the answer came. */
export interface DatedAnswer {
  readonly date: string
  readonly sentMs: number
  readonly receivedMs: number
}

interface Bounds {
  readonly least: number
  readonly most: number
  readonly sinceMs: number
  readonly atMs: number
}

export class VenueClock extends Context.Service<
  VenueClock,
  {
    readonly note: (answer: DatedAnswer) => Effect.Effect<void>
    /** `null` until an answer with a readable date came. */
    readonly offset: Effect.Effect<ClockOffset | null>
  }
>()("polymarket/VenueClock") {
  static readonly layer: Layer.Layer<VenueClock> = Layer.sync(VenueClock, () => {
    let bounds: Bounds | null = null
    return VenueClock.of({
      note: (answer) =>
        Effect.suspend(() => {
          bounds = narrowed(bounds, answer)
          return bounds === null ? Effect.void : Metric.update(gauge, offsetOf(bounds).offsetMs)
        }),
      offset: Effect.sync(() => (bounds === null ? null : offsetOf(bounds))),
    })
  })
}

const gauge = gaugeOf(metrics.venueClockOffset)

const offsetOf = ({ atMs, least, most }: Bounds): ClockOffset => ({
  offsetMs: Math.round((least + most) / 2),
  errorMs: Math.ceil((most - least) / 2),
  atMs,
})

const narrowed = (known: Bounds | null, answer: DatedAnswer): Bounds | null => {
  const date = Option.getOrNull(DateTime.make(answer.date))
  if (date === null || answer.receivedMs < answer.sentMs) return known
  const second = DateTime.toEpochMillis(date)
  const { sentMs, receivedMs } = answer
  const own = { least: second - receivedMs, most: second + 999 - sentMs, atMs: receivedMs }
  const fresh = { ...own, sinceMs: receivedMs }
  if (known === null || receivedMs - known.sinceMs > keptMs) return fresh
  const least = Math.max(known.least, own.least)
  const most = Math.min(known.most, own.most)
  return least > most ? fresh : { least, most, sinceMs: known.sinceMs, atMs: receivedMs }
}
