/**
 * What the fast lane knows of markets and their resolutions: rows fed by the other lane's events,
 * by refills, and, for a market nobody told us about, by the venue itself.
 *
 * Promises: older facts never replace newer ones; a resolution is kept only when it is final.
 * Facts of an open market that nothing was heard of for `paper.facts_age` are asked for again before
 * they are used, and unknown when the venue does not answer within `paper.deadline`;
 * {@link refreshFacts} sees to it that this is seldom.
 * Limits: a condition the venue does not describe is asked for again after {@link askAgainMs}, one it
 * gave no answer about in time after {@link silentMs}, for a fill that waits holds a slot meanwhile; at
 * most {@link rememberedUnknown} such conditions are remembered, and the facts of
 * {@link rememberedMarkets} markets.
 */
import { Clock, Context, Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { ConditionId } from "@evaluator/domain/Id"
import { isFinal, Market, type Resolution } from "@evaluator/domain/market/Market"
import { Price } from "@evaluator/domain/money/Micro"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { RememberedReads } from "@evaluator/sqlite/RememberedReads"
import { monotonicMs } from "@evaluator/runtime/MonotonicTime"
import { transacting } from "./CommitPoints.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { Quarantine } from "./Quarantine.ts"
import { hexToBytes } from "./RowBytes.ts"

export const askAgainMs = 600_000
export const silentMs = 5000
export const rememberedUnknown = 10_000
export const rememberedMarkets = 1024

/** Where facts came from, and when. */
export interface Source {
  readonly source: "event" | "refill" | "venue"
  readonly seq: number | null
  readonly atMs: number
}

export interface KnownMarket extends Source {
  readonly market: Market
  /** Per share, by outcome; null while the resolution is not final. */
  readonly payouts: ReadonlyArray<Price> | null
}

/** It takes orders, as far as we know. */
export const isOpen = (known: KnownMarket): boolean =>
  known.market.status === "open" && known.payouts === null

/** Markets of one event move together, so the event is the theme that the exposure cap looks at. */
export const themeOf = (market: Market): string => market.eventSlug

const MarketJson = Schema.fromJsonString(Market)
const encodeMarket = Schema.encodeSync(MarketJson)
const decodeMarket = Schema.decodeSync(MarketJson)
const PayoutsJson = Schema.fromJsonString(Schema.Array(Price))
const encodePayouts = Schema.encodeSync(PayoutsJson)
const decodePayouts = Schema.decodeSync(PayoutsJson)

interface MarketRow extends Omit<Source, "atMs"> {
  readonly facts: string
  readonly at_ms: number
  readonly payouts: string | null
}

export class MarketReplica extends Context.Service<
  MarketReplica,
  {
    readonly find: (condition: ConditionId) => Effect.Effect<KnownMarket | null>
    /**
     * As `find`, but asks the venue about a market that is not known or whose facts are too old. Never
     * inside a transaction.
     */
    readonly learn: (condition: ConditionId) => Effect.Effect<KnownMarket | null>
    /** Writes facts in the caller's transaction. */
    readonly putMarket: (market: Market, source: Source) => Effect.Effect<void>
    /** Writes a final resolution in the caller's transaction; false when it is not final. */
    readonly putResolution: (
      resolution: Resolution,
      source: Source & { readonly source: "event" | "refill" },
    ) => Effect.Effect<boolean>
    readonly payouts: (condition: ConditionId) => Effect.Effect<ReadonlyArray<Price> | null>
  }
>()("paper/MarketReplica") {
  static readonly layer = Layer.effect(
    MarketReplica,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const gamma = yield* GammaApi
      const { paper } = yield* PaperSettings
      const oldestMs = Duration.toMillis(paper.facts_age)
      // Whoever waits for facts holds a slot: no longer than a fill may wait for one.
      const timeoutMs = Math.min(
        Duration.toMillis(paper.book_timeout),
        Duration.toMillis(paper.deadline),
      )
      const quarantine = yield* Quarantine
      /** On the clock that nobody sets. */
      const unknownUntil = new Map<ConditionId, number>()

      const remembered = new RememberedReads<KnownMarket | null>(rememberedMarkets)

      const read = Effect.fnUntraced(function* (condition: ConditionId) {
        const since = remembered.writes
        const [row] = yield* sql<MarketRow>`
          SELECT m.facts, m.source, m.seq, m.at_ms, r.payouts FROM markets m
          LEFT JOIN resolutions r ON r.condition_id = m.condition_id
          WHERE m.condition_id = ${hexToBytes(condition)}`
        if (row === undefined) return remembered.keep(condition, null, since)
        const known = {
          market: decodeMarket(row.facts),
          payouts: row.payouts === null ? null : decodePayouts(row.payouts),
          source: row.source,
          seq: row.seq,
          atMs: row.at_ms,
        }
        return remembered.keep(condition, known, since)
      }, Effect.orDie)

      const find = (condition: ConditionId) =>
        Effect.suspend(() => {
          const known = remembered.known(condition)
          return known === undefined ? read(condition) : Effect.succeed(known)
        })

      const putMarket = Effect.fnUntraced(function* (market: Market, source: Source) {
        const now = yield* Clock.currentTimeMillis
        // What was heard ahead of now was so before the clock was set back: the venue's answer is newer.
        yield* sql`INSERT INTO markets ${sql.insert({
          condition_id: hexToBytes(market.condition),
          status: market.status,
          theme: themeOf(market),
          facts: encodeMarket(market),
          source: source.source,
          seq: source.seq,
          at_ms: source.atMs,
        })} ON CONFLICT (condition_id) DO UPDATE SET status = excluded.status,
          theme = excluded.theme, facts = excluded.facts, source = excluded.source,
          seq = excluded.seq, at_ms = excluded.at_ms
          WHERE excluded.at_ms >= markets.at_ms
            OR (excluded.source = 'venue' AND markets.at_ms > ${now})`
        yield* remembered.touched(sql, market.condition)
      }, Effect.orDie)

      const ask = Effect.fnUntraced(function* (condition: ConditionId) {
        const askedMs = yield* monotonicMs
        if ((unknownUntil.get(condition) ?? -Infinity) > askedMs) return null
        const now = yield* Clock.currentTimeMillis
        const page = yield* gamma.marketsByCondition([condition]).pipe(
          Effect.timeout(timeoutMs),
          Effect.catch((error) =>
            Effect.logWarning(`the venue could not say what market ${condition} is`, error).pipe(
              Effect.as(null),
            ),
          ),
        )
        yield* quarantine.keep(page?.rejected ?? [])
        const market = page?.rows.find((one) => one.condition === condition)
        if (market === undefined) {
          const answeredMs = yield* monotonicMs
          // A quick refusal costs nobody time, and the next may be an answer.
          if (page === null && answeredMs - askedMs < timeoutMs) return null
          if (unknownUntil.size >= rememberedUnknown) {
            unknownUntil.delete(unknownUntil.keys().next().value!)
          }
          unknownUntil.set(condition, answeredMs + (page === null ? silentMs : askAgainMs))
          return null
        }
        // The answer may have lain in the venue's cache: the facts are as old as it.
        const source = { source: "venue", seq: null, atMs: now - page!.ageMs } as const
        yield* putMarket(market, source).pipe(transacting(sql, "learn-market"), Effect.orDie)
        return yield* find(condition)
      })

      const learn = Effect.fnUntraced(function* (condition: ConditionId) {
        const known = yield* find(condition)
        if (known === null) return yield* ask(condition)
        const ageMs = (yield* Clock.currentTimeMillis) - known.atMs
        return isOpen(known) && Math.abs(ageMs) > oldestMs ? yield* ask(condition) : known
      })

      const putResolution: MarketReplica["Service"]["putResolution"] = Effect.fnUntraced(function* (
        resolution,
        source,
      ) {
        if (!isFinal(resolution)) return false
        const payouts = encodePayouts(resolution.payouts)
        const condition = hexToBytes(resolution.condition)
        const [known] = yield* sql<{ payouts: string }>`SELECT payouts FROM resolutions
            WHERE condition_id = ${condition}`
        const corrects = known !== undefined && known.payouts !== payouts
        if (corrects) {
          yield* Effect.logWarning(
            `the payouts of ${resolution.condition} were corrected from ${known.payouts} to ${payouts}; what was paid before is corrected too`,
          )
        }
        yield* sql`INSERT INTO resolutions ${sql.insert({
          condition_id: condition,
          payouts,
          disputed: resolution.disputed ? 1 : 0,
          resolved_at_ms: resolution.resolvedAtMs,
          source: source.source,
          seq: source.seq,
          at_ms: source.atMs,
          correction_due: 0,
        })} ON CONFLICT (condition_id) DO UPDATE SET payouts = excluded.payouts,
            disputed = excluded.disputed, resolved_at_ms = excluded.resolved_at_ms,
            source = excluded.source, seq = excluded.seq, at_ms = excluded.at_ms,
            correction_due = max(correction_due, ${corrects ? 1 : 0})
            WHERE excluded.at_ms >= resolutions.at_ms`
        yield* remembered.touched(sql, resolution.condition)
        return true
      }, Effect.orDie)

      const payouts = Effect.fnUntraced(function* (condition: ConditionId) {
        const [row] = yield* sql<{ payouts: string }>`SELECT payouts FROM resolutions
          WHERE condition_id = ${hexToBytes(condition)}`
        return row === undefined ? null : decodePayouts(row.payouts)
      }, Effect.orDie)

      return MarketReplica.of({ find, learn, putMarket, putResolution, payouts })
    }),
  )
}
