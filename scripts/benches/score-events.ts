/**
 * Benchmark `score-events`: the job over 20,000 open markets that a venue in memory lists, facts stored
 * before and unchanged: walked, filtered, measured, scored, the day's set written. Against only reading
 * the 20,000 stored rows in the batches that the job reads.
 */
import { Effect } from "effect"
import { scoreEvents } from "@evaluator/evaluation/jobs/ScoreEvents"
import { openMarkets } from "@evaluator/evaluation/stores/MarketScores"
import { RunConcurrency } from "@evaluator/runtime/RunConcurrency"
import type { Bench } from "./Bench.ts"
import { marketOf, middle, onNewFile, timed } from "./EvaluationFile.ts"

const runs = 5
const markets = 20_000
const dayMs = 86_400_000
const batch = 1000

const readAll = Effect.gen(function* () {
  let after = new Uint8Array()
  for (;;) {
    const rows = yield* openMarkets(after, batch)
    if (rows.length < batch) return
    after = new Uint8Array(rows[rows.length - 1]!.condition)
  }
})

const asTheJob = Effect.provideService(scoreEvents, RunConcurrency, 4)

export const bench: Bench = {
  name: "score-events",
  about: `score-events over ${markets} open markets, against only reading them`,
  run: (say) => {
    const nowMs = Date.now()
    return onNewFile(
      Effect.gen(function* () {
        say(`the first time, all facts new, ${(yield* timed(asTheJob)).toFixed(0)} ms`)
        const ours: Array<number> = []
        const baseline: Array<number> = []
        for (let run = 0; run < runs; run++) {
          baseline.push(yield* timed(readAll))
          ours.push(yield* timed(asTheJob))
        }
        return [
          {
            name: "score-events",
            ratio: middle(ours.map((one, run) => one / baseline[run]!)),
            better: "lower" as const,
            ours: middle(ours),
            baseline: middle(baseline),
            unit: "ms",
            runs,
          },
        ]
      }),
      Array.from({ length: markets }, (_, n) => marketOf(n, nowMs + (2 + (n % 80)) * dayMs)),
    )
  },
}
