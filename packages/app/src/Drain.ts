/**
 * Brings both lanes to rest in the order in which work flows.
 *
 * Afterwards every followed wallet is known in both lanes up to now less the visibility lag, and no
 * copy is in flight.
 */
import { Effect } from "effect"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"

export const drain = Effect.fnUntraced(function* (
  evaluation: EvaluationHandle,
  paper: PaperHandle,
) {
  yield* evaluation.quiesce
  yield* evaluation.catchUp
  yield* paper.quiesce
  yield* paper.catchUp
  // The paper lane's last events are news to the background lane.
  yield* evaluation.catchUp
})
