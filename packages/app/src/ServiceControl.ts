/**
 * The control verbs, answered by two lanes: those of a running service, or two opened alone for one
 * command.
 */
import { Effect } from "effect"
import { type ApprovalAnswer, approvalRequest } from "@evaluator/evaluation/OwnerApproval"
import type { LaneLink } from "@evaluator/runtime/LaneLink"
import { silenceLimitMs } from "./Beats.ts"
import { ControlRefused, type ControlHandlers } from "./Control.ts"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"
import { readiness } from "./Readiness.ts"
import { version } from "./Version.ts"

export const controlHandlers = (options: {
  readonly evaluation: EvaluationHandle
  readonly paper: PaperHandle
  /** The fast lane's side, for what only the background lane answers. */
  readonly link: LaneLink["Service"]
  readonly venue: string
  readonly startedAtMs: number
  readonly silentForMs: Effect.Effect<number>
}): ControlHandlers => {
  const { evaluation, link, paper } = options
  const refuse = (error: { readonly message: string }) =>
    new ControlRefused({ code: "unreachable", why: error.message })
  return {
    state: Effect.gen(function* () {
      const silentMs = yield* options.silentForMs
      const alive = silentMs < silenceLimitMs
      const { degraded, ready } = yield* readiness({
        lanes: Effect.succeed([
          {
            name: "background lane",
            ok: alive,
            blocks: false,
            says: `last beat ${Math.round(silentMs)} ms ago`,
          },
        ]),
        // A lane that is silent is not waited for.
        evaluation: alive ? evaluation.conditions : Effect.succeed([]),
        paper: paper.conditions,
        notes: Effect.succeed([]),
      })
      const { startedAtMs, venue } = options
      return { pid: process.pid, version, venue, startedAtMs, alive, ready, degraded }
    }),
    jobs: Effect.zipWith(evaluation.jobs, paper.jobs, (mine, theirs) => [...mine, ...theirs]).pipe(
      Effect.mapError(refuse),
    ),
    runJob: (name) =>
      evaluation.runJob(name).pipe(
        Effect.catchTag("ControlRefused", (refused) =>
          refused.code === "unknown-job" ? paper.runJob(name) : Effect.fail(refused),
        ),
        Effect.catchTag("LaneLinkError", (error) => Effect.fail(refuse(error))),
      ),
    halt: (request) => paper.halt(request).pipe(Effect.mapError(refuse)),
    resume: (request) => paper.resume(request).pipe(Effect.mapError(refuse)),
    freeStuck: paper.freeStuck,
    approveWallet: Effect.fnUntraced(function* (wallet) {
      // Both sides are this program, so the answer is taken as it comes.
      const answer = (yield* link
        .ask(approvalRequest, wallet)
        .pipe(Effect.mapError(refuse))) as ApprovalAnswer
      if (answer.refused !== null || answer.from === null || answer.to === null) {
        return yield* new ControlRefused({
          code: "not-possible",
          why: `${wallet} was not approved: ${answer.refused}`,
        })
      }
      return { wallet, from: answer.from, to: answer.to }
    }),
  }
}
