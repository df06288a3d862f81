/**
 * A world made of recorded rows: what others saw of the real venue, told again at its own time.
 *
 * Promises: every row of `trades/` and `activity/` that has a wallet and a time is served, as often
 * as it stands there, with the place where it stands; the others are listed with the reason.
 * Does not: remove repeats, invent markets, or know anything of conditions nobody described.
 * Limits: the whole recording is held in memory, about 110 bytes a row.
 */
import * as Fs from "node:fs"
import type {
  MarketState,
  VenueBook,
  VenueEvent,
  VenueMarket,
  VenueResolution,
  VenueRow,
  World,
} from "../World.ts"
import { countStrayRows, eachRow, Ledger, type FileCount, type Unservable } from "./Files.ts"
import { RecordedBoards } from "./RecordedBoards.ts"
import { assumedBook, lastPrice, RecordedBooks, type BookSource } from "./RecordedBooks.ts"
import { RecordedMarkets, type RecordedMarket } from "./RecordedMarkets.ts"
import { RecordedResolutions } from "./RecordedResolutions.ts"
import { RecordedRows } from "./RecordedRows.ts"
import { RowIndex } from "./RowIndex.ts"

export interface RecordedManifest {
  /** Each wallet of the feeds, with its first and last row. */
  readonly wallets: ReadonlyArray<{
    readonly wallet: string
    readonly firstMs: number
    readonly lastMs: number
  }>
  readonly rows: ReadonlyArray<FileCount>
  readonly unservable: ReadonlyArray<Unservable>
}

export interface RecordedWorld extends World {
  readonly manifest: () => RecordedManifest
}

export interface RecordedOptions {
  readonly dir: string
  readonly books: BookSource
}

