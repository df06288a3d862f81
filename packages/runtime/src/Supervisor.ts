/**
 * Owns every fiber of a lane that outlives the effect that started it.
 *
 * Promises: a job runs one at a time, whatever asks for it; a run that fails, dies or times out is
 * logged, counted, has its row, and the job runs again at its next slot. A service (a loop that
 * should never end) that ends or fails is logged and started again, 1 s to 60 s apart.
 * `quiesce` stops new runs, asks the running ones to stop at their next step and waits for them; those
 * that go on when its time is up are interrupted.
 * Does not: retry inside a run; that belongs to the job's own effects.
 * In the traces a run has who asked for it as its sender ({@link asking}).
 */
import {
  Clock,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Layer,
  Metric,
  PubSub,
  Queue,
  Ref,
  Schedule,
  Schema,
  type Scope,
} from "effect"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import type { QueueCounters } from "./Backlogs.ts"
import { EventLog } from "./EventLog.ts"
import { type Job, mostOwed } from "./Job.ts"
import { JobLog, type RunRow } from "./JobLog.ts"
import { type Asked, type Going, runOnce } from "./JobRuns.ts"
import { contradictionOf } from "./JobWiring.ts"
import { missedSlots } from "./MissedSlots.ts"
import { asking, takingUp } from "./RunEdges.ts"
import type { Wired } from "./Lineage.ts"
import { restarting } from "./Restarts.ts"
import { retrying } from "./Retry.ts"
import { gridOf, onGrid } from "./Slots.ts"

/** No job of this lane has the name. */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("JobNotFound", {
  job: Schema.String,
  known: Schema.Array(Schema.String),
}) {}

/** The lane is stopping and starts no more runs. */
export class LaneStopping extends Schema.TaggedError<LaneStopping>()("LaneStopping", {
  job: Schema.String,
}) {}

export interface JobView {
  readonly name: string
  readonly about: string
  readonly everyMs: number
  /** The time of day in UTC its slots go through; `null` when they go on from the last run. */
  readonly at: string | null
  /** Things a run works on side by side. */
  readonly concurrency: number
  readonly running: boolean
  readonly last: RunRow | null
  /** What a run that makes no progress waits on; `null` while all goes on. */
  readonly stalled: string | null
}

interface Request extends Asked {
  /** Of who asked, for the trace. */
  readonly traceparent: string | null
  readonly done: Deferred.Deferred<RunRow, LaneStopping> | null
}

interface Registered {
  readonly job: Job<unknown>
  readonly requests: Queue.Queue<Request>
  running: boolean
  /** Slots that came while it ran and are still to be made up for. */
  owed: number
  last: RunRow | null
  going: Going | null
}

const jobsRunning = gaugeOf(metrics.jobsRunning)

/** What starts jobs: their own triggers as well, or only {@link Supervisor} `runNow`, for a lane opened for one command. */
export const JobTriggers = Context.Reference<"all" | "by-hand">("runtime/JobTriggers", {
  defaultValue: () => "all",
})

/** Least time between the end of a run and the next one an event causes, whatever the job says; replays stretch it. */
export const LeastSettle = Context.Reference<Duration.Duration>("runtime/LeastSettle", {
  defaultValue: () => Duration.zero,
})

/** How often a loop that waits for hints looks by itself: what a lost hint would leave undone is found then. */
export const SweepEvery = Context.Reference<Duration.Duration>("runtime/SweepEvery", {
  defaultValue: () => Duration.seconds(30),
})

export class Supervisor extends Context.Service<
  Supervisor,
  {
    /** Takes a job over for as long as the scope lives. */
    readonly register: <E>(job: Job<E>) => Effect.Effect<void, never, Scope.Scope>
    /** Keeps a never-ending effect running for as long as the scope lives. */
    readonly service: <E, R>(
      name: string,
      effect: Effect.Effect<unknown, E, R>,
    ) => Effect.Effect<void, never, R | Scope.Scope>
    /** Runs a job now (or joins the run that waits to start) and answers with its row. */
    readonly runNow: (
      name: string,
      cause: string,
    ) => Effect.Effect<RunRow, JobNotFound | LaneStopping>
    readonly jobs: Effect.Effect<ReadonlyArray<JobView>>
    /** What each job declares to hear and to emit. */
    readonly wired: Effect.Effect<ReadonlyArray<Wired>>
    /** The requests for runs as a queue: bounded to one waiting for each job, what comes meanwhile coalesces. */
    readonly runRequests: Effect.Effect<Omit<QueueCounters, "name">>
    /** No more runs from now on; waits for those that run, and interrupts them when `within` has passed. */
    readonly quiesce: (within?: Duration.Input) => Effect.Effect<void>
  }
