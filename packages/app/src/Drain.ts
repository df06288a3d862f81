/**
 * Brings both lanes to rest in the order in which work flows.
 *
 * Afterwards every followed wallet is known in both lanes up to now less the visibility lag, no copy
 * of such a fill is in flight, and neither lane has said anything in the drain that the other has not
 * taken in. Hints alone do not promise that: each lane pulls. Copies end before anything is judged: when
 * the deadline cuts the drain off, what waits is in rows and no money is in between.
 * A step of a job, fetching and judging may be long: where there is a deadline, each is cut off when half of
 * the time left has passed, and the other steps still run. What was cut off is due in its rows, and not promised.
 */
import { Clock, Duration, Effect } from "effect"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"

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
  const rest = (words: string, { quiesce }: Pick<EvaluationHandle | PaperHandle, "quiesce">) =>
    step(
      words,
      endsAtMs === null ? quiesce() : Effect.flatMap(halfLeft(endsAtMs), (half) => quiesce(half)),
    )
  const long = Effect.fnUntraced(function* <E>(words: string, effect: Effect.Effect<void, E>) {
    if (endsAtMs === null) return yield* step(words, effect)
    const half = yield* halfLeft(endsAtMs)
    const cut = `${words}: cut off after ${Duration.format(half)}, what is left goes on at the next start`
    return yield* step(words, effect).pipe(
      Effect.timeoutOrElse({ duration: half, orElse: () => Effect.logInfo(cut) }),
    )
  })
  yield* rest("running jobs of the background lane stop", evaluation)
  yield* long("what followed wallets did is fetched", evaluation.fetch)
  yield* rest("running jobs of the fast lane stop", paper)
  yield* step("followed wallets are polled and copies end", paper.catchUp)
  yield* long("outcomes are asked for and wallets judged", evaluation.judge)
  yield* step("what resolved is paid", paper.hear)
  yield* long("ended copies are judged", evaluation.judge)
  yield* step("the fast lane hears of the judgement", paper.hear)
  yield* step("the background lane hears of the last copies", evaluation.hear)
})
