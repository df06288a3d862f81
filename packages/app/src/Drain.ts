/**
 * Brings both lanes to rest in the order in which work flows.
 *
 * Afterwards every followed wallet is known in both lanes up to now less the visibility lag, no copy
 * of such a fill is in flight, and neither lane has said anything in the drain that the other has not
 * taken in. Hints alone do not promise that: each lane pulls. Copies end before anything is judged: when
 * the deadline cuts the drain off, what waits is in rows and no money is in between.
 * Where there is a deadline, no step but the end of the copies may keep the others from running: each is cut
 * off when half of the time left has passed, and one that fails (its lane is gone) is passed over. What was
 * cut off is due in its rows, and not promised.
 */
import { Clock, Duration, Effect } from "effect"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"
import type { LaneLinkError } from "@evaluator/runtime/LaneLink"

/** How long a lane that has just interrupted its jobs may take to say so, of half of the time left at most the half. */
const answersWithinMs = 1000

type Steps = "quiesce" | "hear"

interface Bounds {
  /** How long the whole drain may take; nothing is cut off where it is not said. */
  readonly deadline?: Duration.Input
  /** Is told of each step in words. */
  readonly begins?: (step: string) => void
}

export const drain = Effect.fnUntraced(function* (
  evaluation: Pick<EvaluationHandle, Steps | "fetch" | "judge">,
  paper: Pick<PaperHandle, Steps | "catchUp">,
  { begins = () => undefined, deadline }: Bounds = {},
) {
  const step = <E>(words: string, effect: Effect.Effect<void, E>) =>
    Effect.andThen(
      Effect.sync(() => begins(words)),
      effect,
    )
  const endsAtMs =
    deadline === undefined
      ? null
      : (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.fromInputUnsafe(deadline))
  const halfLeft = (endMs: number) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      Duration.millis(Math.floor(Math.max(0, endMs - now) / 2)),
    )
  const cutOff = (
    words: string,
    effect: Effect.Effect<void, LaneLinkError>,
    after: Duration.Duration,
  ) =>
    step(words, effect).pipe(
      Effect.timeoutOrElse({
        duration: after,
        orElse: () =>
          Effect.logInfo(
            `${words}: cut off after ${Duration.format(after)}, what is left goes on at the next start`,
          ),
      }),
      Effect.catch(({ message }) => Effect.logWarning(`${words}: passed over, ${message}`)),
    )
  const rest = Effect.fnUntraced(function* (
    words: string,
    { quiesce }: Pick<EvaluationHandle | PaperHandle, "quiesce">,
  ) {
    if (endsAtMs === null) return yield* step(words, quiesce())
    const half = yield* halfLeft(endsAtMs)
    const halfMs = Duration.toMillis(half)
    const heardMs = halfMs + Math.min(answersWithinMs, halfMs / 2)
    yield* cutOff(words, quiesce(half), Duration.millis(heardMs))
  })
  const within = Effect.fnUntraced(function* (
    words: string,
    effect: Effect.Effect<void, LaneLinkError>,
  ) {
    if (endsAtMs === null) return yield* step(words, effect)
    yield* cutOff(words, effect, yield* halfLeft(endsAtMs))
  })
  yield* rest("running jobs of the background lane stop", evaluation)
  yield* within("what followed wallets did is fetched", evaluation.fetch)
  yield* rest("running jobs of the fast lane stop", paper)
  yield* within("the fast lane hears of what was fetched", paper.hear)
  yield* step("followed wallets are polled and copies end", paper.catchUp)
  yield* within("outcomes are asked for and wallets judged", evaluation.judge)
  yield* within("what resolved is paid", paper.hear)
  yield* within("ended copies are judged", evaluation.judge)
  yield* within("the fast lane hears of the judgement", paper.hear)
  yield* within("the background lane hears of the last copies", evaluation.hear)
})
