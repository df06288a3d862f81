/**
 * The control verbs, answered by two lanes: those of a running service, or two opened alone for one
 * command.
 */
import { Effect } from "effect"
import { type ApprovalAnswer, approvalRequest } from "@evaluator/evaluation/OwnerApproval"
import type { LaneLink, LaneLinkError } from "@evaluator/runtime/LaneLink"
import { silenceLimitMs } from "./Beats.ts"
import { type ControlHandlers, ControlRefused, type LaneName, type QueueEntry } from "./Control.ts"
import type { EvaluationHandle, PaperHandle } from "./LaneHandles.ts"
import type { LaneOperations } from "./LaneOperations.ts"
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
  const told = <A>(answer: Effect.Effect<A, ControlRefused | LaneLinkError>) =>
    Effect.catchTag(answer, "LaneLinkError", (error) => Effect.fail(refuse(error)))
  const counted = (answer: Effect.Effect<number, ControlRefused | LaneLinkError>) =>
    told(answer).pipe(Effect.map((count) => ({ count })))
  const laneOf = (name: LaneName): LaneOperations => (name === "paper" ? paper : evaluation)
  /** The lane that has the queue; the refusal of both names the queues of both. */
  const eitherQueue = (
    change: (lane: LaneOperations) => Effect.Effect<QueueEntry, ControlRefused | LaneLinkError>,
  ) =>
    told(change(evaluation)).pipe(
      Effect.catchTag("ControlRefused", (refused) =>
        refused.code !== "unknown-queue"
          ? Effect.fail(refused)
          : told(change(paper)).pipe(
              Effect.mapError((second) =>
                second.code === "unknown-queue"
                  ? new ControlRefused({ code: second.code, why: `${refused.why}; ${second.why}` })
                  : second,
              ),
            ),
      ),
    )
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
    wiring: Effect.zipWith(evaluation.wiring, paper.wiring, (mine, theirs) => ({
      jobs: [...mine.jobs, ...theirs.jobs],
      queues: [...mine.queues, ...theirs.queues],
    })).pipe(Effect.mapError(refuse)),
    queues: Effect.zipWith(evaluation.queues, paper.queues, (mine, theirs) => [
      ...mine,
      ...theirs,
    ]).pipe(Effect.mapError(refuse)),
    pauseQueue: (order) => eitherQueue((lane) => lane.pauseQueue(order)),
    resumeQueue: (order) => eitherQueue((lane) => lane.resumeQueue(order)),
    redrive: (order) => counted(laneOf(order.lane).redrive(order)),
    replay: (order) => counted(laneOf(order.subscriber).replay(order)),
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
