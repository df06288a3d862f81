/**
 * Scoring runs. A run is written in batches and counts only once it is completed, so that readers
 * always see one whole set; older runs are let go in batches.
 */
import { Clock, DateTime, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import type { MarketFilterCode, MarketLimits } from "@evaluator/domain/market/MarketFilters"
import type { MarketScore, MarketSignals, RankedEvent } from "@evaluator/domain/market/MarketScore"
import { EventLog } from "@evaluator/runtime/EventLog"
import { atLeastOne } from "./AtLeastOne.ts"
import { reachStage, textId } from "./Funnel.ts"

export interface ScoredMarket {
  readonly condition: Uint8Array
  readonly eventSlug: string
  readonly signals: MarketSignals
  readonly score: MarketScore
}

const batch = 250

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

/** Open markets in the order of their conditions, from `after` on, at most `limit`. */
export const openMarkets = Effect.fnUntraced(function* (after: Uint8Array, limit: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{
    condition: Uint8Array
    event_slug: string
    liquidity: number
    volume_24h: number
    end_at_ms: number | null
  }>`SELECT condition, event_slug, liquidity, volume_24h, end_at_ms FROM markets
    WHERE condition > ${after} AND status = 'open' ORDER BY condition LIMIT ${limit}`
}, Effect.orDie)

/** What a run asked of the open markets, and how many failed each filter; one may fail several. */
export interface FilterCounts {
  readonly limits: MarketLimits
  readonly open: number
  readonly passed: number
  readonly failed: Readonly<Partial<Record<MarketFilterCode, number>>>
}

/** Of the newest complete run; null before there is one. */
export const newestFilters = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ filters: string | null }>`SELECT filters FROM scoring_runs
    WHERE completed_at_ms IS NOT NULL ORDER BY id DESC LIMIT 1`
  const filters = row?.filters ?? null
  return filters === null ? null : (JSON.parse(filters) as FilterCounts)
}).pipe(Effect.orDie)

/** Writes a run and makes it the newest. Returns its id. */
export const writeRun = Effect.fnUntraced(function* (
  markets: ReadonlyArray<ScoredMarket>,
  events: ReadonlyArray<RankedEvent>,
  filters: FilterCounts,
) {
  const run = yield* openRun
  const selected = new Set(events.map((event) => event.eventSlug))
  for (let at = 0; at < markets.length; at += batch) {
    yield* writeMarkets(run, markets.slice(at, at + batch), selected)
  }
  yield* completeRun(run, markets.length, events, filters)
  return run
})

const openRun = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const day = DateTime.formatIsoDateUtc(DateTime.makeUnsafe(now))
  const [row] = yield* sql<{ id: number }>`INSERT INTO scoring_runs (day, started_at_ms)
    VALUES (${day}, ${now}) RETURNING id`
  return row!.id
}).pipe(inTransaction)

const writeMarkets = Effect.fnUntraced(function* (
  run: number,
  markets: ReadonlyArray<ScoredMarket>,
  selected: ReadonlySet<string>,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO market_scores ${sql.insert(
    atLeastOne(
      markets.map(({ condition, eventSlug, signals, score }) => ({
        run,
        condition,
        event_slug: eventSlug,
        mscore: score.mscore,
        liquidity_part: score.liquidity,
        volume_part: score.volume,
        density_part: score.density,
        whales_part: score.whales,
        expiry_part: score.expiry,
        base: score.base,
        gate: score.gate,
        liquidity: signals.liquidityMicro,
        volume_24h: signals.volume24hMicro,
        trades_24h: signals.trades24h,
        top_holder_share: signals.topHolderShare,
        days_to_expiry: signals.daysToExpiry,
        selected: selected.has(eventSlug),
      })),
    ),
  )}`
  yield* reachStage(
    "markets_scored",
    markets.map((market) => market.condition),
  )
}, inTransaction)

/** One transaction: the events, the run becomes the newest, and that is announced. */
const completeRun = Effect.fnUntraced(function* (
  run: number,
  markets: number,
  events: ReadonlyArray<RankedEvent>,
  filters: FilterCounts,
) {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const now = yield* Clock.currentTimeMillis
  if (events.length > 0) {
    yield* sql`INSERT INTO event_scores ${sql.insert(
      atLeastOne(
        events.map((event) => ({
          run,
          event_slug: event.eventSlug,
          escore: event.escore,
          event_rank: event.rank,
        })),
      ),
    )}`
  }
  yield* reachStage(
    "events_selected",
    events.map((event) => textId(event.eventSlug)),
  )
  const [row] = yield* sql<{ day: string }>`UPDATE scoring_runs SET completed_at_ms = ${now},
    markets = ${markets}, events = ${events.length}, filters = ${JSON.stringify(filters)} WHERE id = ${run} RETURNING day`
  const scored: EventDraft = {
    type: "MarketsScored",
    payload: { day: row!.day, markets, events: events.length },
  }
  yield* log.append([scored])
}, inTransaction)

/** Lets go of unfinished runs and of all but the newest `keep` complete ones, 500 rows a step. */
export const dropOldRuns = Effect.fnUntraced(function* (keep: number) {
  const sql = yield* SqlClient.SqlClient
  const old = yield* sql<{ id: number }>`SELECT id FROM scoring_runs
    WHERE id < (SELECT max(id) FROM scoring_runs WHERE completed_at_ms IS NOT NULL)
      AND id NOT IN (SELECT id FROM scoring_runs WHERE completed_at_ms IS NOT NULL
        ORDER BY id DESC LIMIT ${keep})
    ORDER BY id LIMIT 10`.pipe(Effect.orDie)
  for (const { id } of old) {
    let left = true
    while (left) {
      left = yield* inTransaction(
        Effect.gen(function* () {
          const gone = yield* sql`DELETE FROM market_scores WHERE run = ${id} AND condition IN (
            SELECT condition FROM market_scores WHERE run = ${id} LIMIT 500) RETURNING run`
          if (gone.length > 0) return true
          yield* sql`DELETE FROM event_scores WHERE run = ${id}`
          yield* sql`DELETE FROM scoring_runs WHERE id = ${id}`
          return false
        }),
      )
    }
  }
})

/** Conditions of the events that the newest complete run selected, best event first, at most 1,000. */
export const selectedMarkets = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ condition: Uint8Array }>`SELECT m.condition FROM market_scores m
    JOIN event_scores e ON e.run = m.run AND e.event_slug = m.event_slug
    WHERE m.run = (SELECT max(id) FROM scoring_runs WHERE completed_at_ms IS NOT NULL)
    ORDER BY e.event_rank, m.mscore DESC, m.condition LIMIT 1000`
}).pipe(Effect.orDie)
