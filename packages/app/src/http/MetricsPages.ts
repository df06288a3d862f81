/**
 * `/metrics`: the pages of both lanes as one, each sample with its lane. A fast lane that is too busy to
 * answer is left out, so that a scrape ends and the rest keeps its series.
 */
import { Effect } from "effect"
import { joinPages } from "@evaluator/telemetry/MetricsPage"
import type { EvaluationHandle, PaperHandle } from "../LaneHandles.ts"

export const metricsPage = Effect.fnUntraced(function* (
  evaluation: Pick<EvaluationHandle, "metrics">,
  paper: Pick<PaperHandle, "metrics">,
) {
  const mine = { lane: "evaluation", text: yield* evaluation.metrics }
  const theirs = yield* paper.metrics.pipe(
    Effect.map((text) => [{ lane: "paper", text }]),
    Effect.catch(({ message }) =>
      Effect.as(Effect.logDebug(`no metrics of the fast lane: ${message}`), []),
    ),
  )
  return joinPages([mine, ...theirs])
})
