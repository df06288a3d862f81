/**
 * `/data/v2/positions`, `/data/v2/value` and `/data/v2/holders`: who holds what, computed from the rows visible now.
 *
 * Limits: the newest 50,000 rows of a wallet or a condition are looked at.
 */
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import type { MarketState, VenueMarket, VenueRow } from "../World.ts"
import { accountsOf, type Account } from "./Accounts.ts"
import { ok, refuse, type Ask, type Reply } from "./Answer.ts"
import { boardPage, readBoard } from "./Cursor.ts"
import { readConditions, readLimit, readUser, readWord } from "./Query.ts"

const mostRows = 50_000

/** The rows of a wallet or of a condition, oldest first. */
export const ledgerOf = (
  ask: Ask,
  by: { readonly user?: string; readonly conditions?: ReadonlySet<string> },
): ReadonlyArray<VenueRow> =>
  ask.world
    .rows(
      {
        feed: "ledger",
        ...by,
        takerOnly: false,
        minimumShares: 0,
        minimumUsdc: 0,
        fromSeconds: 0,
        toSeconds: Math.floor(ask.nowMs / 1000),
        order: "desc",
        after: null,
        limit: mostRows,
      },
      ask.nowMs,
    )
    .toReversed()

const statuses = ["OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE", "CLOSED"] as const
const sorts = [
  "CURRENT_VALUE",
  "PRICE",
  "TOKENS",
  "UNREALIZED_PNL",
  "REALIZED_PNL",
  "TOTAL_PNL",
  "TIMESTAMP",
] as const

interface Position {
  readonly account: Account
  readonly market: VenueMarket | undefined
  readonly state: MarketState | undefined
  readonly price: number
  readonly value: number
  readonly mergeable: boolean
}

const binding = ["user", "condition", "status", "sort_by", "sort_direction", "event_id"]

export const positions = (given: Ask): Reply =>
  Result.gen(function* () {
    const { ask, offset } = yield* readBoard(given, binding)
    const user = yield* readUser(ask)
    const conditions = yield* readConditions(ask)
    if (user === undefined && conditions.length !== 1) {
      return yield* refuse(ask, "required query param 'user' or 'condition' not provided", "user")
    }
    const status = yield* readWord(ask, "status", statuses, "OPEN")
    if (status === "REDEEMABLE_LOST" && user === undefined) {
      return yield* refuse(ask, "status REDEEMABLE_LOST needs 'user'", "status")
    }
    const usual = status === "CLOSED" ? "REALIZED_PNL" : "CURRENT_VALUE"
    const sort = yield* readWord(ask, "sort_by", sorts, usual)
    const direction = yield* readWord(ask, "sort_direction", ["ASC", "DESC"], "DESC")
    const limit = yield* readLimit(ask)
    const floor = ask.query.number("filter_amount") ?? 0.1
    const cash = ask.query.text("filter_type") === "CASH"
    const rows = ledgerOf(ask, {
      ...(user === undefined ? {} : { user }),
      ...(conditions.length === 0 ? {} : { conditions: new Set(conditions) }),
    })
    const found = positionsOf(ask, rows)
      .filter((position) => isIn(position, status))
      .filter(
        (position) =>
          status === "CLOSED" || (cash ? position.value : position.account.size) >= floor,
      )
    const key =
      status === "CLOSED" && user !== undefined && sort !== "TIMESTAMP" && sort !== "TOTAL_PNL"
        ? "REALIZED_PNL"
        : sort
    const sign = direction === "ASC" ? 1 : -1
    const sorted = found.toSorted((a, b) => sign * (sortValue(a, key) - sortValue(b, key)))
    return yield* ok(boardPage(ask, sorted, offset, limit, positionJson))
  })

const positionsOf = (ask: Ask, rows: ReadonlyArray<VenueRow>): ReadonlyArray<Position> => {
  const accounts = accountsOf(ask.world, rows, ask.nowMs)
  const held = new Map(
    accounts.map((account) => [`${account.wallet}:${account.token}`, account.size]),
  )
  return accounts.map((account) => {
    const market = ask.world.market(account.condition, ask.nowMs)
    const state = market === undefined ? undefined : ask.world.state(market, ask.nowMs)
    const payout = ask.world.resolution(account.condition, ask.nowMs)?.payouts[account.outcomeIndex]
    const price =
      payout !== undefined ? payout / 1_000_000 : (state?.prices[account.outcomeIndex] ?? 0)
    const opposite = market?.tokens[1 - account.outcomeIndex]
    const mergeable = account.size > 0 && (held.get(`${account.wallet}:${opposite ?? ""}`) ?? 0) > 0
    return { account, market, state, price, value: account.size * price, mergeable }
  })
}

const isIn = (position: Position, status: (typeof statuses)[number]): boolean => {
  const open = position.account.size > 0
  const redeemable = open && position.state?.status === "resolved"
  if (status === "OPEN") return open
  if (status === "REDEEMABLE") return redeemable
  if (status === "REDEEMABLE_LOST") return redeemable && position.price === 0
  if (status === "MERGEABLE") return position.mergeable
  return !open && position.account.bought > 0
}

const sortValue = ({ account, price, value }: Position, key: (typeof sorts)[number]): number => {
  if (key === "CURRENT_VALUE") return value
  if (key === "PRICE") return price
  if (key === "TOKENS") return account.size
  if (key === "UNREALIZED_PNL") return value - account.cost
  if (key === "REALIZED_PNL") return account.realized
  if (key === "TOTAL_PNL") return account.realized + value - account.cost
  return account.lastSeconds
}

