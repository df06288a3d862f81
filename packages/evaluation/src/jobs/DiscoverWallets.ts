/**
 * discover-wallets: who holds and trades the markets of the selected events, who leads, and who won
 * most in markets that resolved lately.
 *
 * Truth: `discovery_items.due_ms`; the items are the selected events' markets, the leaderboards and the
 * boards of winners.
 * Of a market: its largest holders, kept as a set, and everybody with enough fills on its recent tape. A place that
 * fails backs off by itself. The watchlist ends at `discovery.max_wallets`, or where the file has no
 * more room; what is found beyond is counted and logged, not stored. Emits `WalletsDiscovered`.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { type ConditionId, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { DataApi, type Holder } from "@evaluator/polymarket/DataApi"
import type { Page, Served } from "@evaluator/polymarket/Page"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { EventLog } from "@evaluator/runtime/EventLog"
import * as Job from "@evaluator/runtime/Job"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { nextAttempt } from "../Backoff.ts"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { setAside } from "../SetAside.ts"
import { nameConditions } from "../stores/Conditions.ts"
import {
  type DiscoveryItem,
  dueItems,
  itemFailed,
  itemVisited,
  marketSubject,
  setItems,
  subjectCondition,
} from "../stores/DiscoveryItems.ts"
import { replaceHolders } from "../stores/Holders.ts"
import { selectedMarkets } from "../stores/MarketScores.ts"
import { givenUp } from "../stores/Storage.ts"
import { addWallets, countWallets, type Discovered } from "../stores/Wallets.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 20
const roundsPerRun = 100
const perTransaction = 250

/** What a place told. */
interface Place {
  readonly found: ReadonlyArray<Discovered>
  readonly holders: ReadonlyArray<Holder>
}

type PlaceDoors = DataApi | WalletBoards | EvaluationSettings | SqlClient.SqlClient

const inMarket = Effect.fnUntraced(function* (subject: string) {
  const api = yield* DataApi
  const { discovery } = yield* EvaluationSettings
  const condition = subject as ConditionId
  const bytes = subjectCondition(subject)
  const holders = yield* api.holders({ condition, limit: discovery.holders_per_market })
  yield* setAside(holders.rejected)
  const fills = new Map<WalletAddress, number>()
  let cursor: string | null = null
  for (let page = 0; page < discovery.tape_pages; page++) {
    const tape: Page<Served<Fill>> = yield* api.trades({
      condition,
      takerOnly: false,
      limit: 1000,
      cursor,
    })
    yield* setAside(tape.rejected)
    for (const { value } of tape.rows) fills.set(value.wallet, (fills.get(value.wallet) ?? 0) + 1)
    cursor = tape.nextCursor
    if (cursor === null) break
  }
  const found = new Map<WalletAddress, Discovered>()
  for (const { wallet } of holders.rows) {
    found.set(wallet, { wallet, source: "HOLDER", condition: bytes })
  }
  for (const [wallet, count] of fills) {
    if (count < discovery.min_tape_trades || found.has(wallet)) continue
    found.set(wallet, { wallet, source: "TRADER_RECENT", condition: bytes })
  }
  return { found: [...found.values()], holders: holders.rows }
})

const onLeaderboard = Effect.fnUntraced(function* (subject: string) {
  const api = yield* DataApi
  const { discovery } = yield* EvaluationSettings
  const [category, period] = subject.split(":")
  const board = yield* api.leaderboard({
    category: category!,
    period: period === "month" ? "month" : "week",
    limit: discovery.leaderboard_rows,
  })
  yield* setAside(board.rejected)
  const found = board.rows.map(({ wallet }): Discovered => ({
    wallet,
    source: "LEADERBOARD",
    condition: null,
  }))
  return { found, holders: [] as ReadonlyArray<Holder> }
})

const amongWinners = Effect.fnUntraced(function* (subject: string) {
  const boards = yield* WalletBoards
  const { discovery } = yield* EvaluationSettings
  const [category, period] = subject.split(":")
  const wins = yield* boards.biggestWinners({
    category: category!,
    period: period === "month" ? "month" : "week",
    limit: discovery.winners_rows,
  })
  yield* setAside(wins.rejected)
  const found = wins.rows.map(({ condition, wallet }): Discovered => ({
    wallet,
    source: "WINNER",
    condition: hexToBytes(condition),
  }))
  return { found, holders: [] as ReadonlyArray<Holder> }
})

