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
import type { Copy } from "./CopyRow.ts"
import type { BookMode } from "./BookModes.ts"
import { usdcToken } from "./Journal.ts"
import { type KnownMarket, themeOf } from "./MarketReplica.ts"
import { bankrollOf, PaperSettings } from "./PaperSettings.ts"
import { feeOf } from "./Strategies.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

interface Exposed {
  readonly condition: string
  readonly token: Uint8Array
  readonly exposed: number
  /** Shares held; those on their way are not known yet. */
  readonly size: number
  readonly of_wallet: 0 | 1
  readonly of_market: 0 | 1
  readonly of_theme: 0 | 1
  readonly of_token: 0 | 1
}

/**
 * What can be lost: the cost of all, less what pairs of the two outcomes of a market pay for certain,
 * a dollar each. Never below nothing.
 */
const netExposure = (rows: ReadonlyArray<Exposed>): number => {
  let net = 0
  for (const its of Map.groupBy(rows, (row) => row.condition).values()) {
    const sizes = new Map<string, number>()
    for (const { size, token } of its) {
      const key = bytesToBareHex(token)
      sizes.set(key, (sizes.get(key) ?? 0) + size)
    }
    const pairs = sizes.size === 2 ? Math.min(...sizes.values()) : 0
    net += Math.max(0, its.reduce((sum, row) => sum + row.exposed, 0) - pairs)
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

export const makeStanding: Effect.Effect<ReadStanding, never, SqlClient.SqlClient | PaperSettings> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const settings = yield* PaperSettings

    /** What is held or on its way, by token and wallet, and how it touches this copy. */
    const readExposure = (run: Run, copy: Copy, theme: string) => {
      const token = tokenToBytes(copy.fill.token)
      const rows = run<Exposed>(
        `SELECT hex(condition_id) AS condition, token, sum(exposed) AS exposed, sum(size) AS size,
          wallet = ? AS of_wallet, condition_id = ? AS of_market, theme = ? AS of_theme,
          token = ? AS of_token
        FROM (
          SELECT wallet, condition_id, theme, token, open_cost AS exposed, open_size AS size
            FROM lots
            WHERE book = ? AND open_size > 0
          UNION ALL
          SELECT wallet, condition_id, theme, token, exposure, 0 FROM reservations
            WHERE book = ? AND state = 'pending' AND exposure > 0)
        GROUP BY token, wallet, condition_id, theme`,
        hexToBytes(copy.fill.wallet),
        hexToBytes(copy.fill.condition),
        theme,
        token,
        copy.book,
        copy.book,
      )
      const total = (counts: (row: Exposed) => boolean) => netExposure(rows.filter(counts))
      return {
        exposure: {
          portfolio: total(() => true),
          wallet: total((row) => row.of_wallet === 1),
          market: total((row) => row.of_market === 1),
          theme: total((row) => row.of_theme === 1),
        },
        positions: new Set(rows.map((row) => bytesToBareHex(row.token))).size,
        tokenHeld: rows.some((row) => row.of_token === 1),
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
      if (held!.size === 0) return { heldShares: shares(0), leaderKnown: shares(0) }
      const [leader] = run<{ known: number }>(
        `SELECT coalesce(sum(CASE side WHEN 'BUY' THEN leader_size ELSE -leader_size END), 0) AS known
        FROM copies WHERE strategy = ? AND wallet = ? AND token = ?
          AND state <> 'detected' AND fill_id <> ?`,
        copy.strategy,
        wallet,
        token,
        hexToBytes(copy.fillId),
      )
      return { heldShares: shares(held!.size), leaderKnown: shares(Math.max(0, leader!.known)) }
    }

    return (copy, { market }, limitPrice, mode, nowMs) =>
      inOneStep(sql, (run) => {
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
          const held = readShares(run, copy)
          const unasked = { cash: usdc(0), exposure: none, positions: 0, tokenHeld: false }
          return { ...common, ...held, ...unasked, pnl: noPnl }
        }
        const exposed = readExposure(run, copy, themeOf(market))
        const pnl = readPnl(run, copy, nowMs)
        const cash = readCash(run, copy)
        const held = { heldShares: shares(0), leaderKnown: shares(0) }
        return { ...common, ...exposed, pnl, cash, ...held }
      }).pipe(Effect.orDie)
  })
