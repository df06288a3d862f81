/**
 * Benchmark `features`: what one new trade of a wallet costs, stored and judged, when the wallet has
 * 100,000 trades, against the same when it has 1,000. Both trade the same markets over the same time.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import type { Bench } from "./Bench.ts"
import {
  fillOf,
  inTransaction,
  marketOf,
  middle,
  onNewFile,
  store,
  timed,
  walletOf,
  watch,
} from "./EvaluationFile.ts"

const runs = 31
const dayMs = 86_400_000
const markets = 100
const [long, short] = [100_000, 1000]

const historyOf = (wallet: number, trades: number, nowMs: number) =>
  Array.from({ length: trades }, (_, n) =>
    // Bought and sold in turn, a pair a market, over 150 days, the last an hour ago.
    fillOf(
      wallet,
      (n >> 2) % markets,
      n % 4 < 2,
      nowMs - 3_600_000 - Math.floor(((trades - 1 - n) / trades) * 150 * dayMs),
    ),
  )

const due = Effect.fnUntraced(function* (wallet: number, nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE wallets SET judge_due_ms = ${nowMs}, first_fill_ms = ${nowMs - 150 * dayMs},
    judged_at_ms = coalesce(judged_at_ms, ${nowMs - dayMs})
    WHERE wallet = ${hexToBytes(walletOf(wallet))}`
})

const oneMore = Effect.fnUntraced(function* (wallet: number, run: number) {
  const nowMs = Date.now()
  yield* due(wallet, nowMs)
  return yield* timed(
    Effect.andThen(store([fillOf(wallet, run % markets, run % 4 < 2, nowMs)]), judgeDue),
  )
})

export const bench: Bench = {
  name: "features",
  about: `one new trade of a wallet of ${long} trades, stored and judged, against one of ${short}`,
  run: (say) =>
    onNewFile(
      Effect.gen(function* () {
        const nowMs = Date.now()
        yield* watch([1, 2], nowMs)
        yield* inTransaction(
          upsertMarkets(
            Array.from({ length: markets }, (_, n) => marketOf(n, nowMs + 30 * dayMs)),
            { refreshMs: dayMs, checkAtMostEveryMs: dayMs },
          ),
        )
        yield* store(historyOf(1, long, nowMs))
        yield* store(historyOf(2, short, nowMs))
        for (const wallet of [1, 2]) {
          yield* due(wallet, nowMs)
          say(
            `wallet ${wallet} walked for the first time in ${(yield* timed(judgeDue)).toFixed(0)} ms`,
          )
        }
        const ours: Array<number> = []
        const baseline: Array<number> = []
        for (let run = 0; run < runs; run++) {
          ours.push(yield* oneMore(1, run))
          baseline.push(yield* oneMore(2, run))
        }
        return [
          {
            name: "features",
            ratio: middle(ours.map((one, run) => one / baseline[run]!)),
            better: "lower" as const,
            ours: middle(ours),
            baseline: middle(baseline),
            unit: "ms",
            runs,
          },
        ]
      }),
    ),
}
