/**
 * What a command may ask of the service: the nouns both sides of the control socket share.
 *
 * {@link ControlHandlers} is implemented by the running service, by the client that speaks to it
 * over the socket, and by the lanes started alone for one command: a verb does not know which.
 */
import { Effect, Schema } from "effect"
import { EventType } from "@evaluator/domain/event/DomainEvent"
import { FillId, WalletAddress } from "@evaluator/domain/Id"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { RulesState } from "@evaluator/domain/wallet/WalletRules"
import type { StuckOrder } from "@evaluator/paper/StuckCopies"

/** The service understood and will not or could not do it. */
export class ControlRefused extends Schema.TaggedError<ControlRefused>()("ControlRefused", {
  code: Schema.Literals([
    "unknown-job",
    "unknown-queue",
    "stopping",
    "not-possible",
    "failed",
    "unreachable",
  ]),
  why: Schema.String,
}) {
  override get message(): string {
    return this.why
  }
}

export const LaneName = Schema.Literals(["evaluation", "paper"])
export type LaneName = typeof LaneName.Type

/** A finished or running run of a job, as in `job_runs`. */
export const JobRun = Schema.Struct({
  id: Schema.Int,
  job: Schema.String,
  cause: Schema.String,
  startedAtMs: Schema.Int,
  endedAtMs: Schema.NullOr(Schema.Int),
  outcome: Schema.Literals(["running", "completed", "failed", "interrupted"]),
  counts: Schema.Record(Schema.String, Schema.Finite),
  error: Schema.NullOr(Schema.String),
  /** How far it came, in the job's own words. */
  cursor: Schema.NullOr(Schema.String),
})
export type JobRun = typeof JobRun.Type

export const JobEntry = Schema.Struct({
  name: Schema.String,
  about: Schema.String,
  lane: LaneName,
  everyMs: Schema.Finite,
  /** The time of day in UTC its slots go through. */
  at: Schema.NullOr(Schema.String),
  /** Things a run works on side by side. */
  concurrency: Schema.Int,
  running: Schema.Boolean,
  /** What its run waits on when it gets no further. */
  stalled: Schema.NullOr(Schema.String),
  last: Schema.NullOr(JobRun),
})
export type JobEntry = typeof JobEntry.Type

const Wired = Schema.Struct({
  name: Schema.String,
  on: Schema.optional(Schema.Array(EventType)),
  emits: Schema.optional(Schema.Array(EventType)),
})

/** The event types that the jobs and queues declare to hear and to emit. */
export const LaneWiring = Schema.Struct({ jobs: Schema.Array(Wired), queues: Schema.Array(Wired) })
export type LaneWiring = typeof LaneWiring.Type

/** Whether a strategy takes new copies. `untilMs` null: until it is resumed. */
export const HaltState = Schema.Struct({
  strategy: Strategy,
  halted: Schema.Boolean,
  reason: Schema.NullOr(Schema.String),
  untilMs: Schema.NullOr(Schema.Int),
})
export type HaltState = typeof HaltState.Type

const whichStrategy = Strategy.pipe(
  Schema.withDecodingDefaultKey(Effect.succeed<Strategy>("portfolio")),
)

export const HaltRequest = Schema.Struct({
  strategy: whichStrategy,
  reason: Schema.String,
  untilMs: Schema.NullOr(Schema.Int),
})
export type HaltRequest = typeof HaltRequest.Type

export const ResumeRequest = Schema.Struct({ strategy: whichStrategy, reason: Schema.String })
export type ResumeRequest = typeof ResumeRequest.Type

/** Copies that were stuck and are `compensated` now. */
export const FreedCopies = Schema.Struct({
  freed: Schema.Array(Schema.Struct({ fill: FillId, strategy: Strategy, book: Schema.String })),
})
export type FreedCopies = typeof FreedCopies.Type

export const ApprovalRequest = Schema.Struct({ wallet: WalletAddress })

/** A wallet that an owner approved. */
export const Approval = Schema.Struct({ wallet: WalletAddress, from: RulesState, to: RulesState })
export type Approval = typeof Approval.Type

