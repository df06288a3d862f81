/**
 * Benchmark `judge`: a judgement of five thousand wallets with a million first purchases, rows and SQL
 * included: the first one after a start, the next one when one wallet in a hundred has changed, the
 * longest call into SQLite and the longest time for which nothing else ran.
 *
 * `JUDGE_SCALE=0.1` makes everything a tenth as large, to try something out.
 */
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { filesOf } from "@evaluator/app/DirectoryFiles"
import { upgradeSchemas } from "@evaluator/app/SchemaUpgrade"
import { purchasesWritten } from "@evaluator/evaluation/evidence/RememberedRows"
import { issue } from "@evaluator/evaluation/jobs/IssueVerdicts"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import type { Bench, Measurement } from "./Bench.ts"
import { laneOn } from "./EvaluationFile.ts"
import * as Large from "./LargeFile.ts"

const seed = 20_261_128
const entriesPerWallet = 200
const copiedWallets = 100
const copiesPerWallet = 200

/** First purchases with settled copies of a hundred wallets, and all wallets weighed. */
const writeEvidence = (file: string, { markets, wallets }: Large.Scale, nowMs: number): void => {
  // A small cache: what this process takes is measured, and its allocator keeps what it once had.
  const writer = new Large.Writer(file, 16_000)
  const random = Large.chance(seed)
  const startMs = nowMs - 150 * Large.dayMs
  const marketOf = (n: number) => Math.imul(n, 7919) >>> 0
  writer.rows(
    "wallet_entries",
    "wallet,condition,fill,outcome_index,at_ms,price,size,mid,mid_error,mid_from,seen_at_ms",
    wallets * entriesPerWallet,
    (n) => {
      const at = startMs + random(140 * 86_400) * 1000
      const price = 50_000 + random(90) * 10_000
      return [
        Large.walletBytes(Math.floor(n / entriesPerWallet)),
        Large.conditionBytes(marketOf(n) % markets),
        Large.fillBytes(n),
        random(2),
        at,
        price,
        10_000_000,
        price - 5000,
        5000,
        3,
        at,
      ]
    },
  )
  writer.rows(
    "wallet_evidence",
    "wallet,weighed_at_ms,entries,copies,complete_share,coverage,copyable,habits",
    wallets,
    (n) => [
      Large.walletBytes(n),
      nowMs,
      entriesPerWallet,
      n < copiedWallets ? copiesPerWallet : 0,
      1,
      "{}",
      "{}",
      "{}",
    ],
  )
  const copies = copiedWallets * copiesPerWallet
  const copied = (n: number) => [Large.fillBytes(n), "solo", Large.walletBytes(n % copiedWallets)]
  writer.rows(
    "copy_results",
    "fill,strategy,wallet,condition,outcome,cost,leader_at_ms,side,leader_price,size,fee,depth",
    copies,
    (n) => [
      ...copied(n),
      Large.conditionBytes(marketOf(n) % markets),
      "COPIED",
      5_200_000,
      startMs + n,
      "BUY",
      500_000,
      10_000_000,
      0,
      900_000_000,
    ],
  )
  writer.rows(
    "copy_settlements",
    "event_id,fill,strategy,wallet,condition,pnl,cause,at_ms",
    copies,
    (n) => [
      `settled-${n}`,
      ...copied(n),
      Large.conditionBytes(marketOf(n) % markets),
      n % 2 === 0 ? 4_800_000 : -5_200_000,
      "resolved",
      startMs + Large.dayMs + n,
    ],
  )
  writer.database.close()
}

/** CPU of this process while an effect runs, ms, and the longest time that nothing else could run. */
const cost = <A, R>(effect: Effect.Effect<A, never, R>) =>
  Effect.gen(function* () {
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const before = process.cpuUsage()
    yield* effect
    const { system, user } = process.cpuUsage(before)
    delay.disable()
    return { cpu: (user + system) / 1000, blocked: delay.max / 1e6 }
  })

const measured = Effect.fnUntraced(function* (
  wallets: number,
  say: (text: string) => void,
  longest: () => string,
) {
  const lower = { better: "lower" as const, runs: 1 }
  const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6)
  const before = megabytes()
  let most = before
  const sampling = setInterval(() => (most = Math.max(most, megabytes())), 20)
  const first = yield* cost(issue)
  say(`the first judgement, longest call ${longest()}`)
  for (let n = 0; n < wallets; n += 100) yield* purchasesWritten(Large.walletBytes(n))
  const next = yield* cost(issue)
  say(`the next judgement, longest call ${longest()}`)
  const sql = yield* SqlClient.SqlClient
  const [rows] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM verdicts`
  clearInterval(sampling)
  say(`${rows!.n} verdicts, ${before} MB before, ${most} MB at most`)
  return [
    { ...lower, name: "judge-first", ours: first.cpu, unit: "ms of CPU" },
    { ...lower, name: "judge-next", ours: next.cpu, unit: "ms of CPU" },
    { ...lower, name: "judge-blocked", ours: Math.max(first.blocked, next.blocked), unit: "ms" },
  ] satisfies ReadonlyArray<Measurement>
}, Effect.orDie)

export const bench: Bench = {
  name: "judge",
  about: "a judgement of 5,000 wallets with a million first purchases, the first and the next",
  run: (say) => {
    const by = Number(process.env["JUDGE_SCALE"] ?? "1")
    const { markets, wallets } = Large.fullScale
    const scale = {
      ...Large.fullScale,
      wallets: Math.max(200, Math.round(wallets * by)),
      markets: Math.max(1000, Math.round(markets * by)),
    }
    const directory = mkdtempSync(join(tmpdir(), "trader-evaluator-bench-"))
    const files = filesOf(directory)
    let [longestMs, longestSql] = [0, ""]
    const watch: StatementWatch = (sql, ms) => {
      if (ms > longestMs) [longestMs, longestSql] = [ms, sql]
    }
    const longest = () => {
      const says = `${longestMs.toFixed(0)} ms: ${longestSql.replaceAll(/\s+/g, " ").slice(0, 120)}`
      longestMs = 0
      return says
    }
    const program = Effect.gen(function* () {
      const nowMs = yield* Clock.currentTimeMillis
      yield* Effect.scoped(upgradeSchemas(directory))
      Large.writeStanding(files.evaluatorDb, scale, seed, nowMs)
      writeEvidence(files.evaluatorDb, scale, nowMs)
      const lane = laneOn(files.evaluatorDb, []).pipe(
        Layer.provide(Layer.succeed(StatementWatch, watch)),
      )
      return yield* Effect.provide(measured(scale.wallets, say, longest), lane)
    })
    return Effect.runPromise(program).finally(() =>
      rmSync(directory, { recursive: true, force: true }),
    )
  },
}
