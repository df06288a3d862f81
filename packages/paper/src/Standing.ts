/**
 * How a book of paper money stands when a fill is reviewed: the facts its gates are asked about.
 *
 * Reads only, in the caller's transaction, so that a reservation rests on what it saw.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex } from "@evaluator/domain/Id"
import { mostLevels } from "@evaluator/domain/market/BookWalk"
import { feeGrain } from "@evaluator/domain/money/Fee"
import { type Price, shares, usdc } from "@evaluator/domain/money/Micro"
import type { BookFacts } from "@evaluator/domain/paper/GateFacts"
import { mondayOf, utcDay } from "@evaluator/domain/paper/Gates"
import type { Side } from "@evaluator/domain/trade/Trade"
import { inOneStep, type Run } from "@evaluator/sqlite/InOneStep"
import { Copies } from "./Copies.ts"
import type { Copy } from "./CopyRow.ts"
import type { BookMode } from "./BookModes.ts"
import { usdcToken } from "./Journal.ts"
import { PaperBook } from "./PaperBook.ts"
import { type KnownMarket, themeOf } from "./MarketReplica.ts"
import { bankrollOf, PaperSettings } from "./PaperSettings.ts"
import { feeOf } from "./Strategies.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

/** What a book holds of a token, or has on its way, for a wallet; bytes as SQLite's hex() spells them. */
interface Held {
  readonly wallet: string
  readonly condition: string
  readonly theme: string
  readonly token: string
  readonly exposed: number
  /** Shares held; those on their way are not known yet. */
  readonly size: number
}

interface HeldInBook {
  readonly version: number
  readonly all: ReadonlyArray<Held>
  readonly exposed: number
  readonly positions: number
}

const hexOf = (bytes: Uint8Array): string => bytesToBareHex(bytes).toUpperCase()

/** Books remembered at most; then all are read again. */
const mostBooks = 4096

/**
 * What can be lost: the cost of all, less what pairs of the two outcomes of a market pay for certain,
 * a dollar each. Never below nothing.
 */
const netExposure = (all: ReadonlyArray<Held>): number => {
  let net = 0
  for (const its of Map.groupBy(all, (one) => one.condition).values()) {
    const sizes = new Map<string, number>()
    for (const { size, token } of its) sizes.set(token, (sizes.get(token) ?? 0) + size)
    const pairs = sizes.size === 2 ? Math.min(...sizes.values()) : 0
    net += Math.max(0, its.reduce((sum, one) => sum + one.exposed, 0) - pairs)
  }
  return net
}

const none = { portfolio: 0, wallet: 0, market: 0, theme: 0 } as const
const noPnl = { portfolio: { day: 0, week: 0 }, wallet: { day: 0, week: 0 } } as const

export type ReadStanding = (
  copy: Copy,
  known: KnownMarket,
  limitPrice: Price,
  mode: BookMode,
  nowMs: number,
) => Effect.Effect<Omit<BookFacts, "wanted">>

/** What a book holds is remembered while its money stands: most fills are declined and change nothing. */
export const makeStanding: Effect.Effect<
  ReadStanding,
  never,
  SqlClient.SqlClient | PaperSettings | PaperBook | Copies
> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const book = yield* PaperBook
  const copies = yield* Copies
  const settings = yield* PaperSettings

  const held = new Map<string, HeldInBook>()

  const readHeld = (run: Run, name: string): HeldInBook => {
    const all = run<Held>(
      `SELECT hex(wallet) AS wallet, hex(condition_id) AS condition, theme, hex(token) AS token,
          open_cost AS exposed, open_size AS size
        FROM lots WHERE book = ? AND open_size > 0
        UNION ALL
        SELECT hex(wallet), hex(condition_id), theme, hex(token), exposure, 0
        FROM reservations WHERE book = ? AND state = 'pending' AND exposure > 0`,
      name,
      name,
    )
    const positions = new Set(all.map((one) => one.token)).size
    return { version: book.version(name), all, exposed: netExposure(all), positions }
  }

  const remember = (name: string, found: HeldInBook) => {
    if (held.size >= mostBooks) held.clear()
    held.set(name, found)
  }

  /** How what is held or on its way touches this copy. */
  const exposureOf = ({ all, exposed, positions }: HeldInBook, copy: Copy, theme: string) => {
    const wallet = hexOf(hexToBytes(copy.fill.wallet))
    const condition = hexOf(hexToBytes(copy.fill.condition))
    const token = hexOf(tokenToBytes(copy.fill.token))
    const total = (counts: (one: Held) => boolean) => netExposure(all.filter(counts))
    return {
      exposure: {
        portfolio: exposed,
        wallet: total((one) => one.wallet === wallet),
        market: total((one) => one.condition === condition),
        theme: total((one) => one.theme === theme),
      },
      positions,
      tokenHeld: all.some((one) => one.token === token),
    }
  }

  const readPnl = (run: Run, copy: Copy, nowMs: number) => {
    const today = utcDay(nowMs)
    const wallet = hexToBytes(copy.fill.wallet)
    const [row] = run<Record<"day" | "week" | "wallet_day" | "wallet_week", number>>(
      `SELECT coalesce(sum(pnl), 0) AS week,
          coalesce(sum(pnl) FILTER (WHERE day = ?), 0) AS day,
          coalesce(sum(pnl) FILTER (WHERE wallet = ?), 0) AS wallet_week,
          coalesce(sum(pnl) FILTER (WHERE day = ? AND wallet = ?), 0) AS wallet_day
        FROM results WHERE book = ? AND day >= ?`,
      today,
      wallet,
      today,
      wallet,
      copy.book,
      mondayOf(today),
    )
    return {
      portfolio: { day: row!.day, week: row!.week },
      wallet: { day: row!.wallet_day, week: row!.wallet_week },
    }
  }

  const readCash = (run: Run, copy: Copy) => {
    const [row] = run<{ amount: number }>(
      "SELECT amount FROM balances WHERE book = ? AND token = ? AND account = 'cash'",
      copy.book,
      usdcToken,
    )
    // A book that has not been traded yet has its bankroll before it.
    const cash = row?.amount ?? bankrollOf(settings, copy.strategy)
    // What rounding could add to the fees of a whole book is not ours to spend.
    return usdc(Math.max(0, cash - mostLevels * feeGrain))
  }

  /** Shares of what the leader bought after it gave others up. */
  const openSince = (run: Run, { book: name, fill }: Copy): number => {
    const [open] = run<{ size: number }>(
      `SELECT coalesce(sum(l.open_size), 0) AS size FROM lots l
        JOIN copies c ON c.fill_id = l.fill_id AND c.strategy = l.strategy
        WHERE l.book = ? AND l.open_size > 0 AND l.wallet = ? AND l.token = ?
          AND c.leader_at_ms > ?`,
      name,
      hexToBytes(fill.wallet),
      tokenToBytes(fill.token),
      fill.atMs,
    )
    return open!.size
  }

  const readShares = (run: Run, copy: Copy) => {
    const wallet = hexToBytes(copy.fill.wallet)
    const token = tokenToBytes(copy.fill.token)
    const [held] = run<{ size: number }>(
      `SELECT (SELECT coalesce(sum(open_size), 0) FROM lots WHERE book = ? AND open_size > 0
          AND wallet = ? AND token = ?) -
        (SELECT coalesce(sum(size), 0) FROM reservations WHERE book = ?
          AND state = 'pending' AND wallet = ? AND token = ?) AS size`,
      copy.book,
      wallet,
      token,
      copy.book,
      wallet,
      token,
    )
    const size = held!.size - (copy.origin === "fill" ? 0 : openSince(run, copy))
    if (size <= 0) return { heldShares: shares(0), leaderKnown: shares(0) }
    const leaderKnown = Math.max(0, copies.leaderNet(run, copy))
    return { heldShares: shares(size), leaderKnown: shares(leaderKnown) }
  }

  return Effect.fnUntraced(function* (copy, { market }, limitPrice, mode, nowMs) {
    const name = copy.book
    const before = held.get(name)
    const known = before?.version === book.version(name) ? before : undefined
    const { facts, found } = yield* inOneStep(sql, (run) => {
      const side: Side = copy.fill.side
      const common = {
        leaderSold: copy.fill.size,
        limitPrice,
        minimumSize: market.minimumSize,
        feeRate: feeOf(copy.strategy, market).rate,
        drawdown: mode.drawdown,
        buysBelow: mode.buysBelow,
      }
      if (side === "SELL") {
        const offered = readShares(run, copy)
        const unasked = { cash: usdc(0), exposure: none, positions: 0, tokenHeld: false }
        return { facts: { ...common, ...offered, ...unasked, pnl: noPnl }, found: known }
      }
      const found = known ?? readHeld(run, name)
      const exposed = exposureOf(found, copy, themeOf(market))
      const pnl = readPnl(run, copy, nowMs)
      const cash = readCash(run, copy)
      const offered = { heldShares: shares(0), leaderKnown: shares(0) }
      return { facts: { ...common, ...exposed, pnl, cash, ...offered }, found }
    })
    // Not before the commit: what a transaction wrote before it was rolled back was never held.
    if (found !== known && found !== undefined) {
      yield* sql.afterCommit(Effect.sync(() => remember(name, found)))
    }
    return facts
  }, Effect.orDie)
})
