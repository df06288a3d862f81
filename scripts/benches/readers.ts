/**
 * Benchmark `readers`: how long each reading command takes on a data directory of a million fills and
 * five thousand wallets, from its arguments to what it prints, the files opened anew each time; and the
 * longest single call into SQLite of each reader and of a full pass of each job over all wallets.
 *
 * `READERS_SCALE=0.1` makes everything a tenth as large, to try something out.
 */
import { NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execute } from "@evaluator/app/cli/Cli"
import { Programs } from "@evaluator/app/cli/Programs"
import { filesOf } from "@evaluator/app/DirectoryFiles"
import { upgradeSchemas } from "@evaluator/app/SchemaUpgrade"
import { applyDue } from "@evaluator/evaluation/jobs/ApplyRules"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { describeDue } from "@evaluator/evaluation/jobs/DescribeMarkets"
import { discoverWallets } from "@evaluator/evaluation/jobs/DiscoverWallets"
import { issue } from "@evaluator/evaluation/jobs/IssueVerdicts"
import { measureDue } from "@evaluator/evaluation/jobs/MeasureDrift"
import { publishStep } from "@evaluator/evaluation/jobs/PublishFollowList"
import { resolveDue } from "@evaluator/evaluation/jobs/ResolveMarkets"
import { retainRows } from "@evaluator/evaluation/jobs/RetainRows"
import { inRounds } from "@evaluator/evaluation/jobs/Rounds"
import { scoreEvents } from "@evaluator/evaluation/jobs/ScoreEvents"
import { scoreDue } from "@evaluator/evaluation/jobs/ScoreWallets"
import { snapshotDue } from "@evaluator/evaluation/jobs/SnapshotPositions"
import { weighDue } from "@evaluator/evaluation/jobs/WeighEvidence"
import { RunConcurrency } from "@evaluator/runtime/RunConcurrency"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import type { Bench, Measurement } from "./Bench.ts"
import { laneOn, middle, timed } from "./EvaluationFile.ts"
import * as Large from "./LargeFile.ts"
import * as Tape from "./LargeTape.ts"

const runs = 5
const seed = 20_261_128

const scaled = (by: number): Large.Scale => ({
  wallets: Math.max(300, Math.round(Large.fullScale.wallets * by)),
  markets: Math.round(Large.fullScale.markets * by),
  fills: Math.round(Large.fullScale.fills * by),
  events: Math.round(Large.fullScale.events * by),
  runs: Math.round(Large.fullScale.runs * by),
  copies: Math.round(Large.fullScale.copies * by),
})

const none = { ms: 0, sql: "" }

/**
 * The longest call since it was asked last, and its statement; and the one that worked longest, which
 * a busy machine does not change: at most the thread's CPU time since the call before.
 */
