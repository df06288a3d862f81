/**
 * Market facts as last served, and telling a change from a repetition; fees with since when they hold.
 *
 * `liquidity` and `volume24h` move all the time and are kept in columns of their own; everything
 * else is a fact, and a fact that differs is a change worth an event.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import { type ConditionId, hexToBytes, tokenToBytes } from "@evaluator/domain/Id"
import type { Market } from "@evaluator/domain/market/Market"
import { usdc } from "@evaluator/domain/money/Micro"
import { atLeastOne } from "./AtLeastOne.ts"
import { reachStage } from "./Funnel.ts"

interface MarketRow {
  readonly condition: Uint8Array
  readonly facts: string
  readonly liquidity: number
  readonly volume_24h: number
}

const factsOf = ({ liquidity: _l, volume24h: _v, ...facts }: Market): string =>
  JSON.stringify(facts)

const toMarket = (row: MarketRow): Market => ({
  ...(JSON.parse(row.facts) as Omit<Market, "liquidity" | "volume24h">),
  liquidity: usdc(row.liquidity),
  volume24h: usdc(row.volume_24h),
})

export interface UpsertPolicy {
  /** Facts of open markets that rows name are asked for again after this long. */
  readonly refreshMs: number
  /** A market without an end is asked for its resolution after this long. */
  readonly checkAtMostEveryMs: number
}

/**
 * Stores facts (at most 100 markets) in the caller's transaction and says what to announce:
 * `MarketListed` for a market never seen, `MarketChanged` when a fact differs.
 */
export const upsertMarkets = Effect.fnUntraced(function* (
  served: ReadonlyArray<Market>,
  policy: UpsertPolicy,
): Effect.fn.Return<ReadonlyArray<EventDraft>, never, SqlClient.SqlClient> {
  const markets = [...new Map(served.map((market) => [market.condition, market])).values()]
  if (markets.length === 0) return []
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const events = yield* Effect.gen(function* () {
    const known = yield* factsByCondition(markets.map((market) => market.condition))
    const drafts: Array<EventDraft> = []
    const changed: Array<Market> = []
    for (const market of markets) {
      const before = known.get(market.condition)
      if (before === factsOf(market)) continue
      changed.push(market)
      drafts.push({
        type: before === undefined ? "MarketListed" : "MarketChanged",
        payload: { market },
      })
    }
    yield* sql`INSERT INTO markets ${sql.insert(
      atLeastOne(
        markets.map((market) => ({
          condition: hexToBytes(market.condition),
          event_slug: market.eventSlug,
          domain: market.domain,
          status: market.status,
          end_at_ms: market.endAtMs,
          liquidity: market.liquidity,
          volume_24h: market.volume24h,
          facts: factsOf(market),
          first_seen_at_ms: now,
          changed_at_ms: now,
          seen_at_ms: now,
        })),
      ),
    )} ON CONFLICT (condition) DO UPDATE SET event_slug = excluded.event_slug,
        domain = excluded.domain, status = excluded.status, end_at_ms = excluded.end_at_ms,
        liquidity = excluded.liquidity, volume_24h = excluded.volume_24h,
        changed_at_ms = iif(facts = excluded.facts, changed_at_ms, excluded.changed_at_ms),
        facts = excluded.facts, seen_at_ms = excluded.seen_at_ms`
    yield* storeTokens(changed)
    yield* storeFees(changed, now)
    yield* noteDescribed(markets, changed, policy, now)
    yield* reachStage(
      "markets",
      changed
        .filter((market) => !known.has(market.condition))
        .map((market) => hexToBytes(market.condition)),
    )
    return drafts
  }).pipe(Effect.orDie)
  return events
})

const factsByCondition = Effect.fnUntraced(function* (conditions: ReadonlyArray<ConditionId>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ condition: Uint8Array; facts: string }>`
    SELECT condition, facts FROM markets WHERE ${sql.in("condition", conditions.map(hexToBytes))}`
  return new Map(
    rows.map((row) => [(JSON.parse(row.facts) as Market).condition, row.facts] as const),
  )
})

