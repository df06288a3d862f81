/**
 * The proof that one file may be put back alone: a small seeded world in virtual time; at a seeded commit
 * both files are copied, and again when one of them has made some commits more. Then a directory is made
 * of the older copy of that file and the newer of the other, and the service goes on from there.
 *
 * What must hold after the drain: the equations; no copy in flight, no fill undetected; the ledger checks;
 * outcomes that were in the paper.db put in place stand unchanged; a reader whose place in the other's log
 * is gone has rewound. Fills are applied once: the key of a copy is its fill and strategy, and each leader
 * fill has one fate. What the background lane knows of our copies is what the fast lane's file has of them.
 */
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { Effect, Layer, Random, Schedule, Schema, Stream } from "effect"
import { loadSettings } from "@evaluator/app/Settings"
import { runVirtually } from "@evaluator/app/VirtualRun"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { KillPoint } from "@evaluator/sqlite/KillPoint"
import { simulate, type Simulation } from "@evaluator/venue/Simulation"
import type { WorldChanges } from "@evaluator/venue/WorldParameters"
import { faultsOf, Summary } from "./Equations.ts"
import { changedOutcomes } from "./KillRuns.ts"
import { copyResultFaults } from "./CopyResults.ts"
import { ledgerFaults, outcomesIn } from "./Lives.ts"

const files = ["evaluator.db", "paper.db"] as const
type File = (typeof files)[number]

/** `file` is put back by `commits` of its own commits; they begin at commit `from` of both files. */
export interface Rollback {
  readonly file: File
  readonly from: number
  readonly commits: number
}

const small: WorldChanges = {
  pastDays: 45,
  wallets: 120,
  eventsPerDay: 2,
  liveTradesPerSecond: null,
  quickEventEveryMs: 0,
}

/** Nearly every classified wallet is followed: what is to be lost and found again are copies. */
const generous = {
  EVALUATOR_RULES_MIN_TRADES_30D: "1",
  EVALUATOR_RULES_MAX_TRADES_PER_DAY: "1000",
  EVALUATOR_RULES_MAX_MARKETS_30D: "1000",
  EVALUATOR_RULES_MIN_MEDIAN_HOLD_MINUTES: "1",
  EVALUATOR_RULES_MAX_SIZE_CV: "10",
  EVALUATOR_RULES_MAX_BURSTINESS: "1",
  EVALUATOR_RULES_BREAKERS: "false",
}

const hourMs = 3_600_000

/** Both files by turns, by seed, not overlapping: each has {@link span} commits of both files to itself. */
export const rollbacksOf = (seed: number, count: number, first: number, span: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    (n) =>
      Effect.map(
        Effect.all([Random.nextIntBetween(0, span / 4), Random.nextIntBetween(1, 50)]),
        ([late, commits]): Rollback => ({
          file: files[n % 2]!,
          from: first + n * span + late,
          commits,
        }),
      ),
  ).pipe(Random.withSeed(seed))

/** Copies of both files before and after the commits that are to be lost, and when that was. */
interface Taken {
  readonly rollback: Rollback
  readonly older: string
  readonly newer: string
  readonly atMs: number
}

const copyBoth = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true })
  for (const name of files.flatMap((file) => [file, `${file}-wal`])) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
  }
}

const changedAt = (folder: string, file: File): bigint => {
  const wal = join(folder, `${file}-wal`)
  return existsSync(wal) ? statSync(wal, { bigint: true }).mtimeNs : 0n
}

/** Hears every commit of the run in `data` and takes the copies. */
const taker = (data: string, plans: ReadonlyArray<Rollback>, nowMs: () => number) => {
  const taken: Array<Taken> = []
  const waiting = [...plans]
  let commit = 0
  let open: { readonly plan: Rollback; readonly older: string; at: bigint; left: number } | null =
    null
  const afterCommit = () => {
    commit += 1
    if (open !== null) {
      const at = changedAt(data, open.plan.file)
      if (at === open.at) return
      open.at = at
      open.left -= 1
      if (open.left > 0) return
      const newer = `${open.older}-newer`
      copyBoth(data, newer)
      taken.push({ rollback: open.plan, older: open.older, newer, atMs: nowMs() })
      open = null
      return
    }
    const plan = waiting[0]
    if (plan === undefined || commit < plan.from) return
    waiting.shift()
    const older = `${data}-${plan.from}`
    copyBoth(data, older)
    open = { plan, older, at: changedAt(data, plan.file), left: plan.commits }
  }
  return { taken, killPoint: { beforeCommit: () => undefined, afterCommit } }
}

