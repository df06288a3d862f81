/**
 * `/data/v2/resolutions`, `/data/v2/prices-history`, `/data/v2/status`.
 */
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import type { VenueResolution } from "../World.ts"
import { ok, refuse, type Ask, type Reply } from "./Answer.ts"
import { envelope, feedPage, readFeedPlace } from "./Cursor.ts"
import { readConditions, readEvents, readSeconds } from "./Query.ts"

export const resolutions = (ask: Ask): Reply =>
  Result.gen(function* () {
    const conditions = yield* readConditions(ask)
    const events = yield* readEvents(ask)
    const question = ask.query.text("question_id")?.toLowerCase()
    const given = [conditions.length > 0, events.length > 0, question !== undefined]
    if (given.filter((is) => is).length !== 1) {
      return yield* refuse(ask, "exactly one of question_id, condition, event_id", "condition")
    }
    const asked =
      question !== undefined
        ? ask.world
            .markets(ask.nowMs)
            .filter((market) => market.questionId === question)
            .map((market) => market.condition)
        : events.length > 0
          ? events.flatMap((id) =>
              (ask.world.event(id, ask.nowMs)?.markets ?? []).map((market) => market.condition),
            )
          : conditions
    const data = asked.flatMap((condition) => {
      const found = ask.world.resolution(condition, ask.nowMs)
      return found === undefined ? [] : [resolutionJson(found)]
    })
    return yield* ok(envelope(data, Math.max(1, data.length), null))
  })

/** "69" is the venue's spelling of a price nobody has set; payouts stand there once they are known. */
const resolutionJson = (found: VenueResolution) => {
  const first = found.payouts[0]
  const price = first === undefined ? "69" : String(first / 1_000_000)
  const at =
    found.resolvedMs === null ? "" : DateTime.formatIso(DateTime.makeUnsafe(found.resolvedMs))
  return {
    condition_id: found.condition,
    question_id: found.questionId,
    status: found.status,
    extended_review: false,
    was_disputed: found.disputed,
    new_version_q: false,
    proposed_price: price,
    price,
    transaction_hash: "",
    log_index: "",
    last_update_timestamp: at,
    market_type: found.negRisk ? "ATOMIC_NEGRISK" : "BINARY",
    ...(found.payouts.length === 0 ? {} : { payouts: found.payouts }),
    resolution_source: "reported",
    reporter: "UMA_OO",
    was_arbitrated: false,
    resolved_block: 0,
    resolved_at: at,
    expected_settlement_time: at,
    settlement_time_basis: "managed_proposal_expiration",
  }
}

const intervals: Readonly<Record<string, number>> = {
  "1h": 3600,
  "6h": 21_600,
  "1d": 86_400,
  "1w": 604_800,
  "1m": 2_592_000,
  all: 15_552_000,
  max: 15_552_000,
}

/** Points out of the token's trades: the last price of each bucket that has one. */
export const pricesHistory = (ask: Ask): Reply =>
  Result.gen(function* () {
    const token = ask.query.text("token_id")
    if (token === undefined) {
      return yield* refuse(ask, "required query param 'token_id' not provided", "token_id")
    }
    const start = yield* readSeconds(ask, "start")
    const end = yield* readSeconds(ask, "end")
    const place = yield* readFeedPlace(ask, 10_000, 10_000)
    const interval = intervals[ask.query.text("interval") ?? "1d"]
    if (interval === undefined) return yield* refuse(ask, "invalid interval", "interval")
    const now = Math.floor(ask.nowMs / 1000)
    const from = start ?? now - interval
    const to = end ?? now
    if (start !== undefined && to - from > 15 * 86_400) {
      return yield* refuse(ask, "range is longer than 15 days", "end")
    }
    const bucket = ask.query.number("bucket_seconds") ?? Math.max(60, Math.ceil((to - from) / 500))
    if (!(bucket >= 60 && bucket <= 86_400)) {
      return yield* refuse(ask, "bucket_seconds must be between 60 and 86400", "bucket_seconds")
    }
    const market = ask.world.marketOfToken(token, ask.nowMs)
    const points = new Map<number, number>()
    if (market !== undefined) {
      const rows = ask.world.rows(
        {
          feed: "ledger",
          conditions: new Set([market.condition]),
          type: "TRADE",
          takerOnly: false,
          minimumShares: 0,
          minimumUsdc: 0,
          fromSeconds: from,
          toSeconds: to - 1,
          order: "asc",
          after: null,
          limit: 100_000,
        },
        ask.nowMs,
      )
      for (const row of rows) {
        const price = row.token === token ? row.price : 1 - row.price
        points.set(Math.floor(row.atSeconds / bucket) * bucket, Math.round(price * 1e6) / 1e6)
      }
    }
    const data = [...points].map(([timestamp, price]) => ({
      timestamp,
      price,
      resolution_seconds: bucket,
    }))
    const final =
      market === undefined ? undefined : ask.world.resolution(market.condition, ask.nowMs)
    const payout = final?.payouts[market?.tokens.indexOf(token) ?? -1]
    if (payout !== undefined && final !== undefined && final.resolvedMs !== null) {
      const timestamp = Math.floor(final.resolvedMs / 1000)
      const inRange = timestamp >= from && timestamp <= to
      if (inRange) data.push({ timestamp, price: payout / 1_000_000, resolution_seconds: 0 })
    }
    const behind = data
      .map((point, position) => ({ point, position }))
      .slice((place.after ?? -1) + 1)
    return yield* ok(feedPage(behind, place.size, ({ point }) => point))
  })

export const status = (ask: Ask): Reply =>
  ok({
    data: {
      computed_at: Math.floor(ask.nowMs / 1000),
      age_seconds: 0,
      serving: {
        lag_seconds: 4,
        worst: "activity_feed",
        mechanisms: ["activity_feed", "custody_balances", "pnl"].map((name) => ({
          name,
          age_seconds: 4,
          blocks_behind: 2,
        })),
      },
      ingestion: { lag_seconds: 4 },
    },
  })
