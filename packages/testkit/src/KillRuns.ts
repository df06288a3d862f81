/**
 * The proof that a kill loses nothing: the service is killed with SIGKILL right after a seeded
 * commit, read while it is down, started again and drained, round after round in one data directory.
 *
 * After every kill: the ledger checks, and every outcome seen in any round before stands unchanged.
 * After every drained run: the equations of the summary hold as well ({@link faultsOf}). A kill that
 * never came, because the run ended before that commit, is a fault: it would prove nothing.
 */
import { Effect, Random, Schema } from "effect"
import { faultsOf, Summary } from "./Equations.ts"
import type { DidNotEnd, EndedBadly, NoDocument, ServiceEntry } from "./ServiceProcess.ts"
import { document, runToEnd } from "./ServiceProcess.ts"

export interface KillPlan {
  readonly entry: ServiceEntry
  readonly dataDir: string
  /** How long a run that waits for its kill may go on, in the service's own words. */
  readonly killWithin: string
  /** How long the run after the kill goes on before it drains. */
  readonly resumeFor: string
}

/** A copy as the reader prints it; what it says beyond this is not compared. */
const CopyRow = Schema.Struct({
  id: Schema.String,
  strategy: Schema.String,
  outcome: Schema.NullOr(Schema.String),
})

const Copies = Schema.Union([
  Schema.Array(CopyRow),
  Schema.Struct({ copies: Schema.Array(CopyRow) }),
])

/** Outcome by copy. */
export type Outcomes = ReadonlyMap<string, string>

export interface KillRound {
  readonly commit: number
  /** Copies with an outcome: right after the kill, and after the drained run. */
  readonly outcomesAtKill: number
  readonly outcomesAfter: number
  readonly leaderFills: number
  readonly faults: ReadonlyArray<string>
}

export type RoundFailed = DidNotEnd | EndedBadly | NoDocument

/** Commit numbers to kill at, `count` of them, each from `from` to `to`, by seed. */
export const killCommits = (
  seed: number,
  count: number,
  from: number,
  to: number,
): Effect.Effect<ReadonlyArray<number>> =>
  Random.withSeed(
    Effect.forEach(Array.from({ length: count }), () => Random.nextIntBetween(from, to)),
    seed,
  )

const environmentOf = (plan: KillPlan) => ({
  EVALUATOR_DATA_DIR: plan.dataDir,
  EVALUATOR_HTTP_PORT: "0",
})

const readOutcomes = Effect.fnUntraced(function* (plan: KillPlan) {
  const printed = yield* document(
    plan.entry,
    { args: ["copies", "--json", "--data", plan.dataDir], env: {}, within: "60 seconds" },
    Copies,
  )
  const rows = "copies" in printed ? printed.copies : printed
  return new Map(
    rows.flatMap(({ id, strategy, outcome }) =>
      outcome === null ? [] : [[`${id} ${strategy}`, outcome] as const],
    ),
  )
})

const checkLedger = Effect.fnUntraced(function* (plan: KillPlan) {
  const { code, stderr, stdout } = yield* runToEnd(plan.entry, {
    args: ["ledger", "check", "--json", "--data", plan.dataDir],
    env: {},
    within: "60 seconds",
  })
  return code === 0 ? [] : [`ledger check exited ${code}: ${stdout.slice(0, 400)} ${stderr}`]
})

/** What became of outcomes seen earlier: each that is gone or different, in words. */
export const changedOutcomes = (before: Outcomes, after: Outcomes): ReadonlyArray<string> =>
  [...before].flatMap(([copy, outcome]) => {
    const now = after.get(copy)
    if (now === outcome) return []
    return [`copy ${copy} was ${outcome} and is ${now ?? "gone"}`]
  })

/** One round: run until the kill, read, run again and drain, read. `seen` grows by what was read. */
export const killRound = (
  plan: KillPlan,
  commit: number,
  seen: Map<string, string>,
): Effect.Effect<KillRound, RoundFailed> =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    const killed = yield* runToEnd(plan.entry, {
      args: ["run", "--for", plan.killWithin, "--json"],
      env: { ...environmentOf(plan), EVALUATOR_KILL_AT: `commit:${commit}` },
      within: "5 minutes",
    })
    if (killed.signal !== "SIGKILL") {
      faults.push(`commit ${commit} never came: the run exited ${killed.code} ${killed.stderr}`)
    }
    const atKill = yield* readOutcomes(plan)
    faults.push(...changedOutcomes(seen, atKill), ...(yield* checkLedger(plan)))
    for (const [copy, outcome] of atKill) seen.set(copy, outcome)
    const summary = yield* document(
      plan.entry,
      {
        args: ["run", "--for", plan.resumeFor, "--json"],
        env: environmentOf(plan),
        within: "5 minutes",
      },
      Summary,
    )
    const after = yield* readOutcomes(plan)
    faults.push(
      ...faultsOf(summary),
      ...changedOutcomes(seen, after),
      ...(yield* checkLedger(plan)),
    )
    for (const [copy, outcome] of after) seen.set(copy, outcome)
    return {
      commit,
      outcomesAtKill: atKill.size,
      outcomesAfter: after.size,
      leaderFills: summary.copies.leader_fills,
      faults,
    }
  })