const positionJson = (position: Position) => {
  const { account, market, state, price, value } = position
  const open = account.size > 0
  const redeemable = open && state?.status === "resolved"
  const average = open ? account.cost / account.size : account.boughtUsdc / account.bought
  const unrealized = value - account.cost
  const total = account.realized + unrealized
  return {
    proxy_wallet: account.wallet,
    token_id: account.token,
    condition_id: account.condition,
    current_size: round(account.size),
    avg_price: round(average),
    entry_cost_usdc: round(open ? account.cost : account.boughtUsdc),
    entry_fees_usdc: round(account.fees),
    total_cost_usdc: round((open ? account.cost : account.boughtUsdc) + account.fees),
    current_price: price,
    current_value: round(value),
    total_size: round(account.bought),
    realized_pnl: round(account.realized),
    unrealized_pnl: round(unrealized),
    total_pnl: round(total),
    percent_pnl: percent(total, account.boughtUsdc),
    percent_realized_pnl: percent(account.realized, account.boughtUsdc),
    status: redeemable ? "REDEEMABLE" : open ? "OPEN" : "CLOSED",
    redeemable,
    mergeable: position.mergeable,
    negative_risk: market?.event.negRisk ?? false,
    archived: false,
    title: account.title,
    slug: account.slug,
    icon: "",
    event_id: market?.event.id ?? "",
    event_slug: account.eventSlug,
    outcome: account.outcome,
    outcome_index: account.outcomeIndex,
    opposite_outcome: market?.outcomes[1 - account.outcomeIndex] ?? "",
    opposite_token_id: market?.tokens[1 - account.outcomeIndex] ?? "",
    end_date: isoDay(market?.endMs ?? 0),
    last_event_at: account.lastSeconds,
    name: "",
    profile_image: "",
    verified: false,
  }
}

/** `/data/v2/value`: what a wallet's open positions are worth, to four decimals. */
export const value = (ask: Ask): Reply =>
  Result.gen(function* () {
    const user = yield* readUser(ask)
    if (user === undefined) {
      return yield* refuse(ask, "required query param 'user' not provided", "user")
    }
    const conditions = yield* readConditions(ask)
    const wanted = conditions.length === 0 ? {} : { conditions: new Set(conditions) }
    const all = positionsOf(ask, ledgerOf(ask, { user, ...wanted }))
    const sum = all.reduce((total, position) => total + position.value, 0)
    return yield* ok({ data: { proxy_wallet: user, value: Math.round(sum * 1e4) / 1e4 } })
  })

export const holders = (ask: Ask): Reply =>
  Result.gen(function* () {
    const conditions = yield* readConditions(ask)
    if (conditions.length === 0) {
      return yield* refuse(ask, "required query param 'condition' not provided", "condition")
    }
    const withProfit = ask.query.flag("include_pnl", false)
    const limit = yield* readLimit(ask, 100, withProfit ? 100 : 1000)
    const least = ask.query.number("min_balance") ?? 0
    const data: Array<unknown> = []
    for (const condition of conditions) {
      const rows = ledgerOf(ask, { conditions: new Set([condition]) })
      const all = positionsOf(ask, rows)
      for (const token of ask.world.market(condition, ask.nowMs)?.tokens ?? []) {
        const amounts = all
          .map((position) => ({ position, amount: amountOf(position, all, withProfit) }))
          .filter(({ position, amount }) => position.account.token === token && amount > least)
          .toSorted((a, b) => b.amount - a.amount)
          .slice(0, limit)
        data.push({
          token_id: token,
          holders: amounts.map(({ position, amount }) => holderJson(position, amount, withProfit)),
        })
      }
    }
    const pagination = { limit, offset: 0, has_more: false, next_cursor: null }
    return yield* ok({ data, pagination })
  })

/** Net of the other outcome, or gross when profits are asked for. */
const amountOf = (position: Position, all: ReadonlyArray<Position>, gross: boolean): number => {
  if (gross) return position.account.size
  const other = all.find(
    ({ account }) =>
      account.wallet === position.account.wallet && account.token !== position.account.token,
  )
  return position.account.size - (other?.account.size ?? 0)
}

const holderJson = ({ account, price, value }: Position, amount: number, profit: boolean) => ({
  proxy_wallet: account.wallet,
  bio: "",
  token_id: account.token,
  pseudonym: "",
  amount: round(amount),
  display_username_public: true,
  outcome_index: account.outcomeIndex,
  name: "",
  profile_image: "",
  profile_image_optimized: "",
  verified: false,
  ...(profit
    ? {
        avg_price: round(account.size > 0 ? account.cost / account.size : 0),
        entry_cost_usdc: round(account.cost),
        current_price: price,
        current_value: round(value),
        realized_pnl: round(account.realized),
        unrealized_pnl: round(value - account.cost),
        total_pnl: round(account.realized + value - account.cost),
      }
    : {}),
})

const round = (value: number): number => Math.round(value * 1e6) / 1e6
const percent = (part: number, of: number): number => (of > 0 ? round((100 * part) / of) : 0)
const isoDay = (ms: number): string => DateTime.formatIso(DateTime.makeUnsafe(ms)).slice(0, 10)
