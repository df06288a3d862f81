/**
 * `/data/v2/trades` and `/data/v2/activity`.
 *
 * `start` and `end` are honoured with `user` only; the bare venue-wide feed reaches back to the
 * start of the month before this one, everything else three years. A recorded row carries
 * `recorded`. One row's dust is served too, unless `filter_amount` says otherwise.
 */
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import type { RowQuery, VenueRow } from "../World.ts"
import { ok, refuse, type Answer, type Ask, type Reply } from "./Answer.ts"
import { feedPage, readFeedPlace } from "./Cursor.ts"
import { readConditions, readEvents, readSeconds, readUser } from "./Query.ts"

const threeYearsSeconds = 3 * 365 * 86_400

export const trades = (ask: Ask): Reply =>
  Result.gen(function* () {
    const user = yield* readUser(ask)
    const conditions = yield* readFilter(ask)
    const side = yield* readSide(ask)
    const place = yield* readFeedPlace(ask)
    const times =
      user !== undefined ? yield* readTimes(ask) : { from: floorOf(ask, conditions), to: farFuture }
    const kind = ask.query.text("filter_type") ?? "TOKENS"
    const amount = ask.query.number("filter_amount")
    if (kind !== "CASH" && kind !== "TOKENS") {
      return yield* refuse(ask, "filter_type must be CASH or TOKENS", "filter_type")
    }
    const query: RowQuery = {
      feed: "trades",
      ...(user === undefined ? {} : { user }),
      ...(conditions === null ? {} : { conditions }),
      ...(side === undefined ? {} : { side }),
      takerOnly: ask.query.flag("taker_only", true),
      minimumShares: kind === "TOKENS" && amount !== undefined ? Math.max(0.01, amount) : 0,
      minimumUsdc: kind === "CASH" ? (amount ?? 0) : 0,
      fromSeconds: times.from,
      toSeconds: times.to,
      order: "desc",
      after: place.after,
      limit: place.size + 1,
    }
    return yield* ok(feedPage(ask.world.rows(query, ask.nowMs), place.size, tradeJson))
  })

export const activity = (ask: Ask): Reply =>
  Result.gen(function* () {
    const user = yield* readUser(ask)
    if (user === undefined) {
      return yield* refuse(ask, "required query param 'user' not provided", "user")
    }
    const conditions = yield* readFilter(ask)
    const side = yield* readSide(ask)
    const type = yield* readType(ask)
    const place = yield* readFeedPlace(ask)
    const times = yield* readTimes(ask)
    const sort = ask.query.text("sort_by") ?? "TIMESTAMP"
    if (sort !== "TIMESTAMP") return yield* refuse(ask, "sort_by must be TIMESTAMP", "sort_by")
    const direction = (ask.query.text("sort_direction") ?? "DESC").toUpperCase()
    if (direction !== "ASC" && direction !== "DESC") {
      return yield* refuse(ask, "sort_direction must be ASC or DESC", "sort_direction")
    }
    const query: RowQuery = {
      feed: "activity",
      user,
      ...(conditions === null ? {} : { conditions }),
      ...(side === undefined ? {} : { side }),
      ...(type === undefined ? {} : { type }),
      takerOnly: false,
      minimumShares: 0,
      minimumUsdc: 0,
      fromSeconds: times.from,
      toSeconds: times.to,
      order: direction === "ASC" ? "asc" : "desc",
      after: place.after,
      limit: place.size + 1,
    }
    return yield* ok(feedPage(ask.world.rows(query, ask.nowMs), place.size, activityJson))
  })

const farFuture = 4_102_444_800

/** Conditions named by `condition` or `event_id`; `null` when neither is given. */
const readFilter = (ask: Ask): Result.Result<ReadonlySet<string> | null, Answer> =>
  Result.gen(function* () {
    const conditions = yield* readConditions(ask)
    const events = yield* readEvents(ask)
    if (conditions.length > 0 && events.length > 0) {
      return yield* refuse(ask, "condition and event_id exclude each other", "event_id")
    }
    if (events.length === 0) return conditions.length === 0 ? null : new Set(conditions)
    const markets = events.flatMap((id) => ask.world.event(id, ask.nowMs)?.markets ?? [])
    return new Set(markets.map((market) => market.condition))
  })

const readSide = (ask: Ask): Result.Result<"BUY" | "SELL" | undefined, Answer> => {
  const side = ask.query.text("side")
  return side === undefined || side === "BUY" || side === "SELL"
    ? Result.succeed(side)
    : refuse(ask, "side must be BUY or SELL", "side")
}

/** The live venue takes exactly one type, ignores a list, and refuses a repeated key. */
const readType = (ask: Ask): Result.Result<string | undefined, Answer> => {
  const types = ask.query.all("type")
  if (types.length > 1) return refuse(ask, "type must be given once", "type")
  return Result.succeed(types[0]?.includes(",") === true ? undefined : types[0])
}

const readTimes = (ask: Ask) =>
  Result.gen(function* () {
    const start = yield* readSeconds(ask, "start")
    const end = yield* readSeconds(ask, "end")
    return {
      from: start ?? Math.floor(ask.nowMs / 1000) - threeYearsSeconds,
      to: end ?? farFuture,
    }
  })

const floorOf = (ask: Ask, conditions: ReadonlySet<string> | null): number => {
  if (conditions !== null) return Math.floor(ask.nowMs / 1000) - threeYearsSeconds
  const month = DateTime.startOf(DateTime.makeUnsafe(ask.nowMs), "month")
  return Math.floor(DateTime.toEpochMillis(DateTime.subtract(month, { months: 1 })) / 1000)
}

export const tradeJson = (row: VenueRow) => ({
  proxy_wallet: row.wallet,
  side: row.side,
  token_id: row.token,
  condition_id: row.condition,
  size: row.size,
  price: row.price,
  timestamp: row.atSeconds,
  title: row.title,
  slug: row.slug,
  icon: "",
  event_slug: row.eventSlug,
  outcome: row.outcome,
  outcome_index: row.outcomeIndex,
  name: "",
  pseudonym: row.pseudonym,
  bio: "",
  profile_image: "",
  profile_image_optimized: "",
  transaction_hash: row.transaction,
  ...(row.recorded === undefined ? {} : { recorded: row.recorded }),
  ...row.odd,
})

const activityJson = (row: VenueRow) => ({
  type: row.type,
  usdc_size: row.usdc,
  is_combo: false,
  ...tradeJson(row),
})
