/**
 * The proof that trouble passes: the service runs, something is done to one of its threads or to its
 * clock (by a module loaded before it), its health is asked all the while, and it must name what is wrong, come
 * back to being ready in the same process, drain and exit 0 with its equations whole.
 */
import { Effect, Fiber, Schedule, Schema } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { faultsOf, Summary } from "./Equations.ts"
import type { ServiceEntry } from "./ServiceProcess.ts"
import { document } from "./ServiceProcess.ts"

export interface FaultPlan {
  readonly entry: ServiceEntry
  readonly dataDir: string
  /** The module that brings the trouble, as a path. */
  readonly preload: string
  /** As `FAULT` has it. */
  readonly fault: string
  readonly thread: "fast" | "background" | "venue"
  /** Part of what the service must say of itself, during the fault or after it. */
  readonly says: RegExp
  /** How long the run lasts, in the service's words; long enough for the fault and what follows. */
  readonly runFor: string
  readonly seed: number
}

export interface FaultRun {
  /** The first words that named the fault. */
  readonly said: string
  /** Answers: 200, 503, none within two seconds. */
  readonly ready: number
  readonly unready: number
  readonly silent: number
  readonly jobRuns: number
  readonly leaderFills: number
  readonly faults: ReadonlyArray<string>
}

const Ready = Schema.fromJsonString(
  Schema.Struct({ ready: Schema.Boolean, degraded: Schema.Array(Schema.String) }),
)
const Ports = Schema.fromJsonString(
  Schema.Struct({ pid: Schema.Int, ports: Schema.Struct({ http: Schema.Int }) }),
)

interface Answer {
  readonly pid: number
  readonly status: number
  readonly degraded: ReadonlyArray<string>
}

/** One look at the service's health; `null` when it does not answer within two seconds. */
const look = (dataDir: string): Effect.Effect<Answer | null> =>
  Effect.gen(function* () {
    const text = readFileSync(join(dataDir, "ports.json"), "utf8")
    const { pid, ports } = yield* Schema.decodeUnknownEffect(Ports)(text)
    const response = yield* Effect.tryPromise((signal) =>
      fetch(`http://127.0.0.1:${ports.http}/readyz`, { signal }).then(async (answer) => ({
        status: answer.status,
        text: await answer.text(),
      })),
    ).pipe(Effect.timeout("2 seconds"))
    const { degraded } = yield* Schema.decodeUnknownEffect(Ready)(response.text)
    return { pid, status: response.status, degraded }
  }).pipe(
    Effect.sandbox,
    Effect.orElseSucceed(() => null),
  )

/** Runs the service through one fault. */
export const faultRun = Effect.fnUntraced(function* (plan: FaultPlan) {
  const { dataDir, fault, thread } = plan
  const trigger = join(dataDir, "..", `trigger-${thread}`)
  const running = yield* Effect.forkChild(
    document(
      plan.entry,
      {
        args: ["run", "--for", plan.runFor, "--json"],
        env: {
          EVALUATOR_DATA_DIR: dataDir,
          EVALUATOR_HTTP_PORT: "0",
          EVALUATOR_VENUE_SEED: String(plan.seed),
          NODE_OPTIONS: `--import ${pathToFileURL(plan.preload).href}`,
          FAULT: fault,
          FAULT_THREAD: thread,
          FAULT_FILE: trigger,
        },
        within: "6 minutes",
      },
      Summary,
    ),
  )

  const answers: Array<Answer | null> = []
  let pid = 0
  const watch = Effect.gen(function* () {
    const answer = yield* look(dataDir)
    if (!existsSync(trigger)) {
      if (answer?.status !== 200) return
      pid = answer.pid
      writeFileSync(trigger, "now\n")
      return
    }
    answers.push(answer)
  })
  const watching = yield* Effect.forkChild(Effect.schedule(watch, Schedule.spaced("500 millis")))
  const summary = yield* Fiber.join(running)
  yield* Fiber.interrupt(watching)

  const said = answers
    .flatMap((answer) => answer?.degraded ?? [])
    .find((sentence) => plan.says.test(sentence))
  const count = (of: (answer: Answer | null) => boolean) => answers.filter(of).length
  const faults = [...faultsOf(summary)]
  if (pid === 0) faults.push("the service was never ready")
  if (said === undefined) {
    const heard = [...new Set(answers.flatMap((answer) => answer?.degraded ?? []))]
    faults.push(`nothing it said fits ${plan.says}: ${heard.join("; ") || "nothing was said"}`)
  }
  if (answers.some((answer) => answer !== null && answer.pid !== pid)) {
    faults.push("another process answered")
  }
  // Without the drain, during which the surface may be closed already.
  const after = answers.slice(answers.findLastIndex((answer) => answer?.status === 503) + 1)
  if (!after.some((answer) => answer?.status === 200)) faults.push("it was not ready again")
  return {
    said: said ?? "",
    ready: count((answer) => answer?.status === 200),
    unready: count((answer) => answer?.status === 503),
    silent: count((answer) => answer === null),
    jobRuns: summary.jobs.reduce((sum, job) => sum + job.runs, 0),
    leaderFills: summary.copies.leader_fills,
    faults,
  } satisfies FaultRun
})