>()("runtime/Supervisor") {
  static readonly layer = Layer.effect(
    Supervisor,
    Effect.gen(function* () {
      const jobLog = yield* JobLog
      const log = yield* EventLog
      const tracer = yield* ServiceTracer
      const registered = new Map<string, Registered>()
      const stopping = yield* Ref.make(false)
      const triggers = yield* JobTriggers
      const leastSettle = yield* LeastSettle
      const tally = { offered: 0, done: 0, failed: 0, dropped: 0, coalesced: 0 }

      const runInSpan = (entry: Registered, asked: Request) =>
        runOnce(jobLog, entry.job, asked, (going) => {
          entry.going = going
        }).pipe(
          Effect.tap((row) =>
            Effect.sync(() => {
              entry.last = row
            }),
          ),
          takingUp(tracer, entry.job, asked),
        )

      const request = (entry: Registered, cause: string, event: string | null = null) =>
        asking(tracer, entry.job, cause, (traceparent) =>
          Effect.map(
            Queue.offer(entry.requests, { cause, event, traceparent, done: null }),
            (accepted) => {
              tally.offered += 1
              if (!accepted) tally.coalesced += 1
            },
          ),
        )

      const consume = Effect.fnUntraced(function* (entry: Registered) {
        const asked = yield* Queue.take(entry.requests)
        if (yield* Ref.get(stopping)) {
          tally.dropped += 1
          if (asked.done !== null) {
            yield* Deferred.fail(asked.done, new LaneStopping({ job: entry.job.name }))
          }
          return
        }
        const running = Metric.withAttributes(jobsRunning, { job: entry.job.name })
        entry.running = true
        yield* Metric.update(running, 1)
        yield* runInSpan(entry, asked).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              entry.running = false
            }).pipe(Effect.andThen(Metric.update(running, 0))),
          ),
          // Also of a run whose row could not be written: whoever waits for it hears so.
          Effect.onExit((exit) =>
            Effect.sync(() => {
              const completed = Exit.isSuccess(exit) && exit.value.outcome === "completed"
              tally[completed ? "done" : "failed"] += 1
              if (asked.done !== null) Deferred.doneUnsafe(asked.done, exit)
            }),
          ),
        )
        if (entry.owed > 0) {
          entry.owed -= 1
          yield* request(entry, "missed slot")
        }
        if (asked.cause.startsWith("event ")) {
          yield* Effect.sleep(
            Duration.max(Duration.fromInputUnsafe(entry.job.settle ?? "1 second"), leastSettle),
          )
        }
      })

      const service = Effect.fnUntraced(function* <E, R>(
        name: string,
        effect: Effect.Effect<unknown, E, R>,
      ): Effect.fn.Return<void, never, R | Scope.Scope> {
        yield* Effect.forkScoped(restarting(name, effect))
      })

      const register = Effect.fnUntraced(function* <E>(
        job: Job<E>,
      ): Effect.fn.Return<void, never, Scope.Scope> {
        const contradiction = contradictionOf(
          job as Job<unknown>,
          [...registered.values()].map((entry) => entry.job),
        )
        if (contradiction !== null) return yield* Effect.die(contradiction)
        // Room for one waiting request: whatever comes while one waits is the same run.
        const requests = yield* Queue.dropping<Request>(1)
        const run = job.retry === undefined ? job.run : retrying<E>(job.name, job.retry)(job.run)
        const entry: Registered = {
          job: { ...job, run } as Job<unknown>,
          requests,
          running: false,
          owed: 0,
          last: null,
          going: null,
        }
        registered.set(job.name, entry)
        yield* Effect.addFinalizer(() => Effect.sync(() => registered.delete(job.name)))
        yield* service(`job-${job.name}`, Effect.forever(consume(entry)))
        if (triggers === "by-hand") return
        const ask = (cause: string) => request(entry, cause)
        const slot = Effect.suspend(() => {
          const busy = entry.running || requests.messages.length > 0
          if (!busy || (job.missed ?? "once") === "once") return ask("slot")
          tally.offered += 1
          tally.coalesced += 1
          if (job.missed === "each") entry.owed = Math.min(mostOwed, entry.owed + 1)
          return Effect.void
        })
        const every = Duration.fromInputUnsafe(job.every)
        const grid = gridOf(job)
        const { nextInMs, runs } = missedSlots(
          yield* jobLog.lastSlot(job.name),
          Duration.toMillis(every),
          job.missed ?? "once",
          yield* Clock.currentTimeMillis,
          grid,
        )
        yield* service(
          `slots-${job.name}`,
          grid === null
            ? Effect.sleep(nextInMs).pipe(
                Effect.andThen(slot),
                Effect.andThen(Effect.schedule(slot, Schedule.fixed(every))),
              )
            : onGrid(grid, slot),
        )
        if (job.atBoot) yield* ask("boot")
        else if (runs > 0) yield* ask("missed slot")
        entry.owed = Math.max(0, runs - 1)
        if (job.on !== undefined && job.on.length > 0) {
          const events = yield* log.listen(job.on)
          yield* service(
            `events-${job.name}`,
            PubSub.take(events).pipe(
              Effect.flatMap(({ id, type }) => request(entry, `event ${type}`, id)),
              Effect.forever,
            ),
          )
        }
      })

      const runNow = Effect.fnUntraced(function* (name: string, cause: string) {
        const entry = registered.get(name)
        if (entry === undefined) {
          return yield* new JobNotFound({ job: name, known: [...registered.keys()].toSorted() })
        }
        if (yield* Ref.get(stopping)) return yield* new LaneStopping({ job: name })
        const done = yield* Deferred.make<RunRow, LaneStopping>()
        yield* asking(tracer, entry.job, cause, (traceparent) =>
          Queue.offer(entry.requests, { cause, event: null, traceparent, done }).pipe(
            Effect.repeat({ until: (taken) => taken, schedule: Schedule.spaced("10 millis") }),
          ),
        )
        tally.offered += 1
        return yield* Deferred.await(done)
      })

      const jobs = Effect.map(Clock.monotonicTimeNanos, (nowNs) =>
        [...registered.values()]
          .map(({ going, job, running, last }) => ({
            name: job.name,
            about: job.about,
            everyMs: Duration.toMillis(job.every),
            at: job.at ?? null,
            concurrency: job.concurrency ?? 1,
            running,
            last,
            stalled: going?.stalled === true ? going.progress.waitsOn(nowNs) : null,
          }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      )

      const wired = Effect.sync(() =>
        [...registered.values()].map(({ job: { name, on, emits } }): Wired => ({
          name,
          on,
          emits,
        })),
      )

      const runRequests = Effect.sync(() => ({
        ...tally,
        pending: [...registered.values()].reduce(
          (sum, { requests, running }) => sum + requests.messages.length + (running ? 1 : 0),
          0,
        ),
      }))

      const going = () =>
        [...registered.values()].flatMap(({ going }) => (going === null ? [] : [going]))

      const atRest = Effect.sync(() => {
        for (const { progress } of going()) progress.stopAsked = true
        return [...registered.values()].every((entry) => !entry.running)
      }).pipe(
        Effect.repeat({ until: (resting) => resting, schedule: Schedule.spaced("20 millis") }),
        Effect.asVoid,
      )

      const cutOff = Effect.suspend(() =>
        Effect.forEach(going(), (run) => Deferred.succeed(run.cutOff, undefined)),
      ).pipe(Effect.andThen(atRest))

      const quiesce = (within?: Duration.Input) =>
        Ref.set(stopping, true).pipe(
          Effect.andThen(
            within === undefined
              ? atRest
              : Effect.timeoutOrElse(atRest, { duration: within, orElse: () => cutOff }),
          ),
        )

      return Supervisor.of({ register, service, runNow, jobs, wired, runRequests, quiesce })
    }),
  )
}
