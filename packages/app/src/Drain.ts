/**
 * Brings both lanes to rest in the order in which work flows.
 *
 * Afterwards every followed wallet is known in both lanes up to now less the visibility lag, no copy
 * of such a fill is in flight, and neither lane has said anything in the drain that the other has not
 * taken in. Hints alone do not promise that: each lane pulls. Copies end before anything is judged: when
 * the deadline cuts the drain off, what waits is in rows and no money is in between.
 */
import { Effect } from "effect"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"

type Steps = "quiesce" | "hear"

/** `begins` is told of each step in words. */
export const drain = Effect.fnUntraced(function* (
  evaluation: Pick<EvaluationHandle, Steps | "fetch" | "judge">,
  paper: Pick<PaperHandle, Steps | "catchUp">,
  begins: (step: string) => void = () => undefined,
) {
  const step = <E>(words: string, effect: Effect.Effect<void, E>) =>
    Effect.andThen(
      Effect.sync(() => begins(words)),
      effect,
    )
  yield* step("running jobs of the background lane stop", evaluation.quiesce)
  yield* step("what followed wallets did is fetched", evaluation.fetch)
  yield* step("running jobs of the fast lane stop", paper.quiesce)
  yield* step("followed wallets are polled and copies end", paper.catchUp)
  yield* step("outcomes are asked for and wallets judged", evaluation.judge)
  yield* step("what resolved is paid", paper.hear)
  yield* step("ended copies are judged", evaluation.judge)
  yield* step("the fast lane hears of the judgement", paper.hear)
  yield* step("the background lane hears of the last copies", evaluation.hear)
})