/** Reads a folder; throws only when the folder itself cannot be read. */
export const load = (options: RecordedOptions): RecordedWorld => {
  const { dir, books: source } = options
  Fs.accessSync(dir, Fs.constants.R_OK)
  const ledger = new Ledger()
  const recordedRows = new RecordedRows()
  const recordedMarkets = new RecordedMarkets()
  const recordedResolutions = new RecordedResolutions()
  const books = new RecordedBooks()
  const boards = new RecordedBoards()
  eachRow(dir, "trades", ledger, (found) => recordedRows.add(found, ledger))
  eachRow(dir, "activity", ledger, (found) => recordedRows.add(found, ledger))
  eachRow(dir, "markets", ledger, (found) => recordedMarkets.add(found, ledger))
  eachRow(dir, "resolutions", ledger, (found) => recordedResolutions.add(found, ledger))
  eachRow(dir, "books", ledger, (found) => books.add(found, ledger))
  eachRow(dir, "leaderboards", ledger, (found) => boards.add(found, ledger))
  eachRow(dir, "other", ledger, (found) => ledger.ignore(found.file, "other"))
  countStrayRows(dir, ledger)
  recordedRows.seal()
  const rows = recordedRows
  const index = new RowIndex(rows)
  const firstSeen = (condition: string): number | null => {
    const first = index.ofCondition(condition)[0]
    return first === undefined ? null : rows.at(first) * 1000
  }
  const markets = [...recordedMarkets.build(firstSeen)]
  const byCondition = new Map(markets.map((market) => [market.condition, market]))
  const resolutions = recordedResolutions.build(byCondition, index, ledger)
  const conditionOfToken = tokens(markets, rows)
  const events = new Map(markets.map((market) => [market.event.id, market.event]))

  const recorded = (market: VenueMarket): RecordedMarket => markets[market.index]!

  const visible = (market: RecordedMarket | undefined, nowMs: number) =>
    market !== undefined && market.listedMs <= nowMs ? market : undefined

  const state = (asked: VenueMarket, nowMs: number): MarketState => {
    const market = recorded(asked)
    const resolution = resolutions.get(market.condition)
    const resolved = resolution !== undefined && resolution.resolvedMs <= nowMs
    const closedMs = resolved
      ? Math.min(resolution.resolvedMs, market.closedMs ?? resolution.resolvedMs)
      : market.recordedClosed && market.closedMs !== null && market.closedMs <= nowMs
        ? market.closedMs
        : null
    const token = rows.strings.known(market.tokens[0] ?? "")
    const last = token ? lastPrice(token, market.condition, index, nowMs) : null
    const first = last?.price ?? market.recordedPrices[0]
    const prices = resolved
      ? resolution.payouts.map((payout) => payout / 1_000_000)
      : first === undefined
        ? []
        : [round(first), round(1 - first)]
    const open = closedMs === null
    return {
      status: resolved ? "resolved" : open ? "open" : "closed",
      tick: market.tick,
      closedMs,
      prices,
      bestBid: open ? market.bestBid : null,
      bestAsk: open ? market.bestAsk : null,
      lastTrade: last === null ? null : round(last.price),
      volume: market.volume,
      volume24h: open ? market.volume24h : 0,
      liquidity: open ? market.liquidity : 0,
    }
  }

  const resolution = (condition: string, nowMs: number): VenueResolution | undefined => {
    const known = resolutions.get(condition)
    if (known === undefined || known.resolvedMs > nowMs) return undefined
    const market = byCondition.get(condition)
    return {
      condition,
      questionId: market?.questionId ?? "",
      status: "resolved",
      disputed: false,
      payouts: known.payouts,
      resolvedMs: known.resolvedMs,
      negRisk: market?.event.negRisk ?? false,
    }
  }

  const book = (token: string, nowMs: number): VenueBook | null => {
    const condition = conditionOfToken.get(token) ?? ""
    const market = byCondition.get(condition)
    const seen = books.recorded(token, market, nowMs)
    if (seen !== null || source.kind === "recorded" || condition === "") return seen
    const done = resolutions.get(condition)
    if (done !== undefined && done.resolvedMs <= nowMs) return null
    return assumedBook(token, condition, market, source.spread, index, nowMs)
  }

  const isTrade = (rank: number) => rows.type(rank) === "TRADE"

  return {
    startMs: rows.count === 0 ? 0 : rows.at(0) * 1000,
    wallets: index.wallets().map(([wallet]) => wallet),
    markets: (nowMs) => markets.filter((market) => market.listedMs <= nowMs),
    market: (condition, nowMs) => visible(byCondition.get(condition), nowMs),
    marketOfToken: (token, nowMs) =>
      visible(byCondition.get(conditionOfToken.get(token) ?? ""), nowMs),
    event: (id, nowMs): VenueEvent | undefined => {
      const event = events.get(id)
      return event?.markets.some((market) => market.listedMs <= nowMs) ? event : undefined
    },
    state,
    resolution,
    rows: (query, nowMs) => index.page(query, nowMs),
    book,
    leaderboard: (_period, _domain, nowMs) => boards.at(nowMs),
    tradesVisibleIn: (fromMs, toMs): ReadonlyArray<VenueRow> => {
      const found: Array<VenueRow> = []
      for (let rank = rows.firstAt(fromMs / 1000); rank < rows.count; rank++) {
        const atMs = rows.at(rank) * 1000
        if (atMs > toMs) break
        if (atMs > fromMs && isTrade(rank)) found.push(rows.row(rank))
      }
      return found
    },
    nextTradeAfter: (ms) => {
      for (let rank = rows.firstAt(ms / 1000); rank < rows.count; rank++) {
        if (rows.at(rank) * 1000 > ms && isTrade(rank)) return rows.at(rank) * 1000
      }
      return null
    },
    manifest: () => ({
      wallets: index.wallets().map(([wallet, ranks]) => ({
        wallet,
        firstMs: rows.at(ranks[0]!) * 1000,
        lastMs: rows.at(ranks.at(-1)!) * 1000,
      })),
      rows: ledger.counts(),
      unservable: ledger.unservable,
    }),
  }
}

/** Which condition a token belongs to, from descriptions and from the tape. */
const tokens = (
  markets: ReadonlyArray<RecordedMarket>,
  rows: RecordedRows,
): ReadonlyMap<string, string> => {
  const conditions = new Map<string, string>()
  for (let rank = 0; rank < rows.count; rank++) {
    if (rows.token(rank) === 0) continue
    conditions.set(rows.strings.text(rows.token(rank)), rows.strings.text(rows.condition(rank)))
  }
  for (const market of markets) {
    for (const token of market.tokens) conditions.set(token, market.condition)
  }
  return conditions
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6
