/**
 * A person in a run of virtual time, who does one thing: so long after the start approves the best
 * ranked wallet that is paper traded, by the request that `wallet approve` makes.
 */
import { Duration, Effect } from "effect"
import type { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { type ApprovalAnswer, approvalRequest } from "@evaluator/evaluation/OwnerApproval"
import type { LaneLink } from "@evaluator/runtime/LaneLink"

export interface ScriptedOwner {
  readonly approvesAfter: Duration.Duration
}

/** Takes so long as the owner waits; a run without a paper traded wallet then goes on as it is. */
export const approveOne = Effect.fnUntraced(function* (
  { approvesAfter }: ScriptedOwner,
  reports: EvaluationReports["Service"],
  link: LaneLink["Service"],
) {
  yield* Effect.sleep(approvesAfter)
  const wallet = yield* reports.bestPaperTraded
  if (wallet === null) {
    return yield* Effect.logWarning("the owner found no paper traded wallet to approve")
  }
  // Both sides are this program, so the answer is taken as it comes.
  const { from, refused, to } = (yield* link.ask(approvalRequest, wallet)) as ApprovalAnswer
  yield* Effect.logInfo(
    refused === null
      ? `the owner moved ${wallet} from ${from} to ${to}`
      : `the owner could not approve ${wallet}: ${refused}`,
  )
})
