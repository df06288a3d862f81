/**
 * What an operator may do to a running lane: look at its queues, pause and resume one, try dead letters
 * again, have events delivered again. Over a link like the rest of a lane's handle.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Backlogs, type QueueView } from "@evaluator/runtime/Backlogs"
import { replay } from "@evaluator/runtime/EventReplay"
import { LaneLink, type LaneLinkError } from "@evaluator/runtime/LaneLink"
import { QueuePauses } from "@evaluator/runtime/QueuePauses"
import { RedriveBell } from "@evaluator/runtime/RedriveBell"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import {
  ControlRefused,
  type LaneName,
  type LaneWiring,
  type QueueEntry,
  type QueuePauseOrder,
  type QueueResumeOrder,
  type RedriveOrder,
  type ReplayOrder,
} from "./Control.ts"
import { redrive, redriveOf } from "./Redrives.ts"

type Answer<A> = Effect.Effect<A, ControlRefused | LaneLinkError>

export interface LaneOperations {
  readonly wiring: Effect.Effect<LaneWiring, LaneLinkError>
  readonly queues: Effect.Effect<ReadonlyArray<QueueEntry>, LaneLinkError>
  readonly pauseQueue: (order: QueuePauseOrder) => Answer<QueueEntry>
  readonly resumeQueue: (order: QueueResumeOrder) => Answer<QueueEntry>
  /** Answers how many letters will be tried again. */
  readonly redrive: (order: RedriveOrder) => Answer<number>
  /** Answers how many events this lane's subscriber will apply again. */
  readonly replay: (order: ReplayOrder) => Answer<number>
}

const notPossible = (why: string) => new ControlRefused({ code: "not-possible", why })

export const operationsOf = Effect.fnUntraced(function* (lane: LaneName) {
  const backlogs = yield* Backlogs
  const bell = yield* RedriveBell
  const link = yield* LaneLink
  const pauses = yield* QueuePauses
  const sql = yield* SqlClient.SqlClient
  const supervisor = yield* Supervisor
  const other = lane === "paper" ? "evaluation" : "paper"
  const entry = (view: QueueView): QueueEntry => ({ lane, ...view })

  const operations: LaneOperations = {
    wiring: Effect.all({ jobs: supervisor.wired, queues: backlogs.wired }),
    queues: Effect.gen(function* () {
      const views = yield* backlogs.views
      const runs = yield* supervisor.runRequests
      const bare = {
        capacity: null,
        workers: null,
        whenFull: null,
        oldestMs: null,
        late: null,
        pressed: false,
        paused: null,
      }
      const plain = (yield* backlogs.all)
        .filter(({ name }) => !views.some((view) => view.name === name))
        .concat({ name: `${lane}-job-runs`, ...runs })
      return [...views.map(entry), ...plain.map((counters) => ({ lane, ...bare, ...counters }))]
    }),
    pauseQueue: ({ queue, reason, untilMs }) =>
      pauses.pause(queue, { reason, untilMs }).pipe(
        Effect.map(entry),
        Effect.mapError(
          ({ message }) => new ControlRefused({ code: "unknown-queue", why: message }),
        ),
      ),
    resumeQueue: ({ queue, reason }) =>
      pauses.resume(queue, reason).pipe(
        Effect.map(entry),
        Effect.mapError(
          ({ message }) => new ControlRefused({ code: "unknown-queue", why: message }),
        ),
      ),
    redrive: Effect.fnUntraced(function* ({ source, subjects }) {
      if (redriveOf(source) === null) return yield* notPossible(`no letters come from ${source}`)
      const now = yield* Clock.currentTimeMillis
      yield* redrive(source, subjects, now).pipe(
        Effect.provideService(SqlClient.SqlClient, sql),
        Effect.mapError(({ message }) => notPossible(message)),
      )
      yield* bell.ring(source)
      return subjects.length
    }),
    replay: ({ from, to }) =>
      replay({ subscriber: lane, logName: other, from, to }).pipe(
        Effect.provideService(SqlClient.SqlClient, sql),
        Effect.provideService(LaneLink, link),
        Effect.provideService(RedriveBell, bell),
        Effect.mapError(({ message }) => notPossible(message)),
      ),
  }
  return operations
})

type Carried<A> = { readonly done: A } | { readonly refused: Pick<ControlRefused, "code" | "why"> }

/** A refusal is an answer, so that it keeps its code over a link. */
const carried = <A>(answer: Answer<A>): Effect.Effect<Carried<A>, LaneLinkError> =>
  answer.pipe(
    Effect.map((done) => ({ done })),
    Effect.catchTag("ControlRefused", ({ code, why }) =>
      Effect.succeed({ refused: { code, why } }),
    ),
  )

type Link = LaneLink["Service"]

export const serveOperations = Effect.fnUntraced(function* (
  link: Link,
  name: string,
  operations: LaneOperations,
) {
  yield* link.serve(`${name}.queues`, () => operations.queues)
  yield* link.serve(`${name}.wiring`, () => operations.wiring)
  // Both sides are this program, so orders are taken as they come.
  const serve = <Order, A>(verb: string, run: (order: Order) => Answer<A>) =>
    link.serve(`${name}.${verb}`, (order) => carried(run(order as Order)))
  yield* serve("pauseQueue", operations.pauseQueue)
  yield* serve("resumeQueue", operations.resumeQueue)
  yield* serve("redrive", operations.redrive)
  yield* serve("replay", operations.replay)
})

/** What {@link serveOperations} serves on the other side. */
export const operationsOver = (link: Link, name: string): LaneOperations => {
  const order =
    <Order, A>(verb: string) =>
    (given: Order): Answer<A> =>
      (link.ask(`${name}.${verb}`, given) as Effect.Effect<Carried<A>, LaneLinkError>).pipe(
        Effect.flatMap((answer): Answer<A> =>
          "done" in answer
            ? Effect.succeed(answer.done)
            : Effect.fail(new ControlRefused(answer.refused)),
        ),
      )
  return {
    wiring: link.ask(`${name}.wiring`, null) as LaneOperations["wiring"],
    queues: link.ask(`${name}.queues`, null) as LaneOperations["queues"],
    pauseQueue: order("pauseQueue"),
    resumeQueue: order("resumeQueue"),
    redrive: order("redrive"),
    replay: order("replay"),
  }
}
