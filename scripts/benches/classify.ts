/**
 * Benchmark `classify`: 10,000 wallets judged and stored, against only reading their rows as the
 * judgement reads them. Each has 40 trades in 8 of 400 markets.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { inRounds } from "@evaluator/evaluation/jobs/Rounds"
import { readHistory } from "@evaluator/evaluation/stores/History"
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

const runs = 3
const wallets = 10_000
const trades = 40
const markets = 400
const dayMs = 86_400_000

const fillsOf = (wallet: number, nowMs: number) =>
  Array.from({ length: trades }, (_, n) =>
    fillOf(wallet, (wallet * 7 + (n % 8)) % markets, n % 3 < 2, nowMs - (trades - n) * 3 * dayMs),
  )

const numbers = Array.from({ length: wallets }, (_, n) => n + 1)

export const bench: Bench = {
  name: "classify",
  about: `${wallets} wallets judged, against only reading their rows`,
  run: (say) =>
    onNewFile(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const nowMs = Date.now()
        yield* watch(numbers, nowMs)
        for (let at = 0; at < markets; at += 100) {
          yield* inTransaction(
            upsertMarkets(
              Array.from({ length: 100 }, (_, n) => marketOf(at + n, nowMs + 30 * dayMs)),
              { refreshMs: dayMs, checkAtMostEveryMs: dayMs },
            ),
          )
        }
        for (let at = 0; at < wallets; at += 500) {
          yield* store(numbers.slice(at, at + 500).flatMap((n) => fillsOf(n, nowMs)))
        }
        say(`${wallets * trades} trades stored`)
        const ours: Array<number> = []
        const baseline: Array<number> = []
        for (let run = 0; run < runs; run++) {
          const reading = Effect.forEach(
            numbers,
            (n) => readHistory(hexToBytes(walletOf(n)), nowMs),
            { discard: true },
          )
          baseline.push((wallets / (yield* timed(reading))) * 1000)
          yield* sql`UPDATE wallets SET judge_due_ms = ${nowMs}, judged_at_ms = ${nowMs - dayMs},
            first_fill_ms = ${nowMs - 3 * trades * dayMs}`
          ours.push((wallets / (yield* timed(inRounds(judgeDue, wallets)))) * 1000)
          say(`run ${run + 1} of ${runs}: ${ours[run]!.toFixed(0)} wallets a second`)
        }
        return [
          {
            name: "classify",
            ratio: middle(ours.map((one, run) => one / baseline[run]!)),
            better: "higher" as const,
            ours: middle(ours),
            baseline: middle(baseline),
            unit: "wallets/s",
            runs,
          },
        ]
      }),
    ),
}
