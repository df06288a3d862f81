/**
 * The proof that ends lose nothing: one data directory lives through many starts, and each start is
 * ended at a seeded commit, by SIGKILL or by SIGTERM. The next start is the recovery from the end before.
 *
 * The files are read between two starts, while nobody has them open. What was there at any end before
 * is there: every trade, every event that is still in its log with its id, every outcome unchanged. The
 * ledger checks. A run that SIGTERM ended exits 0 and its summary satisfies the equations; so does the
 * last one, which nobody ends: there both cursors have passed every event that was in the other lane's
 * log at any end (each was delivered), and each leader fill has one fate (each was applied once). Unless
 * that drain ran into its deadline, which it says, the fast lane has passed every event of the pipeline
 * that the background lane ever wrote. The other way only earlier ends count: the fast lane decides
 * copies until the process ends.
 *
 * An end that never came, because the run was over before that commit, is a fault: it proves nothing.
 */
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { Effect, Random, Schema } from "effect"
import type { EventType } from "@evaluator/domain/event/DomainEvent"
import { checkLedger } from "@evaluator/paper/LedgerCheck"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"
import { faultsOf, Summary } from "./Equations.ts"
import { changedOutcomes } from "./KillRuns.ts"
import { type DidNotEnd, runToEnd, type ServiceEntry } from "./ServiceProcess.ts"

export interface LifePlan {
  readonly entry: ServiceEntry
  readonly dataDir: string
  /** How long a run that waits for its end may go on, in the service's own words. */
  readonly endWithin: string
  /** How long the last run goes on before it drains. */
  readonly lastFor: string
}

export interface End {
  readonly commit: number
  readonly signal: "SIGKILL" | "SIGTERM"
}

/** SIGKILL and SIGTERM by turns, each at a commit from `from` to `to`, by seed. */
export const endsOf = (seed: number, count: number, from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    (n) =>
      Effect.map(Random.nextIntBetween(from, to), (commit): End => ({
        commit,
        signal: n % 2 === 0 ? "SIGKILL" : "SIGTERM",
      })),
  ).pipe(Random.withSeed(seed))

const lanes = [
  { file: "evaluator.db", reader: "paper.db", subscriber: "paper" },
  { file: "paper.db", reader: "evaluator.db", subscriber: "evaluation" },
] as const

/** What the files held at the ends so far. */
export interface Remembered {
  readonly trades: Set<string>
  readonly events: Map<string, string>
  readonly outcomes: Map<string, string>
}

export const nothing = (): Remembered => ({
  trades: new Set(),
  events: new Map(),
  outcomes: new Map(),
})

/** The files' contents between two starts. */
export interface Held extends Remembered {
  /** The oldest event each log still has: what is older had its time. */
  readonly oldest: Readonly<Record<string, number>>
  /** How far the other lane has come in each file's log; 0 without a cursor. */
  readonly delivered: Readonly<Record<string, number>>
  /** Events of the pipeline that the fast lane has not been given. */
  readonly unheard: ReadonlyArray<string>
}

/** Said of the machinery at any time, also while the lanes close: no business of the other lane. */
const operational = new Set<EventType>([
  "JobStarted",
  "JobCompleted",
  "JobFailed",
  "BackpressureRaised",
  "BackpressureCleared",
  "WorkDropped",
  "VenueThrottled",
])

/** What of a log comes after a cursor and is of the pipeline, in words. */
export const unheardOf = (
  rows: ReadonlyArray<{ readonly seq: number; readonly type: string }>,
  cursor: number,
): ReadonlyArray<string> =>
  rows.flatMap(({ seq, type }) =>
    seq > cursor && !operational.has(type as EventType) ? [`${type} ${seq}`] : [],
  )

/** Outcome by copy. */
export const outcomesIn = (dataDir: string): Map<string, string> => {
  using paper = new DatabaseSync(join(dataDir, "paper.db"), { readOnly: true })
  const copies = paper.prepare(
    "SELECT hex(fill_id) || ' ' || strategy AS id, outcome FROM copies WHERE outcome IS NOT NULL",
  )
  return new Map(copies.all().map(({ id, outcome }) => [String(id), String(outcome)]))
}

const read = (dataDir: string): Held => {
  const held = { ...nothing(), oldest: {} as Record<string, number> }
  const delivered: Record<string, number> = {}
  let unheard: ReadonlyArray<string> = []
  for (const { file, reader, subscriber } of lanes) {
    using log = new DatabaseSync(join(dataDir, file), { readOnly: true })
    const rows = log.prepare("SELECT seq, id, type FROM events ORDER BY seq").all()
    for (const { seq, id } of rows) held.events.set(`${file} ${seq}`, String(id))
    held.oldest[file] = Number(rows[0]?.["seq"] ?? Infinity)
    using cursors = new DatabaseSync(join(dataDir, reader), { readOnly: true })
    const cursor = cursors.prepare("SELECT seq FROM cursors WHERE subscriber = ?").get(subscriber)
    delivered[file] = Number(cursor?.["seq"] ?? 0)
    if (subscriber !== "paper") continue
    const said = rows.map(({ seq, type }) => ({ seq: Number(seq), type: String(type) }))
    unheard = unheardOf(said, delivered[file])
  }
  using evaluator = new DatabaseSync(join(dataDir, "evaluator.db"), { readOnly: true })
  for (const { id } of evaluator.prepare("SELECT hex(id) AS id FROM trades").all()) {
    held.trades.add(String(id))
  }
  return { ...held, delivered, unheard, outcomes: outcomesIn(dataDir) }
}

