/**
 * Whether the venue answers this lane, host by host.
 *
 * A host counts as silent when {@link silentAfter} attempts in a row got no answer; the first answer ends
 * that. Copies can still be decided meanwhile: fills come over the bridge, a book that cannot be had is
 * an outcome (`SKIPPED_NO_BOOK`).
 */
import { Clock, Effect, Layer } from "effect"
import { ReachNotice } from "@evaluator/polymarket/ReachNotice"
import type { Host } from "@evaluator/polymarket/VenueEndpoints"
import { Conditions } from "@evaluator/runtime/Conditions"
import { monotonicMsOf } from "@evaluator/runtime/MonotonicTime"

export const silentAfter = 3

interface Silence {
  attempts: number
  readonly sinceMs: number
}

export const layer = Layer.effect(
  ReachNotice,
  Effect.gen(function* () {
    const conditions = yield* Conditions
    const clock = yield* Clock.Clock
    // Not the wall clock, which may be set meanwhile.
    const silences = new Map<Host, Silence>()
    let reached = false
    yield* conditions.add(
      "venue",
      Effect.sync(() => {
        const now = monotonicMsOf(clock)
        const silent = [...silences].filter(([, { attempts }]) => attempts >= silentAfter)
        return {
          name: "venue",
          ok: silent.length === 0,
          blocks: false,
          says:
            silent.length > 0
              ? silent
                  .map(
                    ([host, { attempts, sinceMs }]) =>
                      `${host} has not answered for ${now - sinceMs} ms (${attempts} attempts)`,
                  )
                  .join(", ")
              : reached
                ? "answers"
                : "has not been asked yet",
        }
      }),
    )
    return (host, reach) => {
      if (reach === "answered") {
        reached = true
        silences.delete(host)
        return
      }
      const known = silences.get(host)
      if (known !== undefined) known.attempts += 1
      else silences.set(host, { attempts: 1, sinceMs: monotonicMsOf(clock) })
    }
  }),
)
