/**
 * What a run says of itself while it goes on: that it got further, how far, and what it waits for.
 *
 * The supervisor hands every run a {@link RunProgress}; code that works for a run reports to
 * {@link CurrentRun} without knowing which it is. Outside a run nothing is reported and nothing costs.
 * Progress is a committed event, an answer of the venue, a finished round; the time of the last one is
 * held against the job's `stallAfter`.
 */
import { Clock, Context, Effect } from "effect"

/** Waits that are named when a run stalls. */
const waitsNamed = 3

export class RunProgress {
  /** How far it has come, in the job's own words; kept with the run's row. */
  cursor: string | null = null
  /** The lane comes to rest: long work stops at its next step, what is left is due in its rows. */
  stopAsked = false
  /** Its row in `job_runs`. */
  readonly id: number
  #lastNs: bigint
  readonly #waits = new Map<object, { readonly on: string; readonly sinceNs: bigint }>()

  constructor(id: number, nowNs: bigint) {
    this.id = id
    this.#lastNs = nowNs
  }

  moved(nowNs: bigint): void {
    this.#lastNs = nowNs
  }

  begins(on: string, nowNs: bigint): object {
    const wait = {}
    this.#waits.set(wait, { on, sinceNs: nowNs })
    return wait
  }

  ends(wait: object, nowNs: bigint): void {
    this.#waits.delete(wait)
    this.#lastNs = nowNs
  }

  /** How long nothing has moved, ms. */
  stillForMs(nowNs: bigint): number {
    return Number(nowNs - this.#lastNs) / 1e6
  }

  /** What it waits for, longest first. */
  waitsOn(nowNs: bigint): string {
    const waits = [...this.#waits.values()].toSorted((a, b) => (a.sinceNs < b.sinceNs ? -1 : 1))
    if (waits.length === 0) return "nothing that it named"
    const named = waits
      .slice(0, waitsNamed)
      .map(({ on, sinceNs }) => `${on} for ${Math.round(Number(nowNs - sinceNs) / 1e6)} ms`)
    const more = waits.length - named.length
    return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
  }
}

/** The run that the fiber works for, if any. */
export const CurrentRun = Context.Reference<RunProgress | null>("runtime/CurrentRun", {
  defaultValue: () => null,
})

/** Whether the run is to stop at its next step; outside a run nobody asks that. */
export const stopAsked = Effect.map(CurrentRun, (run) => run?.stopAsked === true)

/** The run got further. */
export const progressed: Effect.Effect<void> = Effect.withFiber((fiber) => {
  fiber.getRef(CurrentRun)?.moved(fiber.getRef(Clock.Clock).monotonicTimeNanosUnsafe())
  return Effect.void
})

/** The run got as far as `cursor`. */
export const reached = (cursor: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const run = yield* CurrentRun
    if (run === null) return
    run.cursor = cursor
    run.moved(yield* Clock.monotonicTimeNanos)
  })

/** Names what the effect waits for; its end is progress. */
export const waitingOn =
  (what: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(CurrentRun, (run) =>
      run === null
        ? effect
        : Clock.clockWith((clock) => {
            const wait = run.begins(what, clock.monotonicTimeNanosUnsafe())
            return Effect.ensuring(
              effect,
              Effect.sync(() => run.ends(wait, clock.monotonicTimeNanosUnsafe())),
            )
          }),
    )
