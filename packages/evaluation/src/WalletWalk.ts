/**
 * Walks one wallet's feeds: page by page, newest first, each page stored with its place in the walk.
 *
 * Promises: a walk that is cut off goes on at its cursor; a feed is called complete only when every
 * page between the last complete span and the start of the walk is stored; fills, their counts, the
 * fates of recorded rows and `TradesIngested` are committed together, at most 500 rows a
 * transaction. Rows seen again change nothing.
 * Does not: retry. A failed request writes its back-off on the feed's row and fails.
 */
import { Clock, Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import type { WalletAddress } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { DataApi, type LedgerRow } from "@evaluator/polymarket/DataApi"
import type { Page, RejectedRow, Served } from "@evaluator/polymarket/Page"
import { Malformed, PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { EventLog } from "@evaluator/runtime/EventLog"
import { nextAttempt } from "./Backoff.ts"
import { EvaluationSettings } from "./EvaluationSettings.ts"
import { followsOf } from "./stores/Follows.ts"
import { batchRows, quarantine, storeRows } from "./stores/Ledger.ts"
import {
  advanceWalk,
  completeWalk,
  failWalk,
  feedsOf,
  type PollPolicy,
  type Walk,
  type WalletFeed,
} from "./stores/WalletFeeds.ts"
import { noteComplete, noteHistory } from "./stores/Wallets.ts"

/** Rows asked for in one request. */
const pageRows = 1000
/** The whole history: the venue takes a missing start for three years. */
const beginningMs = 1000

/** Walks the feeds that are due (all of them with `force`), at most `pages` pages each; `more` when one has pages left. */
export const walkWallet = Effect.fn("walkWallet")(function* (
  wallet: WalletAddress,
  options: { readonly pages: number; readonly force: boolean },
) {
  const now = yield* Clock.currentTimeMillis
  let outcome: "complete" | "more" = "complete"
  for (const feed of yield* feedsOf(wallet)) {
    if (!options.force && (feed.dueMs === null || feed.dueMs > now)) continue
    if ((yield* walkFeed(feed, options.pages)) === "more") outcome = "more"
  }
  return outcome
})

const walkFeed = Effect.fnUntraced(function* (feed: WalletFeed, pages: number) {
  const settings = yield* EvaluationSettings
  const lateMs = Duration.toMillis(settings.ingestion.late_rows)
  let walk: Walk = feed.walk ?? {
    startedMs: yield* Clock.currentTimeMillis,
    fromMs: feed.completeThroughMs === null ? 0 : Math.max(0, feed.completeThroughMs - lateMs),
    cursor: null,
  }
  let lastRowMs = feed.lastRowMs
  for (let page = 0; page < pages; page++) {
    const served = yield* fetchPage(feed, walk).pipe(
      Effect.tapError((error) =>
        Effect.flatMap(nextAttempt(feed.attempts, error), (next) =>
          failWalk(feed, next, error.reason._tag === "Refused" && walk.cursor !== null),
        ),
      ),
    )
    const stored = yield* storePage(feed, walk, served, lastRowMs)
    if (stored.complete) return "complete" as const
    lastRowMs = stored.lastRowMs
    walk = { ...walk, cursor: served.nextCursor }
  }
  return "more" as const
})

const fetchPage = Effect.fnUntraced(function* (feed: WalletFeed, walk: Walk) {
  const api = yield* DataApi
  const query = {
    user: feed.wallet,
    startMs: Math.max(beginningMs, walk.fromMs),
    limit: pageRows,
    cursor: walk.cursor,
    // Whether the feed is complete up to now is told by its first page; older ones do not change.
    ...(walk.cursor === null && { maxAgeMs: 0 }),
  }
  const page: Page<Served<LedgerRow>> =
    feed.feed === "activity"
      ? yield* api.activity(query)
      : yield* Effect.map(api.trades({ ...query, takerOnly: false }), asLedger)
  const stranger = page.rows.find((row) => walletOf(row.value) !== feed.wallet)
  if (stranger !== undefined) {
    return yield* new PolymarketError({
      request: `${feed.feed} of ${feed.wallet}`,
      reason: new Malformed({
        message: `the answer holds rows of ${walletOf(stranger.value)}: the venue did not take the filter`,
        body: "",
      }),
    })
  }
  return page
})

const asLedger = (page: Page<Served<Fill>>): Page<Served<LedgerRow>> => ({
  ...page,
  rows: page.rows.map(({ value, recorded }) => ({
    value: { kind: "fill", fill: value },
    recorded,
  })),
})

const walletOf = (row: LedgerRow): WalletAddress =>
  row.kind === "fill" ? row.fill.wallet : row.activity.wallet

const timeOf = (row: LedgerRow): number => (row.kind === "fill" ? row.fill.atMs : row.activity.atMs)

const storePage = Effect.fnUntraced(function* (
  feed: WalletFeed,
  walk: Walk,
  page: Page<Served<LedgerRow>>,
  lastRowBefore: number | null,
) {
  const times = page.rows.map(({ value }) => timeOf(value))
  const oldest = times.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER)
  const newest = times.reduce((a, b) => Math.max(a, b), lastRowBefore ?? 0)
  const lastRowMs = newest === 0 ? null : newest
  const batches = Math.max(
    1,
    Math.ceil(Math.max(page.rows.length, page.rejected.length) / batchRows),
  )
  // A venue that does not take the start would serve the whole history at every look.
  const reachesKnown = feed.completeThroughMs !== null && oldest <= walk.fromMs
  const endOf = (fresh: number): WalkEnd => ({
    walk: { ...walk, cursor: page.nextCursor },
    lastRowMs,
    complete: page.nextCursor === null || (fresh === 0 && reachesKnown),
  })
  let fresh = 0
  for (let batch = 0; batch < batches; batch++) {
    const before = fresh
    const end = batch < batches - 1 ? null : (added: number) => endOf(before + added)
    fresh += yield* storeBatch(feed, slice(page.rows, batch), slice(page.rejected, batch), end)
  }
  return endOf(fresh)
})

interface WalkEnd {
  readonly walk: Walk
  readonly lastRowMs: number | null
  readonly complete: boolean
}

const slice = <A>(rows: ReadonlyArray<A>, batch: number): ReadonlyArray<A> =>
  rows.slice(batch * batchRows, (batch + 1) * batchRows)

/** One transaction: rows, what they change, where the walk stands, and what is announced. */
const storeBatch = Effect.fnUntraced(
  function* (
    feed: WalletFeed,
    rows: ReadonlyArray<Served<LedgerRow>>,
    rejected: ReadonlyArray<RejectedRow>,
    last: ((fresh: number) => WalkEnd) | null,
  ) {
    const settings = yield* EvaluationSettings
    const log = yield* EventLog
    const now = yield* Clock.currentTimeMillis
    const stored = yield* storeRows(rows)
    yield* quarantine(rejected, settings.ingestion.max_quarantined)
    const fresh = stored.fills.length + stored.activities.length
    if (fresh > 0) {
      const apart = Duration.toMillis(settings.judgement.every)
      yield* noteHistory(feed.wallet, stored.fills, apart)
    }
    const follows = fresh > 0 || last !== null ? yield* followsOf(feed.wallet) : []
    const events: Array<EventDraft> = []
    if (stored.fills.length > 0) {
      const followed = stored.fills.filter((fill) =>
        follows.some((f) => f.fromMs <= fill.atMs && (f.toMs === null || fill.atMs < f.toMs)),
      )
      events.push({
        type: "TradesIngested",
        payload: {
          wallet: feed.wallet,
          count: stored.fills.length,
          fills: followed.toSorted((a, b) => a.atMs - b.atMs),
        },
      })
    }
    if (last !== null) {
      const end = last(fresh)
      if (end.complete) {
        const followed = follows.some((f) => f.toMs === null || f.toMs > now)
        yield* completeWalk(feed, end.walk, end.lastRowMs, followed, policyOf(settings))
        const first = feed.completeThroughMs === null && (yield* noteComplete(feed.wallet))
        // The history is complete from here on: who judges it must hear so, new fills or not.
        if (first && events.length === 0) {
          events.push({
            type: "TradesIngested",
            payload: { wallet: feed.wallet, count: 0, fills: [] },
          })
        }
      } else {
        yield* advanceWalk(feed, end.walk, end.lastRowMs)
      }
    }
    yield* log.append(events)
    return fresh
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

const policyOf = ({ ingestion }: EvaluationSettings["Service"]): PollPolicy => ({
  activeEveryMs: Duration.toMillis(ingestion.active_every),
  followedAtLeastEveryMs: Duration.toMillis(ingestion.followed_at_least_every),
  quietEveryMs: Duration.toMillis(ingestion.quiet_every),
  visibilityLagMs: Duration.toMillis(ingestion.visibility_lag),
})
