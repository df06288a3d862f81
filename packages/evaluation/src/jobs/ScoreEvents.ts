/**
 * score-events: which markets are informative, and which events to look for wallets in.
 *
 * Walks all open markets of the venue (pages of 100, at most `scoring.max_pages`), stores their facts,
 * filters by liquidity, volume and time to expiry (how many fail each is kept), and scores. The leading `scoring.candidates`, by the
 * best score they could reach, are measured on their own tape and holders; one that fails to answer
 * is scored unmeasured and does not stop the run. An event's score is that of its best market; the
 * set of the day is replaced as a whole. Emits `MarketsScored`.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { failedFilters, type MarketFilterCode } from "@evaluator/domain/market/MarketFilters"
import {
  type MarketSignals,
  rankEvents,
  scoreMarket,
  topHolderShare,
} from "@evaluator/domain/market/MarketScore"
import type { Market } from "@evaluator/domain/market/Market"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import type { Page } from "@evaluator/polymarket/Page"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { reached } from "@evaluator/runtime/JobProgress"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { setAside } from "../SetAside.ts"
import { conditionHex } from "../stores/Conditions.ts"
import { quarantine } from "../stores/Ledger.ts"
import { upsertMarkets } from "../stores/Markets.ts"
import { dropOldRuns, openMarkets, type ScoredMarket, writeRun } from "../stores/MarketScores.ts"
import { upsertPolicyOf } from "./DescribeMarkets.ts"

const dayMs = 86_400_000
/** Holders read of each outcome when measuring. */
const measuredHolders = 100
const readBatch = 500

/** Stores the facts of every open market the venue lists. */
const walkOpenMarkets = Effect.gen(function* () {
  const gamma = yield* GammaApi
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const settings = yield* EvaluationSettings
  let cursor: string | null = null
  let walked = 0
  for (let page = 0; page < settings.scoring.max_pages; page++) {
    const served: Page<Market> = yield* gamma.markets({ closed: false, cursor })
    yield* Effect.gen(function* () {
      yield* log.append(yield* upsertMarkets(served.rows, upsertPolicyOf(settings)))
      yield* quarantine(served.rejected, settings.ingestion.max_quarantined)
    }).pipe(sql.withTransaction, Effect.orDie)
    walked += served.rows.length
    yield* reached(`page ${page + 1} of the open markets`)
    cursor = served.nextCursor
    if (cursor === null) return { walked, cut: false }
  }
  yield* Effect.logWarning(
    `the walk over open markets stopped after ${settings.scoring.max_pages} pages with more to come`,
  )
  return { walked, cut: true }
})

interface Candidate {
  readonly condition: Uint8Array
  readonly eventSlug: string
  readonly signals: MarketSignals
}

/** Stored open markets that pass the filters, read in batches, and what became of the others. */
const filterMarkets = Effect.gen(function* () {
  const { scoring } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const { min_liquidity, min_volume_24h, min_days_to_expiry, max_days_to_expiry } = scoring
  const limits = { min_liquidity, min_volume_24h, min_days_to_expiry, max_days_to_expiry }
  const found: Array<Candidate> = []
  const failed: Partial<Record<MarketFilterCode, number>> = {}
  let open = 0
  let after: Uint8Array = new Uint8Array()
  for (;;) {
    const rows = yield* openMarkets(after, readBatch)
    open += rows.length
    for (const row of rows) {
      const daysToExpiry = row.end_at_ms === null ? null : (row.end_at_ms - now) / dayMs
      const fails = failedFilters(
        { liquidityMicro: row.liquidity, volume24hMicro: row.volume_24h, daysToExpiry },
        limits,
      )
      for (const { code } of fails) failed[code] = (failed[code] ?? 0) + 1
      if (fails.length > 0) continue
      found.push({
        condition: row.condition,
        eventSlug: row.event_slug,
        signals: {
          liquidityMicro: row.liquidity,
          volume24hMicro: row.volume_24h,
          trades24h: null,
          topHolderShare: null,
          daysToExpiry: daysToExpiry ?? 0,
        },
      })
    }
    if (rows.length < readBatch) {
      return { found, filters: { limits, open, passed: found.length, failed } }
    }
    after = rows[rows.length - 1]!.condition
    yield* Effect.yieldNow
  }
})

/** The score a market would have with the busiest tape and no whale. */
const potential = ({ signals }: Candidate): number =>
  scoreMarket({ ...signals, trades24h: 500, topHolderShare: 0 }).mscore

const byPotential = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> =>
  candidates
    .map((candidate) => ({
      candidate,
      could: potential(candidate),
      key: conditionHex(candidate.condition),
    }))
    .toSorted((a, b) => b.could - a.could || (a.key < b.key ? -1 : 1))
    .map(({ candidate }) => candidate)

/** Reads the market's own tape of a day and its largest holders. */
const measure = Effect.fnUntraced(function* (candidate: Candidate) {
  const api = yield* DataApi
  const now = yield* Clock.currentTimeMillis
  const condition = conditionHex(candidate.condition)
  const measured = yield* Effect.gen(function* () {
    // A thousand fills saturate the density, so one page is enough.
    const tape = yield* api.trades({ condition, takerOnly: true, limit: 1000 })
    const holders = yield* api.holders({ condition, limit: measuredHolders })
    yield* setAside([...tape.rejected, ...holders.rejected])
    return {
      ...candidate.signals,
      trades24h: tape.rows.filter(({ value }) => value.atMs > now - dayMs).length,
      topHolderShare: topHolderShare(holders.rows) ?? 0.5,
    }
  }).pipe(Effect.result)
  if (measured._tag === "Failure") {
    yield* Effect.logWarning(`market ${condition} is scored unmeasured`, measured.failure)
    return candidate
  }
  return { ...candidate, signals: measured.success }
})

const scored = ({ condition, eventSlug, signals }: Candidate): ScoredMarket => ({
  condition,
  eventSlug,
  signals,
  score: scoreMarket(signals),
})

export const scoreEvents = Effect.gen(function* () {
  const { scoring } = yield* EvaluationSettings
  const { walked, cut } = yield* walkOpenMarkets
  const { filters, found } = yield* filterMarkets
  const candidates = byPotential(found)
  const leading = yield* Effect.forEach(candidates.slice(0, scoring.candidates), measure, {
    concurrency: 4,
  })
  const markets = [...leading, ...candidates.slice(scoring.candidates)].map(scored)
  // Only what was measured may lead wallets to us.
  const events = rankEvents(
    markets
      .filter((market) => market.score.measured && market.score.mscore > 0)
      .map((market) => ({ eventSlug: market.eventSlug, mscore: market.score.mscore })),
    scoring.top_events,
  )
  yield* writeRun(markets, events, filters)
  yield* dropOldRuns(scoring.keep_runs)
  return {
    walked,
    cut: cut ? 1 : 0,
    scored: markets.length,
    measured: markets.filter((market) => market.score.measured).length,
    events: events.length,
  }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ scoring }) =>
    Job.layer({
      name: "score-events",
      about: "Scores open markets and selects the events to look for wallets in",
      service: "scoring",
      every: scoring.every,
      atBoot: true,
      timeout: Duration.minutes(15),
      stallAfter: "3 minutes",
      run: scoreEvents,
    }),
  ),
)