const storeTokens = Effect.fnUntraced(function* (markets: ReadonlyArray<Market>) {
  const sql = yield* SqlClient.SqlClient
  const tokens = markets.flatMap((market) =>
    market.tokens.map((token) => ({
      token: tokenToBytes(token.token),
      condition: hexToBytes(market.condition),
      outcome: token.outcome,
      outcome_index: token.index,
    })),
  )
  for (let at = 0; at < tokens.length; at += 500) {
    yield* sql`INSERT INTO tokens ${sql.insert(atLeastOne(tokens.slice(at, at + 500)))}
      ON CONFLICT (token) DO UPDATE SET condition = excluded.condition,
        outcome = excluded.outcome, outcome_index = excluded.outcome_index`
  }
})

/** A market's fees from now on, where they differ from the last ones known. */
const storeFees = Effect.fnUntraced(function* (markets: ReadonlyArray<Market>, now: number) {
  const sql = yield* SqlClient.SqlClient
  for (const market of markets) {
    const condition = hexToBytes(market.condition)
    const { exponent, rate } = market.fee
    yield* sql`INSERT INTO fee_schedules (condition, from_ms, rate, exponent)
      SELECT ${condition}, ${now}, ${rate}, ${exponent} WHERE NOT EXISTS (
        SELECT 1 FROM (SELECT rate, exponent FROM fee_schedules WHERE condition = ${condition}
          ORDER BY from_ms DESC LIMIT 1) WHERE rate = ${rate} AND exponent = ${exponent})
      ON CONFLICT (condition, from_ms) DO UPDATE SET rate = excluded.rate,
        exponent = excluded.exponent`
  }
})

/** Facts are here: when they are asked for again, and when the resolution is. */
const noteDescribed = Effect.fnUntraced(function* (
  markets: ReadonlyArray<Market>,
  changed: ReadonlyArray<Market>,
  policy: UpsertPolicy,
  now: number,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO conditions ${sql.insert(
    atLeastOne(
      markets.map((market) => ({
        condition: hexToBytes(market.condition),
        first_named_at_ms: now,
        named_by: "gamma",
        touched: 0,
        describe_due_ms: null,
        resolve_due_ms: null,
        described_at_ms: now,
      })),
    ),
  )} ON CONFLICT (condition) DO UPDATE SET described_at_ms = excluded.described_at_ms,
      describe_attempts = 0, describe_reason = NULL, describe_due_ms = NULL`
  const named = sql.in(
    "condition",
    markets.map((market) => hexToBytes(market.condition)),
  )
  // What no stored row names is not asked for one by one: the walk over open markets serves it.
  yield* sql`UPDATE conditions SET describe_due_ms = ${now + policy.refreshMs}
    WHERE ${named} AND touched = 1 AND EXISTS (SELECT 1 FROM markets m
      WHERE m.condition = conditions.condition AND m.status = 'open')`
  // An open market is not asked for its outcome before its end.
  yield* sql`UPDATE conditions SET resolve_due_ms = max(resolve_due_ms, (
      SELECT coalesce(m.end_at_ms, ${now + policy.checkAtMostEveryMs}) FROM markets m
      WHERE m.condition = conditions.condition))
    WHERE ${named} AND resolve_checked_at_ms IS NULL AND resolve_due_ms IS NOT NULL
      AND EXISTS (SELECT 1 FROM markets m
        WHERE m.condition = conditions.condition AND m.status = 'open')`
  const closed = changed.filter((market) => market.status !== "open")
  if (closed.length === 0) return
  const ended = closed.map((market) => hexToBytes(market.condition))
  yield* sql`UPDATE conditions SET resolve_due_ms = ${now}
    WHERE ${sql.in("condition", ended)} AND touched = 1
      AND NOT EXISTS (SELECT 1 FROM resolutions r
        WHERE r.condition = conditions.condition AND r.final = 1)`
})

/** Facts of the conditions that have some. At most 500 conditions. */
export const marketsOf = Effect.fnUntraced(function* (conditions: ReadonlyArray<Uint8Array>) {
  if (conditions.length === 0) return []
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<MarketRow>`SELECT condition, facts, liquidity, volume_24h
    FROM markets WHERE ${sql.in("condition", conditions)} ORDER BY condition`
  return rows.map(toMarket)
}, Effect.orDie)