const places = { market: inMarket, leaderboard: onLeaderboard, winners: amongWinners } as const

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

const add = Effect.fnUntraced(function* (item: DiscoveryItem, found: ReadonlyArray<Discovered>) {
  const log = yield* EventLog
  const { ingestion } = yield* EvaluationSettings
  const fresh = yield* addWallets(
    found,
    ingestion.feeds === "both" ? ["activity", "trades"] : ["activity"],
  )
  if (fresh.length > 0) {
    yield* log.append([
      { type: "WalletsDiscovered", payload: { wallets: fresh, source: item.kind } },
    ])
  }
  return fresh.length
}, inTransaction)

const close = Effect.fnUntraced(function* (item: DiscoveryItem, fresh: number, at: Place) {
  const { discovery } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  if (item.kind === "market") {
    const condition = subjectCondition(item.subject)
    if (at.found.length > 0) yield* nameConditions([condition], "holder")
    yield* replaceHolders(condition, at.holders)
  }
  const every = item.kind === "market" ? discovery.every : discovery.leaderboard_every
  yield* itemVisited(item, now + Duration.toMillis(every), fresh)
}, inTransaction)

const keep = Effect.fnUntraced(function* (item: DiscoveryItem, place: Place) {
  const { found } = place
  const { discovery } = yield* EvaluationSettings
  const room = (yield* givenUp) === "tape" ? 0 : discovery.max_wallets - (yield* countWallets)
  const kept = found.slice(0, Math.max(0, room))
  let fresh = 0
  for (let at = 0; at < kept.length; at += perTransaction) {
    fresh += yield* add(item, kept.slice(at, at + perTransaction))
  }
  yield* close(item, fresh, place)
  return { fresh, beyond: found.length - kept.length }
})

const visit = Effect.fnUntraced(function* (item: DiscoveryItem) {
  const found = yield* Effect.result<Place, PolymarketError, PlaceDoors>(
    places[item.kind](item.subject),
  )
  if (found._tag === "Failure") {
    yield* itemFailed(item, yield* nextAttempt(item.attempts, found.failure))
    return { fresh: 0, beyond: 0, failed: 1 }
  }
  return { ...(yield* keep(item, found.success)), failed: 0 }
})

const step = Effect.gen(function* () {
  const due = yield* dueItems(perStep)
  const done = yield* sideBySide(due, visit)
  const sum = (key: "fresh" | "beyond" | "failed") =>
    done.reduce((total, counts) => total + counts[key], 0)
  if (sum("beyond") > 0) {
    yield* Effect.logWarning(`${sum("beyond")} wallets were found beyond the watchlist's limit`)
  }
  return {
    counts: {
      places: due.length,
      wallets: sum("fresh"),
      beyond: sum("beyond"),
      failed: sum("failed"),
    },
    more: due.length === perStep,
  }
})

export const discoverWallets = Effect.gen(function* () {
  const { discovery } = yield* EvaluationSettings
  const markets = yield* selectedMarkets
  yield* setItems(
    "market",
    markets.map((row) => marketSubject(row.condition)),
  )
  const boards = discovery.leaderboard_categories.flatMap((category) => [
    `${category}:week`,
    `${category}:month`,
  ])
  yield* setItems("leaderboard", discovery.leaderboard ? boards : [])
  yield* setItems("winners", discovery.winners ? boards : [])
  return yield* inRounds(step, roundsPerRun)
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ discovery }) =>
    Job.layer({
      name: "discover-wallets",
      about: "Finds wallets among holders, traders and leaders of the selected events, and winners",
      service: "discovery",
      every: discovery.every,
      atBoot: false,
      on: ["MarketsScored"],
      emits: ["WalletsDiscovered"],
      settle: "1 second",
      timeout: "30 minutes",
      stallAfter: "3 minutes",
      concurrency: 4,
      run: discoverWallets,
    }),
  ),
)
