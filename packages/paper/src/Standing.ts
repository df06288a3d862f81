/**
 * How a book of paper money stands when a fill is reviewed: the facts its gates are asked about.
 *
 * Reads only, in the caller's transaction, so that a reservation rests on what it saw.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, hexToBytes, tokenToBytes } from "@evaluator/domain/Id"
import { mostLevels } from "@evaluator/domain/market/BookWalk"
import { feeGrain } from "@evaluator/domain/money/Fee"
import { type Price, shares, usdc } from "@evaluator/domain/money/Micro"
import type { BookFacts } from "@evaluator/domain/paper/GateFacts"
import { mondayOf, utcDay } from "@evaluator/domain/paper/Gates"
import type { Side } from "@evaluator/domain/trade/Trade"
import type { Copy } from "./CopyRow.ts"
import type { BookMode } from "./BookModes.ts"
import { usdcToken } from "./Journal.ts"
import { type KnownMarket, themeOf } from "./MarketReplica.ts"
import { bankrollOf, PaperSettings } from "./PaperSettings.ts"
import { feeOf } from "./Strategies.ts"

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
    const readExposure = Effect.fnUntraced(function* (copy: Copy, theme: string) {
      const wallet = hexToBytes(copy.fill.wallet)
      const condition = hexToBytes(copy.fill.condition)
      const token = tokenToBytes(copy.fill.token)
      const rows = yield* sql<Exposed>`
        SELECT hex(condition_id) AS condition, token, sum(exposed) AS exposed, sum(size) AS size,
          wallet = ${wallet} AS of_wallet,
          condition_id = ${condition} AS of_market, theme = ${theme} AS of_theme,
          token = ${token} AS of_token
        FROM (
          SELECT wallet, condition_id, theme, token, open_cost AS exposed, open_size AS size
            FROM lots
            WHERE book = ${copy.book} AND open_size > 0
          UNION ALL
          SELECT wallet, condition_id, theme, token, exposure, 0 FROM reservations
            WHERE book = ${copy.book} AND state = 'pending' AND exposure > 0)
        GROUP BY token, wallet, condition_id, theme`
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
    })

    const readPnl = Effect.fnUntraced(function* (copy: Copy, nowMs: number) {
      const today = utcDay(nowMs)
      const [row] = yield* sql<Record<"day" | "week" | "wallet_day" | "wallet_week", number>>`
        SELECT coalesce(sum(pnl), 0) AS week,
          coalesce(sum(pnl) FILTER (WHERE day = ${today}), 0) AS day,
          coalesce(sum(pnl) FILTER (WHERE wallet = ${hexToBytes(copy.fill.wallet)}), 0)
            AS wallet_week,
          coalesce(sum(pnl) FILTER (WHERE day = ${today}
            AND wallet = ${hexToBytes(copy.fill.wallet)}), 0) AS wallet_day
        FROM results WHERE book = ${copy.book} AND day >= ${mondayOf(today)}`
      return {
        portfolio: { day: row!.day, week: row!.week },
        wallet: { day: row!.wallet_day, week: row!.wallet_week },
      }
    })

    const readCash = Effect.fnUntraced(function* (copy: Copy) {
      const [row] = yield* sql<{ amount: number }>`SELECT amount FROM balances
        WHERE book = ${copy.book} AND token = ${usdcToken} AND account = 'cash'`
      // A book that has not been traded yet has its bankroll before it.
      const cash = row?.amount ?? bankrollOf(settings, copy.strategy)
      // What rounding could add to the fees of a whole book is not ours to spend.
      return usdc(Math.max(0, cash - mostLevels * feeGrain))
    })

    const readShares = Effect.fnUntraced(function* (copy: Copy) {
      const wallet = hexToBytes(copy.fill.wallet)
      const token = tokenToBytes(copy.fill.token)
      const [held] = yield* sql<{ size: number }>`SELECT
        (SELECT coalesce(sum(open_size), 0) FROM lots WHERE book = ${copy.book} AND open_size > 0
          AND wallet = ${wallet} AND token = ${token}) -
        (SELECT coalesce(sum(size), 0) FROM reservations WHERE book = ${copy.book}
          AND state = 'pending' AND wallet = ${wallet} AND token = ${token}) AS size`
      if (held!.size === 0) return { heldShares: shares(0), leaderKnown: shares(0) }
      const [leader] = yield* sql<{ known: number }>`
        SELECT coalesce(sum(CASE side WHEN 'BUY' THEN leader_size ELSE -leader_size END), 0) AS known
        FROM copies WHERE strategy = ${copy.strategy} AND wallet = ${wallet} AND token = ${token}
          AND state <> 'detected' AND fill_id <> ${hexToBytes(copy.fillId)}`
      return { heldShares: shares(held!.size), leaderKnown: shares(Math.max(0, leader!.known)) }
    })

    return Effect.fnUntraced(function* (copy, { market }, limitPrice, mode, nowMs) {
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
        const held = yield* readShares(copy)
        const unasked = { cash: usdc(0), exposure: none, positions: 0, tokenHeld: false }
        return { ...common, ...held, ...unasked, pnl: noPnl }
      }
      const exposed = yield* readExposure(copy, themeOf(market))
      const pnl = yield* readPnl(copy, nowMs)
      const cash = yield* readCash(copy)
      return { ...common, ...exposed, pnl, cash, heldShares: shares(0), leaderKnown: shares(0) }
    }, Effect.orDie)
  })
