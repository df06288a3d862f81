/**
 * `/data/v2/leaderboard`, `/data/v2/biggest-winners`, `/data/v2/user-stats`.
 */
import * as Result from "effect/Result"
import type { Period } from "../World.ts"
import { accountsOf } from "./Accounts.ts"
import { ok, refuse, type Ask, type Reply } from "./Answer.ts"
import { boardPage, readBoard } from "./Cursor.ts"
import { ledgerOf } from "./Holdings.ts"
import { readLimit, readUser, readWord } from "./Query.ts"

const periods = ["day", "week", "month", "all"] as const
const periodDays: Readonly<Record<Period, number>> = { day: 1, week: 7, month: 30, all: 36_500 }
const binding = ["time_period", "category", "sort_by"]

/** Gamma's spelling of a category: `politics` is the topic `Politics`. */
const domainOf = (ask: Ask): string | null => {
  const category = (ask.query.text("category") ?? "overall").toLowerCase()
  return category === "overall" ? null : category[0]!.toUpperCase() + category.slice(1)
}

export const leaderboard = (given: Ask): Reply =>
  Result.gen(function* () {
    const { ask, offset } = yield* readBoard(given, binding)
    const period = yield* readWord(ask, "time_period", periods, "day")
    const sort = yield* readWord(ask, "sort_by", ["PNL", "VOLUME"], "PNL")
    const limit = yield* readLimit(ask)
    const user = yield* readUser(ask)
    const rows = ask.world.leaderboard(period, domainOf(ask), ask.nowMs)
    const byPnl = rows.toSorted((a, b) => b.pnl - a.pnl)
    const byVolume = rows.toSorted((a, b) => b.volume - a.volume)
    if (user !== undefined) {
      const row = rows.find((row) => row.wallet === user)
      if (row === undefined) return yield* ok({ data: null })
      const { wallet, pnl, volume, pseudonym } = row
      const ranks = { rank_pnl: byPnl.indexOf(row) + 1, rank_volume: byVolume.indexOf(row) + 1 }
      return yield* ok({
        data: { user_id: wallet, pnl, volume, ...ranks, ...profile(pseudonym) },
      })
    }
    const sorted = sort === "PNL" ? byPnl : byVolume
    const score = sort === "PNL" ? "pnl" : "volume"
    return yield* ok(
      boardPage(ask, sorted, offset, limit, (row) => ({
        rank: sorted.findIndex((other) => other[score] === row[score]) + 1,
        user_id: row.wallet,
        pnl: row.pnl,
        volume: row.volume,
        ...profile(row.pseudonym),
      })),
    )
  })

const profile = (pseudonym: string) => ({
  user_name: pseudonym,
  profile_image: "",
  x_username: "",
  verified: false,
})

/** At most this many of the period's markets, the youngest resolved, are looked at. */
const mostMarkets = 200

export const biggestWinners = (given: Ask): Reply =>
  Result.gen(function* () {
    const { ask, offset } = yield* readBoard(given, binding)
    const period = yield* readWord(ask, "time_period", periods, "day")
    const limit = yield* readLimit(ask)
    const domain = domainOf(ask)
    const sinceMs = ask.nowMs - periodDays[period] * 86_400_000
    const resolved = ask.world
      .markets(ask.nowMs)
      .filter((market) => domain === null || market.event.domain === domain)
      .flatMap((market) => {
        const resolvedMs = ask.world.resolution(market.condition, ask.nowMs)?.resolvedMs ?? null
        return resolvedMs !== null && resolvedMs >= sinceMs ? [{ market, resolvedMs }] : []
      })
      .toSorted((a, b) => b.resolvedMs - a.resolvedMs)
      .slice(0, mostMarkets)
    const wins = resolved.flatMap(({ market, resolvedMs }) => {
      const payouts = ask.world.resolution(market.condition, ask.nowMs)?.payouts ?? []
      const rows = ledgerOf(ask, { conditions: new Set([market.condition]) })
      return accountsOf(ask.world, rows, ask.nowMs).flatMap((account) => {
        const final = (account.size * (payouts[account.outcomeIndex] ?? 0)) / 1_000_000
        const pnl = account.realized + final - account.cost
        return pnl > 0 ? [{ market, resolvedMs, account, pnl }] : []
      })
    })
    const best = wins.toSorted((a, b) => b.pnl - a.pnl)
    return yield* ok(
      boardPage(ask, best, offset, limit, ({ market, resolvedMs, account, pnl }, place) => ({
        win_rank: place + 1,
        kind: "market",
        user_id: account.wallet,
        pnl: cents(pnl),
        initial_value: cents(account.boughtUsdc),
        final_value: cents(account.boughtUsdc + pnl),
        resolved_at: Math.floor(resolvedMs / 1000),
        condition_id: market.condition,
        position_id: account.token,
        event_id: Number(market.event.id),
        event_slug: market.event.slug,
        event_title: market.event.title,
        user_name: "",
        profile_image: "",
      })),
    )
  })

export const userStats = (ask: Ask): Reply =>
  Result.gen(function* () {
    const user = yield* readUser(ask)
    if (user === undefined) {
      return yield* refuse(ask, "required query param 'user' not provided", "user")
    }
    const rows = ledgerOf(ask, { user })
    if (rows.length === 0) return yield* ok({ data: null })
    const accounts = accountsOf(ask.world, rows, ask.nowMs)
    const traded = new Set(rows.filter((row) => row.type === "TRADE").map((row) => row.condition))
    const biggest = Math.max(0, ...accounts.map((account) => account.realized))
    return yield* ok({
      data: {
        proxy_wallet: user,
        trades: traded.size,
        biggest_win: cents(biggest),
        views: 0,
        join_date: rows[0]!.atSeconds,
        all_time_pnl: null,
      },
    })
  })

const cents = (value: number): number => Math.round(value * 100) / 100
