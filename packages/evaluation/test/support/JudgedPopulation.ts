/**
 * Fourteen wallets with thirty decided markets each: number 1 beats its prices and was copied twelve
 * times, the others toss coins.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { weighDue } from "@evaluator/evaluation/jobs/WeighEvidence"
import { storeDecided, storeSettled } from "@evaluator/evaluation/stores/CopyResults"
import { evidenceDue } from "@evaluator/evaluation/stores/Evidence"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { judged } from "./JudgedWallet.ts"
import { conditionNo, fill, type FillSpec, resolution, walletNo } from "./Rows.ts"
import { inTransaction } from "./WithLane.ts"

export const day = 86_400_000
export const now = 400 * day
export const wallets = 14
const markets = 30

export const store = (specs: ReadonlyArray<FillSpec>) =>
  storeRows(
    specs.map((spec) => ({ value: { kind: "fill" as const, fill: fill(spec) }, recorded: null })),
  ).pipe(inTransaction)

/** Wallet 1 buys what wins nine times of ten at evens; the others toss coins. */
const wins = (wallet: number, market: number) =>
  wallet === 1 ? market % 10 !== 0 : ((wallet * 2654435761 + market * 40503) >>> 7) % 2 === 0

const boughtBy = (wallet: number): ReadonlyArray<FillSpec> =>
  Array.from({ length: markets }, (_, index): FillSpec => {
    const market = index + 1
    return {
      wallet: walletNo(wallet),
      market,
      outcome: wins(wallet, market) ? 0 : 1,
      price: 0.5,
      tx: wallet * 1000 + market,
      // Far apart in time: nobody acts together with anybody.
      atMs: now - (60 - index) * day + wallet * 600_001,
    }
  })

export const copied = (copies: number, fromMs: number, first = 1) =>
  Effect.forEach(
    Array.from({ length: copies }, (_, index) => first + index),
    (n) =>
      Effect.gen(function* () {
        const payload = {
          fill: fill(boughtBy(1)[n - 1] ?? { tx: n }).id,
          strategy: "solo" as const,
          wallet: walletNo(1),
          condition: conditionNo(n),
        }
        yield* storeDecided({
          ...payload,
          outcome: "COPIED",
          costMicro: 25_000_000,
          leaderAtMs: fromMs + n,
          met: {
            side: "BUY",
            leaderPrice: 500_000,
            size: 49_000_000,
            fee: 0,
            depth: 400_000_000,
          },
        })
        const settledMs = fromMs + n + 1
        yield* storeSettled(`settled-${n}`, settledMs, {
          ...payload,
          pnlMicro: 24_000_000,
          cause: "resolved",
        })
      }),
    { discard: true },
  ).pipe(inTransaction)

export const populated = Effect.gen(function* () {
  yield* TestClock.setTime(now)
  for (let wallet = 1; wallet <= wallets; wallet++) {
    yield* judged(wallet)
    yield* store(boughtBy(wallet))
  }
  yield* SqlClient.SqlClient.use(
    (sql) => sql`UPDATE wallets SET first_fill_ms = ${now - 61 * day}`,
  ).pipe(Effect.orDie)
  for (let market = 1; market <= markets; market++) {
    yield* storeResolution(resolution(market, 0, now - day)).pipe(inTransaction)
  }
  yield* copied(12, now - 20 * day)
})

export const weighAll = Effect.gen(function* () {
  const at = yield* Clock.currentTimeMillis
  for (let wallet = 1; wallet <= wallets; wallet++) {
    yield* evidenceDue(hexToBytes(walletNo(wallet)), at).pipe(inTransaction)
  }
  for (let round = 0; round < 4; round++) yield* weighDue
})