/** A queue of a lane; `null` where it has no such thing. */
export const QueueEntry = Schema.Struct({
  lane: LaneName,
  name: Schema.String,
  offered: Schema.Int,
  done: Schema.Int,
  failed: Schema.Int,
  dropped: Schema.Int,
  coalesced: Schema.Int,
  pending: Schema.Int,
  /** Items that waited longer than the queue's worst delay; null where it declares none. */
  late: Schema.NullOr(Schema.Int),
  pressed: Schema.Boolean,
  capacity: Schema.NullOr(Schema.Int),
  workers: Schema.NullOr(Schema.Int),
  whenFull: Schema.NullOr(Schema.String),
  /** How long the first has waited, ms. */
  oldestMs: Schema.NullOr(Schema.Finite),
  paused: Schema.NullOr(
    Schema.Struct({ reason: Schema.String, untilMs: Schema.NullOr(Schema.Int) }),
  ),
})
export type QueueEntry = typeof QueueEntry.Type

export const QueuePauseOrder = Schema.Struct({
  queue: Schema.String,
  reason: Schema.String,
  untilMs: Schema.NullOr(Schema.Int),
})
export type QueuePauseOrder = typeof QueuePauseOrder.Type

export const QueueResumeOrder = Schema.Struct({ queue: Schema.String, reason: Schema.String })
export type QueueResumeOrder = typeof QueueResumeOrder.Type

/** Letters of one source in one lane. */
export const RedriveOrder = Schema.Struct({
  lane: LaneName,
  source: Schema.String,
  subjects: Schema.Array(Schema.String),
})
export type RedriveOrder = typeof RedriveOrder.Type

/** Events of the other lane's log, from one `seq` to another, for this lane's subscriber. */
export const ReplayOrder = Schema.Struct({
  subscriber: LaneName,
  from: Schema.Int,
  to: Schema.Int,
})
export type ReplayOrder = typeof ReplayOrder.Type

/** How many letters or events. */
export const Count = Schema.Struct({ count: Schema.Int })
export type Count = typeof Count.Type

/** The process that answers. */
export const ServiceState = Schema.Struct({
  pid: Schema.Int,
  version: Schema.String,
  venue: Schema.String,
  startedAtMs: Schema.Int,
  /** Both lanes have beaten lately. */
  alive: Schema.Boolean,
  ready: Schema.Boolean,
  /** What is not as it should be, in plain words. */
  degraded: Schema.Array(Schema.String),
})
export type ServiceState = typeof ServiceState.Type

export interface ControlHandlers {
  readonly state: Effect.Effect<ServiceState, ControlRefused>
  readonly jobs: Effect.Effect<ReadonlyArray<JobEntry>, ControlRefused>
  /** Of both lanes. */
  readonly wiring: Effect.Effect<LaneWiring, ControlRefused>
  /** Runs the job now, or right after the run that is going on; answers when it has ended. */
  readonly runJob: (name: string) => Effect.Effect<JobRun, ControlRefused>
  readonly halt: (request: HaltRequest) => Effect.Effect<HaltState, ControlRefused>
  readonly resume: (request: ResumeRequest) => Effect.Effect<HaltState, ControlRefused>
  /** Refused, with the reason, when no copy of the fill is stuck or one stays so. */
  readonly freeStuck: (order: StuckOrder) => Effect.Effect<FreedCopies, ControlRefused>
  /** The queues of both lanes. */
  readonly queues: Effect.Effect<ReadonlyArray<QueueEntry>, ControlRefused>
  /** Kept over restarts, until resumed or until its time is over. */
  readonly pauseQueue: (order: QueuePauseOrder) => Effect.Effect<QueueEntry, ControlRefused>
  readonly resumeQueue: (order: QueueResumeOrder) => Effect.Effect<QueueEntry, ControlRefused>
  readonly redrive: (order: RedriveOrder) => Effect.Effect<Count, ControlRefused>
  readonly replay: (order: ReplayOrder) => Effect.Effect<Count, ControlRefused>
  /** Refused, with the reason, unless the wallet is paper traded. */
  readonly approveWallet: (wallet: WalletAddress) => Effect.Effect<Approval, ControlRefused>
}