/** What was there before and is not any more, in words. */
export const lost = (before: Remembered, now: Held): ReadonlyArray<string> => {
  const trades = [...before.trades].filter((id) => !now.trades.has(id))
  const events = [...before.events].filter(([place, id]) => {
    const [file = "", seq] = place.split(" ")
    return Number(seq) >= (now.oldest[file] ?? 0) && now.events.get(place) !== id
  })
  return [
    ...(trades.length === 0 ? [] : [`${trades.length} trades are gone, one is ${trades[0]}`]),
    ...(events.length === 0 ? [] : [`${events.length} events are gone, one is ${events[0]![0]}`]),
    ...changedOutcomes(before.outcomes, now.outcomes),
  ]
}

/** Events of earlier ends that the other lane has not been given, in words. */
export const undelivered = (before: Remembered, now: Held): ReadonlyArray<string> =>
  Object.entries(now.delivered).flatMap(([file, seq]) => {
    const places = [...before.events.keys()].filter((place) => place.startsWith(`${file} `))
    const left = places.filter((place) => Number(place.split(" ")[1]) > seq).length
    return left === 0 ? [] : [`${left} events of ${file} were not delivered`]
  })

export const ledgerFaults = (dataDir: string) =>
  checkLedger.pipe(
    Effect.map((faults) => faults.map(({ rule, subject }) => `ledger: ${rule}: ${subject}`)),
    Effect.provide(SqliteClient.layer({ filename: join(dataDir, "paper.db"), readonly: true })),
    Effect.orDie,
  )

/** Reads the files, compares them with what is remembered, and remembers what is new. */
const look = Effect.fnUntraced(function* (dataDir: string, remembered: Remembered) {
  const held = yield* Effect.sync(() => read(dataDir))
  const faults = [...lost(remembered, held), ...(yield* ledgerFaults(dataDir))]
  for (const id of held.trades) remembered.trades.add(id)
  for (const [place, id] of held.events) remembered.events.set(place, id)
  for (const [copy, outcome] of held.outcomes) remembered.outcomes.set(copy, outcome)
  return { held, faults }
})

const summaryFaults = (stdout: string) =>
  Schema.decodeUnknownEffect(Schema.fromJsonString(Summary))(stdout).pipe(
    Effect.match({
      onSuccess: faultsOf,
      onFailure: (error): ReadonlyArray<string> => [`no summary: ${error.message.slice(0, 400)}`],
    }),
  )

const start = (plan: LifePlan, runFor: string, killAt: Readonly<Record<string, string>>) =>
  runToEnd(plan.entry, {
    args: ["run", "--for", runFor, "--json"],
    env: { EVALUATOR_DATA_DIR: plan.dataDir, EVALUATOR_HTTP_PORT: "0", ...killAt },
    within: "5 minutes",
  })

/** One start and its end; `remembered` grows by what the files hold then. */
export const liveUntil = Effect.fnUntraced(function* (
  plan: LifePlan,
  { commit, signal }: End,
  remembered: Remembered,
): Effect.fn.Return<ReadonlyArray<string>, DidNotEnd> {
  const suffix = signal === "SIGTERM" ? ":SIGTERM" : ""
  const ended = yield* start(plan, plan.endWithin, {
    EVALUATOR_KILL_AT: `commit:${commit}${suffix}`,
  })
  const faults: Array<string> = []
  const stopped = signal === "SIGTERM" && ended.stderr.includes("stopping (SIGTERM)")
  if (signal === "SIGKILL" ? ended.signal !== "SIGKILL" : !stopped) {
    faults.push(`it never came: the run ended with ${ended.signal ?? ended.code} ${ended.stderr}`)
  } else if (stopped) {
    if (ended.code !== 0) faults.push(`the run exited ${ended.code}: ${ended.stderr}`)
    faults.push(...(yield* summaryFaults(ended.stdout)))
  }
  faults.push(...(yield* look(plan.dataDir, remembered)).faults)
  return faults.map((fault) => `${signal} at commit ${commit}: ${fault}`)
})

/** The last start, which drains by itself. */
export const liveOn = Effect.fnUntraced(function* (
  plan: LifePlan,
  remembered: Remembered,
): Effect.fn.Return<ReadonlyArray<string>, DidNotEnd> {
  const ended = yield* start(plan, plan.lastFor, {})
  const before = { ...remembered, events: new Map(remembered.events) }
  const { faults, held } = yield* look(plan.dataDir, remembered)
  const drained = !ended.stderr.includes("the drain ran into its deadline")
  return [
    ...(ended.code === 0 ? [] : [`the last run exited ${ended.code}: ${ended.stderr}`]),
    ...(yield* summaryFaults(ended.stdout)),
    ...faults,
    ...undelivered(before, held),
    ...(drained && held.unheard.length > 0
      ? [`the drain left ${held.unheard.join(", ")} unheard by the fast lane`]
      : []),
  ]
})
