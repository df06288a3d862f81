/**
 * Brings both lanes to rest in the order in which work flows.
 *
 * Afterwards every followed wallet is known in both lanes up to now less the visibility lag, no copy
 * of such a fill is in flight, and neither lane has said anything in the drain that the other has not
 * taken in. Hints alone do not promise that: each lane pulls.
 */
import { Effect } from "effect"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"

type Steps = "quiesce" | "catchUp" | "hear"

export const drain = Effect.fnUntraced(function* (
  evaluation: Pick<EvaluationHandle, Steps>,
  paper: Pick<PaperHandle, Steps>,
) {
  yield* evaluation.quiesce
  yield* evaluation.catchUp
  yield* paper.quiesce
  yield* paper.catchUp
  // The paper lane's last events are news to the background lane, and what follows from them (an
  // outcome, a market's facts) is news to the paper lane again.
  yield* evaluation.catchUp
  yield* paper.hear
  yield* evaluation.hear
})
