/**
 * The lanes' heartbeats: each tells the other once a second that it runs.
 *
 * Promises: {@link Beats.silentForMs} is the time since the other lane was last heard, from the start on, less
 * the time in which this thread stood still itself: of a machine that slept no lane is taken for dead.
 */
import { Clock, Effect, Schedule, type Scope } from "effect"
import type { LaneLink } from "@evaluator/runtime/LaneLink"

export const beatEvery = "1 second"
/** A lane that was silent for longer is taken for dead. */
export const silenceLimitMs = 5000

/** Of the time between two of its own beats a thread counts so much at most. */
const mostAtOnceMs = 2000

/** How long nothing was heard, as a thread tells that looks about once a second. */
export class Silence {
  #lookedNs: bigint
  #silentMs = 0
  /** Since the start, once at least. */
  everHeard = false

  constructor(nowNs: bigint) {
    this.#lookedNs = nowNs
  }

  heard(nowNs: bigint): void {
    this.#lookedNs = nowNs
    this.#silentMs = 0
    this.everHeard = true
  }

  forMs(nowNs: bigint): number {
    this.#silentMs += Math.min(mostAtOnceMs, Number(nowNs - this.#lookedNs) / 1e6)
    this.#lookedNs = nowNs
    return this.#silentMs
  }
}

export interface Beats {
  readonly silentForMs: Effect.Effect<number>
  readonly heard: Effect.Effect<boolean>
}

/** Beats towards the other lane and listens for its beats, for as long as the scope lives. */
export const exchangeBeats = Effect.fnUntraced(function* (
  link: LaneLink["Service"],
): Effect.fn.Return<Beats, never, Scope.Scope> {
  const silence = new Silence(yield* Clock.monotonicTimeNanos)
  yield* link.serve("beat", () => Effect.map(Clock.monotonicTimeNanos, (now) => silence.heard(now)))
  const silentForMs = Effect.map(Clock.monotonicTimeNanos, (now) => silence.forMs(now))
  yield* link
    .tell("beat", null)
    .pipe(Effect.andThen(silentForMs), Effect.repeat(Schedule.spaced(beatEvery)), Effect.forkScoped)
  return { silentForMs, heard: Effect.sync(() => silence.everHeard) }
})
