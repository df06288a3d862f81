/**
 * A background lane's file for benchmarks: schema and PRAGMAs of the service, its default settings, a
 * venue in memory that knows markets and nothing else; and rows to fill it with.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { laneSettings } from "@evaluator/app/LaneSettings"
import { migrations } from "@evaluator/app/Migrations"
import { loadSettings } from "@evaluator/app/Settings"
import type {
  ConditionId,
  FillId,
  TokenId,
  TransactionHash,
  WalletAddress,
} from "@evaluator/domain/Id"
import { type Market, noFee } from "@evaluator/domain/market/Market"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { batchRows, storeRows } from "@evaluator/evaluation/stores/Ledger"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Database from "@evaluator/sqlite/Database"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0")

export const walletOf = (n: number): WalletAddress => `0x${hex(n, 40)}` as WalletAddress
const conditionOf = (n: number): ConditionId => `0x${hex(n, 64)}` as ConditionId
const tokenOf = (n: number, outcome: number): TokenId =>
  String(10_000_000 + 2 * n + outcome) as TokenId

let fillsMade = 0

/** A fill unlike all before it. */
export const fillOf = (wallet: number, market: number, buy: boolean, atMs: number): Fill => {
  fillsMade += 1
  const outcome = fillsMade % 2
  return {
    id: hex(fillsMade, 32) as FillId,
    wallet: walletOf(wallet),
    condition: conditionOf(market),
    token: tokenOf(market, outcome),
    outcomeIndex: outcome,
    side: buy ? "BUY" : "SELL",
    price: price(100_000 + (fillsMade % 8) * 100_000),
    size: shares(1_000_000 + (fillsMade % 50) * 1_000_000),
    atMs,
    transaction: `0x${hex(fillsMade, 64)}` as TransactionHash,
  }
}

export const marketOf = (n: number, endAtMs: number): Market => ({
  condition: conditionOf(n),
  question: `Will number ${n} come?`,
  slug: `will-number-${n}-come`,
  eventSlug: `event-${Math.floor(n / 4)}`,
  domain: n % 2 === 0 ? "Politics" : "Sports",
  status: "open",
  tokens: [0, 1].map((index) => ({
    token: tokenOf(n, index),
    outcome: ["Yes", "No"][index]!,
    index,
  })),
  tick: price(10_000),
  minimumSize: shares(5_000_000),
  fee: noFee,
  delayMs: 0,
  negRisk: false,
  liquidity: usdc(5_000_000_000 + n * 1_000_000),
  volume24h: usdc(20_000_000_000 + n * 1_000_000),
  endAtMs,
})

export const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

/** Puts wallets on the watchlist with complete histories, due to be judged when told so. */
export const watch = Effect.fnUntraced(function* (numbers: ReadonlyArray<number>, nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  for (let at = 0; at < numbers.length; at += 400) {
    const found = numbers
      .slice(at, at + 400)
      .map((n) => ({ wallet: walletOf(n), source: "HOLDER" as const, condition: null }))
    yield* inTransaction(addWallets(found, ["activity"]))
  }
  yield* sql`UPDATE wallets SET history_complete_at_ms = ${nowMs - 86_400_000}`
})

/** Stores fills as ingestion does, a batch a transaction. */
export const store = Effect.fnUntraced(function* (fills: ReadonlyArray<Fill>) {
  for (let at = 0; at < fills.length; at += batchRows) {
    yield* inTransaction(
      storeRows(
        fills
          .slice(at, at + batchRows)
          .map((fill) => ({ value: { kind: "fill", fill }, recorded: null })),
      ),
    )
  }
})

const pageRows = 100

const venueOf = (markets: ReadonlyArray<Market>) =>
  Layer.mergeAll(
    Layer.mock(GammaApi, {
      markets: ({ cursor }) =>
        Effect.sync(() => {
          const from = Number(cursor ?? 0)
          const end = from + pageRows
          return {
            rows: markets.slice(from, end),
            rejected: [],
            nextCursor: end < markets.length ? String(end) : null,
          }
        }),
    }),
    Layer.mock(DataApi, {
      trades: () => Effect.succeed({ rows: [], rejected: [], nextCursor: null }),
      holders: () => Effect.succeed({ rows: [], rejected: [], nextCursor: null }),
      positions: () => Effect.succeed({ rows: [], rejected: [], nextCursor: null }),
      leaderboard: () => Effect.succeed({ rows: [], rejected: [], nextCursor: null }),
      resolutions: () => Effect.succeed([]),
    }),
    Layer.mock(WalletBoards, {
      biggestWinners: () => Effect.succeed({ rows: [], rejected: [], nextCursor: null }),
    }),
    Layer.mock(OutcomeOpinions, {}),
    Layer.mock(PriceHistory, {
      points: () => Effect.succeed({ rows: [], rejected: [], nextCursor: null }),
    }),
  )

/** Runs a program on a new file that is removed afterwards. */
export const onNewFile = <A, E>(
  program: Effect.Effect<A, E, Layer.Success<ReturnType<typeof laneOn>>>,
  markets: ReadonlyArray<Market> = [],
): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-bench-"))
  return Effect.runPromise(
    Effect.provide(program, laneOn(join(folder, "evaluator.db"), markets)),
  ).finally(() => rmSync(folder, { recursive: true, force: true }))
}

export const laneOn = (file: string, markets: ReadonlyArray<Market>) =>
  Layer.mergeAll(EventLog.layer, Boot.layer, ServiceTracer.layer, venueOf(markets)).pipe(
    Layer.provideMerge(
      Database.layer({ file, lane: "evaluation", migrations: migrations.evaluation }),
    ),
    Layer.provideMerge(
      Layer.unwrap(
        Effect.map(loadSettings({ profiles: [], environment: {} }), ({ settings }) =>
          laneSettings(settings),
        ),
      ),
    ),
  )

/** How long an effect takes, milliseconds of a monotonic clock. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const began = process.hrtime.bigint()
    yield* effect
    return Number(process.hrtime.bigint() - began) / 1e6
  })

export const middle = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!
