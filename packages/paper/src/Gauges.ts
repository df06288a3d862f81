/**
 * The gauges of the fast lane: copies in flight and stuck, stale feeds, free cash and equity by strategy.
 */
import { Effect, Metric } from "effect"
import { gaugeOf, metrics } from "@evaluator/telemetry/Names"
import type { PaperReports } from "./PaperReports.ts"
import { RunningStrategies } from "./Strategies.ts"

const inFlight = gaugeOf(metrics.copiesInFlight)
const stuck = gaugeOf(metrics.copiesStuck)
const stale = gaugeOf(metrics.staleFeeds)
const cash = gaugeOf(metrics.cash)
const equity = gaugeOf(metrics.equity)

/** `staleAfterMs`: `watch.stale_after`. */
export const updateGauges = (
  reports: PaperReports["Service"],
  staleAfterMs: number,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    let flying = 0
    for (const strategy of yield* RunningStrategies) {
      const money = yield* reports.money(strategy)
      flying += yield* reports.inFlight(strategy)
      yield* Metric.update(Metric.withAttributes(cash, { strategy }), money.cashMicro)
      yield* Metric.update(Metric.withAttributes(equity, { strategy }), money.equityMicro)
    }
    yield* Metric.update(inFlight, flying)
    yield* Metric.update(stuck, yield* reports.stuck)
    yield* Metric.update(stale, yield* reports.staleFeeds(staleAfterMs))
  })