const run = Effect.fnUntraced(function* (
  simulation: Simulation,
  of: {
    readonly keep: string
    readonly resumes: boolean
    readonly startMs: number
    readonly hours: number
    readonly onAdvance?: (nowMs: number) => void
  },
) {
  const { settings } = yield* loadSettings({ profiles: ["sim"], environment: generous }).pipe(
    Effect.orDie,
  )
  const { seed, epochMs } = simulation.world.parameters
  return yield* runVirtually({
    settings,
    keep: of.keep,
    resumes: of.resumes,
    venue: { kind: "embedded", seed, epochMs },
    startMs: of.startMs,
    endMs: of.startMs + of.hours * hourMs,
    chance: `rollback ${seed} ${of.startMs} ${of.resumes}`,
    http: simulation.http,
    feeds: Layer.merge(
      TradeFeed.layerOf(Stream.repeat(simulation.trades, Schedule.spaced("5 seconds"))),
      BookFeed.layerSilent,
    ),
    onAdvance: of.onAdvance ?? (() => undefined),
  }).pipe(Effect.orDie)
})

const rewindsIn = (folder: string): number =>
  files.reduce((sum, file) => {
    using database = new DatabaseSync(join(folder, file), { readOnly: true })
    const row = database.prepare("SELECT coalesce(sum(rewinds), 0) AS n FROM cursors").get()
    return sum + Number(row?.["n"])
  }, 0)

export interface RolledBack {
  readonly rollback: Rollback
  readonly faults: ReadonlyArray<string>
  readonly rewinds: number
  readonly outcomesBefore: number
  readonly outcomesAfter: number
}

const goOn = Effect.fnUntraced(function* (
  seed: number,
  { rollback, older, newer, atMs }: Taken,
  hours: number,
): Effect.fn.Return<RolledBack> {
  // The mixture is made in the newer copy's folder.
  for (const suffix of ["", "-wal"]) {
    const name = `${rollback.file}${suffix}`
    rmSync(join(newer, name), { force: true })
    if (existsSync(join(older, name))) copyFileSync(join(older, name), join(newer, name))
  }
  const before = outcomesIn(newer)
  const simulation = simulate({ parameters: { ...small, seed } })
  const document = yield* run(simulation, {
    keep: newer,
    resumes: true,
    startMs: atMs + 60_000,
    hours,
  })
  const summary = yield* Schema.decodeUnknownEffect(Summary)(document).pipe(Effect.orDie)
  const after = outcomesIn(newer)
  const { in_flight, undetected } = document.copies
  const faults = [
    ...faultsOf(summary),
    ...(in_flight === 0 ? [] : [`${in_flight} copies are in flight`]),
    ...(undetected === 0 ? [] : [`${undetected} fills are undetected`]),
    ...changedOutcomes(before, after),
    ...(yield* ledgerFaults(newer)),
    ...copyResultFaults(newer),
  ]
  const rewinds = rewindsIn(newer)
  for (const folder of [older, newer]) rmSync(folder, { recursive: true, force: true })
  return {
    rollback,
    faults,
    rewinds,
    outcomesBefore: before.size,
    outcomesAfter: after.size,
  }
})

/** Runs the world once, and on from each mixture; the longest parts of it are those. */
export const rollBack = Effect.fnUntraced(function* (
  seed: number,
  plans: ReadonlyArray<Rollback>,
  folder: string,
  hours: { readonly first: number; readonly after: number },
) {
  const data = join(folder, "data")
  const simulation = simulate({ parameters: { ...small, seed } })
  let nowMs = simulation.world.parameters.epochMs
  const { killPoint, taken } = taker(data, plans, () => nowMs)
  yield* run(simulation, {
    keep: data,
    resumes: false,
    startMs: nowMs,
    hours: hours.first,
    onAdvance: (now) => {
      nowMs = now
    },
  }).pipe(Effect.provideService(KillPoint, killPoint))
  const rolled: Array<RolledBack> = []
  for (const one of taken) rolled.push(yield* goOn(seed, one, hours.after))
  rmSync(data, { recursive: true, force: true })
  return rolled
})