class Longest {
  private longest = none
  private busiest = none
  private cpuMs = 0
  readonly watch: StatementWatch = (sql, ms) => {
    const { system, user } = process.threadCpuUsage()
    const cpuMs = (user + system) / 1000
    const worked = Math.min(ms, cpuMs - this.cpuMs)
    this.cpuMs = cpuMs
    if (ms > this.longest.ms) this.longest = { ms, sql }
    if (worked > this.busiest.ms) this.busiest = { ms: worked, sql }
  }
  take() {
    const { busiest, longest } = this
    this.longest = none
    this.busiest = none
    const says = [longest, busiest].map(
      ({ ms, sql }) => `${ms.toFixed(0)} ms: ${sql.replaceAll(/\s+/g, " ").slice(0, 160)}`,
    )
    return { ms: longest.ms, says: `${says[0]}; of CPU at most ${says[1]}` }
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** By name: the command line, without the directory. */
const commands: ReadonlyArray<readonly [string, string]> = [
  ["status", "status"],
  ["rank", "rank"],
  ["wallet", `wallet 0x${hex(Large.walletBytes(200))}`],
  ["wallet-whale", `wallet 0x${hex(Large.walletBytes(1))}`],
  ["why-wallet", `why 0x${hex(Large.walletBytes(1))}`],
  ["why-condition", `why 0x${hex(Large.conditionBytes(7))}`],
  ["why-fill", `why ${hex(Large.fillBytes(5000))}`],
  ["why-unknown", `why 0x${"ab".repeat(32)}`],
  ["copies", "copies --limit 100"],
  ["copies-outcome", "copies --outcome SKIPPED_NO_BOOK --limit 100"],
  ["ledger", "ledger"],
  ["runs", "runs"],
  ["runs-failed", "runs --outcome failed"],
  ["events", "events"],
  ["events-type", "events --type CopyDecided"],
  ["dead-letters", "dead-letters"],
  ["quarantine", "quarantine"],
]

const noPrograms: Programs["Service"] = {
  run: () => Effect.die("not started here"),
  replay: () => Effect.die("not started here"),
  compare: () => Effect.die("not started here"),
  sim: () => Effect.die("not started here"),
  alone: () => Effect.die("not started here"),
}

/** Runs a command line in this process; what it prints is thrown away, a failure is not. */
const read = (argv: ReadonlyArray<string>, watch: StatementWatch) =>
  Effect.gen(function* () {
    const said: Array<string> = []
    const code = yield* execute(argv).pipe(
      Effect.provide(Layer.merge(NodeServices.layer, Layer.succeed(Programs, noPrograms))),
      Effect.provideService(StatementWatch, watch),
      Effect.provideService(Console.Console, {
        ...globalThis.console,
        log: () => undefined,
        error: (...parts: ReadonlyArray<unknown>) => void said.push(parts.join(" ")),
      }),
    )
    // 1 is an id that is not known, which takes as long to find out.
    if (code > 1)
      return yield* Effect.die(`${argv.join(" ")} ended with ${code}: ${said.join(" ")}`)
  })

const readers = Effect.fnUntraced(function* (directory: string, say: (text: string) => void) {
  const longest = new Longest()
  const measured: Array<Measurement> = []
  for (const [name, line] of commands) {
    const argv = [...line.split(" "), "--data", directory, "--json"]
    const took: Array<number> = []
    for (let run = 0; run < runs; run++) took.push(yield* timed(read(argv, longest.watch)))
    say(`reader ${name}, longest call ${longest.take().says}`)
    const figures = { better: "lower" as const, ours: middle(took), unit: "ms", runs }
    measured.push({ name: `readers-${name}`, ...figures })
  }
  return measured
})

/** Everything is due, as after a long pause. */
const allDue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE wallets SET judge_due_ms = ${now}, drift_due_ms = ${now}`
  yield* sql`UPDATE conditions SET resolve_due_ms = ${now} WHERE rowid % 10 = 0`
})

const jobs = [
  ["score-events", scoreEvents],
  ["discover-wallets", discoverWallets],
  ["describe-markets", inRounds(describeDue, 1000)],
  ["resolve-markets", inRounds(resolveDue, 1000)],
  ["measure-drift", inRounds(measureDue, 1000)],
  ["classify-wallets", inRounds(judgeDue, 10_000)],
  ["score-wallets", inRounds(scoreDue, 1000)],
  // Two hundred wallets: each has eighty first purchases to look around.
  ["weigh-evidence", inRounds(weighDue, 20)],
  ["issue-verdicts", issue],
  ["apply-rules", inRounds(applyDue, 1000)],
  ["publish-follow-list", publishStep],
  ["snapshot-positions", snapshotDue],
  ["retain-rows", retainRows],
] as const

const passes = Effect.fnUntraced(function* (longest: Longest, say: (text: string) => void) {
  yield* allDue
  longest.take()
  const measured: Array<Measurement> = []
  for (const [name, job] of jobs) {
    const ms = yield* timed(
      Effect.provideService(
        job as Effect.Effect<unknown, never, Effect.Services<typeof job>>,
        RunConcurrency,
        4,
      ),
    )
    const { ms: call, says } = longest.take()
    say(`a full pass of ${name} took ${ms.toFixed(0)} ms, longest call ${says}`)
    measured.push({
      name: `longest-call-${name}`,
      better: "lower",
      ours: call,
      unit: "ms",
      runs: 1,
    })
  }
  return measured
})

/** The file was measured yesterday: the last day's rows are its growth. */
const measuredYesterday = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* retainRows
  yield* sql`UPDATE table_sizes SET measured_at_ms = measured_at_ms - ${Large.dayMs},
    base_at_ms = base_at_ms - ${Large.dayMs}`
})

/** Else the first commit that checkpoints waits for all that was built. */
const flushToDisk = (file: string) => {
  const opened = openSync(file, "r+")
  fsyncSync(opened)
  closeSync(opened)
}

const growth = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string; rows: number; bytes: number }>`SELECT name,
      rows - base_rows AS rows, bytes - base_bytes AS bytes FROM table_sizes
    WHERE rows > base_rows ORDER BY bytes - base_bytes DESC LIMIT 5`
  return rows
    .map((row) => `${row.name} ${row.rows} rows, ${(row.bytes / 1e6).toFixed(1)} MB`)
    .join("; ")
})

export const bench: Bench = {
  name: "readers",
  about: "every reader, and the longest SQL call of every job, on a million fills of 5,000 wallets",
  run: (say) => {
    const scale = scaled(Number(process.env["READERS_SCALE"] ?? "1"))
    const directory = mkdtempSync(join(tmpdir(), "trader-evaluator-bench-"))
    const files = filesOf(directory)
    const longest = new Longest()
    const lane = laneOn(files.evaluatorDb, []).pipe(
      Layer.provide(Layer.succeed(StatementWatch, longest.watch)),
    )
    const program = Effect.gen(function* () {
      const nowMs = yield* Clock.currentTimeMillis
      yield* Effect.scoped(upgradeSchemas(directory))
      const before = nowMs - Large.dayMs
      const lastDay = Math.round(scale.fills / 60)
      const built = yield* timed(
        Effect.gen(function* () {
          Large.writeStanding(files.evaluatorDb, scale, seed, nowMs)
          Tape.writeFills(files.evaluatorDb, scale, {
            from: 0,
            to: scale.fills - lastDay,
            startMs: nowMs - 60 * Large.dayMs,
            endMs: before,
          })
          yield* Effect.provide(measuredYesterday, lane)
          Tape.writeFills(files.evaluatorDb, scale, {
            from: scale.fills - lastDay,
            to: scale.fills,
            startMs: before,
            endMs: nowMs - 60_000,
          })
          Tape.writeCopies(files.evaluatorDb, files.paperDb, scale)
        }),
      )
      for (const file of [files.evaluatorDb, files.paperDb]) flushToDisk(file)
      const megabytes = statSync(files.evaluatorDb).size / 1e6
      say(`seed ${seed}, built in ${(built / 1000).toFixed(0)} s, ${megabytes.toFixed(0)} MB`)
      const jobsMeasured = yield* Effect.provide(
        Effect.gen(function* () {
          const measured = yield* passes(longest, say)
          say(`growth of a day: ${yield* growth}`)
          return measured
        }),
        Layer.fresh(lane),
      )
      return [...(yield* readers(directory, say)), ...jobsMeasured]
    })
    return Effect.runPromise(program).finally(() =>
      rmSync(directory, { recursive: true, force: true }),
    )
  },
}
