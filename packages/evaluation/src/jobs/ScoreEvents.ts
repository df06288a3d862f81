/**
 * score-events: which markets are informative, and which events to look for wallets in.
 *
 * Walks all open markets of the venue (pages of 100, at most `scoring.max_pages`), stores their facts
 * (a walk that was cut off goes on with its next page while what it stored is not older than a period),
 * filters by liquidity, volume and time to expiry (how many fail each is kept), and scores. The leading `scoring.candidates`, by the
 * best score they could reach, are measured on their own tape and holders; one that fails to answer
 * is scored unmeasured and does not stop the run. An event's score is that of its best market; the
 * set of the day is replaced as a whole. Emits `MarketsScored`.
 */
import { Clock, Duration, Effect, Layer, Schema } from "effect"
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
import {
  atCheckpoint,
  beginAnew,
  type Checkpoint,
  goesOnFrom,
} from "@evaluator/runtime/JobCheckpoint"
import { reached } from "@evaluator/runtime/JobProgress"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { setAside } from "../SetAside.ts"
import { conditionHex } from "../stores/Conditions.ts"
import { quarantine } from "../stores/Ledger.ts"
import { upsertMarkets } from "../stores/Markets.ts"
import { dropOldRuns, openMarkets, type ScoredMarket, writeRun } from "../stores/MarketScores.ts"
import { venueRetry } from "../VenueRetry.ts"
import { upsertPolicyOf } from "./DescribeMarkets.ts"

const dayMs = 86_400_000
/** Holders read of each outcome when measuring. */
const measuredHolders = 100
const readBatch = 500

/** How far the walk over the open markets is; `cursor` null at its beginning and at its end. */
const Walked = Schema.Struct({
  pages: Schema.Int,
  markets: Schema.Int,
  cursor: Schema.NullOr(Schema.String),
})

const atTheBeginning: typeof Walked.Type = { pages: 0, markets: 0, cursor: null }

const walkOf = ({ scoring }: EvaluationSettings["Service"]): Checkpoint<typeof Walked.Type> => ({
  definition: "open markets of Gamma, page by page",
  position: Schema.fromJsonString(Walked),
  goodFor: scoring.every,
})

/** Stores the facts of every open market the venue lists. */
const walkOpenMarkets = Effect.gen(function* () {
  const gamma = yield* GammaApi
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const settings = yield* EvaluationSettings
  const walk = walkOf(settings)
  const resumed = yield* goesOnFrom(walk)
  let at = resumed ?? atTheBeginning
  while (at.pages === 0 || at.cursor !== null) {
    if (at.pages >= settings.scoring.max_pages) {
      yield* Effect.logWarning(
        `the walk over open markets stopped after ${settings.scoring.max_pages} pages with more to come`,
      )
      return { walked: at.markets, cut: true }
    }
    const answer = yield* Effect.result(gamma.markets({ closed: false, cursor: at.cursor }))
    if (answer._tag === "Failure") {
      if (at !== resumed || answer.failure.reason._tag !== "Refused") return yield* answer.failure
      yield* Effect.logInfo("the venue no longer knows where the walk was cut off; it begins anew")
      yield* beginAnew
      at = atTheBeginning
      continue
    }
    const served: Page<Market> = answer.success
    const next = {
      pages: at.pages + 1,
      markets: at.markets + served.rows.length,
      cursor: served.nextCursor,
    }
    yield* Effect.gen(function* () {
      yield* log.append(yield* upsertMarkets(served.rows, upsertPolicyOf(settings)))
      yield* quarantine(served.rejected, settings.ingestion.max_quarantined)
      yield* atCheckpoint(walk, next)
    }).pipe(sql.withTransaction, Effect.orDie)
    at = next
    yield* reached(`page ${at.pages} of the open markets`)
  }
  return { walked: at.markets, cut: false }
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
  const leading = yield* sideBySide(candidates.slice(0, scoring.candidates), measure)
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
      emits: ["MarketsScored", "MarketListed", "MarketChanged"],
      timeout: Duration.minutes(15),
      stallAfter: "3 minutes",
      // Every other job that asks the venue writes its back-off on the row of what it asked for.
      retry: venueRetry,
      concurrency: 4,
      run: scoreEvents,
    }),
  ),
)
