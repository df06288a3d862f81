/**
 * Tells the background lane to slow down while the fast lane is late, and to go on when it is not.
 *
 * Late is measured where it hurts: how much later than asked a timer of this thread comes, and how long
 * the first fill has waited for a slot. Over `jobs.fast_lane_late` the background lane is told, again and
 * again while it lasts; it is told to go on once both were below half of that for {@link calmFor}.
 */
import { Clock, Duration, Effect, Layer, Schema, Schedule } from "effect"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Conditions } from "@evaluator/runtime/Conditions"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { Tempo } from "@evaluator/runtime/Tempo"

const request = "tempo"
export const lookEvery = Duration.millis(100)
export const calmFor = Duration.seconds(5)
/** Told so often at most: well within the lease. */
const tellEveryMs = 500

const Told = Schema.Struct({ slow: Schema.NullOr(Schema.String) })

/** The fast lane's side. */
export const tell = (limit: Duration.Duration) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const supervisor = yield* Supervisor
      const backlogs = yield* Backlogs
      const conditions = yield* Conditions
      const link = yield* LaneLink
      const limitMs = Duration.toMillis(limit)
      let lastNs = yield* Clock.monotonicTimeNanos
      let pressed: string | null = null
      let highNs = lastNs
      let toldNs = 0n

      const look = Effect.gen(function* () {
        const nowNs = yield* Clock.monotonicTimeNanos
        const sinceMs = (ns: bigint) => Number(nowNs - ns) / 1e6
        const lateMs = Math.max(0, sinceMs(lastNs) - Duration.toMillis(lookEvery))
        lastNs = nowNs
        const oldestMs = (yield* backlogs.oldestMs) ?? 0
        const worst =
          lateMs > oldestMs
            ? `the fast lane's event loop was ${Math.round(lateMs)} ms late`
            : `the fast lane's first fill has waited ${Math.round(oldestMs)} ms`
        const most = Math.max(lateMs, oldestMs)
        if (most > limitMs) pressed = worst
        if (pressed === null) return
        if (most > limitMs / 2) highNs = nowNs
        if (sinceMs(highNs) >= Duration.toMillis(calmFor)) {
          pressed = null
          return yield* link.tell(request, { slow: null })
        }
        if (toldNs !== 0n && sinceMs(toldNs) < tellEveryMs) return
        toldNs = nowNs
        yield* link.tell(request, { slow: pressed })
      })
      yield* supervisor.service(
        "fast-lane-pressure",
        Effect.schedule(look, Schedule.spaced(lookEvery)),
      )
      yield* conditions.add(
        "pressure",
        Effect.sync(() => ({
          name: "pressure",
          ok: pressed === null,
          blocks: false,
          says: pressed ?? `below ${limitMs} ms`,
        })),
      )
    }),
  )

/** The background lane's side. */
export const hear = Layer.effectDiscard(
  Effect.gen(function* () {
    const link = yield* LaneLink
    const tempo = yield* Tempo
    const conditions = yield* Conditions
    yield* link.serve(request, (payload) =>
      Schema.decodeUnknownEffect(Told)(payload).pipe(
        Effect.flatMap(({ slow }) => (slow === null ? tempo.go : tempo.slow(slow))),
      ),
    )
    yield* conditions.add(
      "tempo",
      Effect.gen(function* () {
        const slowed = yield* tempo.slowed
        const now = yield* Clock.currentTimeMillis
        const says =
          slowed === null ? "full" : `slowed down for ${now - slowed.sinceMs} ms: ${slowed.why}`
        return { name: "tempo", ok: slowed === null, blocks: false, says }
      }),
    )
  }),
)
