/**
 * The lanes' heartbeats: each tells the other once a second that it runs.
 *
 * Promises: {@link Beats.silentForMs} is the time since the other lane was last heard, from the start on.
 */
import { Clock, Effect, Schedule, type Scope } from "effect"
import type { LaneLink } from "@evaluator/runtime/LaneLink"

export const beatEvery = "1 second"
/** A lane that was silent for longer is taken for dead. */
export const silenceLimitMs = 5000

export interface Beats {
  readonly silentForMs: Effect.Effect<number>
}

/** Beats towards the other lane and listens for its beats, for as long as the scope lives. */
export const exchangeBeats = Effect.fnUntraced(function* (
  link: LaneLink["Service"],
): Effect.fn.Return<Beats, never, Scope.Scope> {
  let heardAt = yield* Clock.monotonicTimeNanos
  yield* link.serve("beat", () =>
    Effect.map(Clock.monotonicTimeNanos, (now) => {
      heardAt = now
    }),
  )
  yield* link.tell("beat", null).pipe(Effect.repeat(Schedule.spaced(beatEvery)), Effect.forkScoped)
  return {
    silentForMs: Effect.map(Clock.monotonicTimeNanos, (now) => Number(now - heardAt) / 1e6),
  }
})
