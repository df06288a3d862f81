/**
 * What wallets hold and have made, out of their rows: average cost, taker fees apart.
 *
 * Rows come oldest first; a fill that stands twice in a recording counts once. Redemptions close
 * the outcome that paid (or the one that did not, for a row over nothing).
 */
import type { VenueRow, World } from "../World.ts"

export interface Account {
  readonly wallet: string
  readonly condition: string
  readonly token: string
  readonly outcomeIndex: number
  readonly title: string
  readonly slug: string
  readonly eventSlug: string
  readonly outcome: string
  size: number
  /** USDC paid for what is still held, without fees. */
  cost: number
  bought: number
  boughtUsdc: number
  fees: number
  realized: number
  lastSeconds: number
}

/** Shares below this are dust of rounding. */
const dust = 0.005

export const accountsOf = (
  world: World,
  rows: ReadonlyArray<VenueRow>,
  nowMs: number,
): ReadonlyArray<Account> => {
  const accounts = new Map<string, Account>()
  /** The accounts of a wallet in a condition. */
  const together = new Map<string, Array<Account>>()
  const seen = new Set<string>()
  const open = (row: VenueRow, index: number): Account | null => {
    const market = world.market(row.condition, nowMs)
    const token = row.token !== "" ? row.token : (market?.tokens[index] ?? "")
    if (token === "") return null
    const key = `${row.wallet}:${token}`
    const known = accounts.get(key)
    if (known !== undefined) return known
    const fresh: Account = {
      wallet: row.wallet,
      condition: row.condition,
      token,
      outcomeIndex: index,
      title: row.title,
      slug: row.slug,
      eventSlug: row.eventSlug,
      outcome: market?.outcomes[index] ?? row.outcome,
      size: 0,
      cost: 0,
      bought: 0,
      boughtUsdc: 0,
      fees: 0,
      realized: 0,
      lastSeconds: 0,
    }
    accounts.set(key, fresh)
    const shared = `${row.wallet}:${row.condition}`
    together.set(shared, [...(together.get(shared) ?? []), fresh])
    return fresh
  }
  for (const row of rows) {
    if (row.recorded !== undefined) {
      const key = [row.transaction, row.wallet, row.type, row.token, row.side, row.price, row.size]
      if (seen.has(key.join(":"))) continue
      seen.add(key.join(":"))
    }
    if (row.type === "TRADE") {
      const account = open(row, row.outcomeIndex)
      if (account !== null) trade(account, row)
    } else if (row.type === "SPLIT" || row.type === "MERGE") {
      for (const index of [0, 1]) {
        const account = open(row, index)
        if (account === null) continue
        if (row.type === "SPLIT") buy(account, row.size, row.size / 2, row.atSeconds)
        else sell(account, row.size, row.size / 2, row.atSeconds)
      }
    } else if (row.type === "REDEEM") {
      redeem(world, together.get(`${row.wallet}:${row.condition}`) ?? [], row, nowMs)
    }
  }
  return [...accounts.values()]
}

const trade = (account: Account, row: VenueRow): void => {
  const notional = row.size * row.price
  if (!(notional >= 0)) return
  account.fees += row.side === "BUY" ? Math.max(0, row.usdc - notional) : 0
  if (row.side === "BUY") buy(account, row.size, notional, row.atSeconds)
  else sell(account, row.size, row.usdc >= 0 ? row.usdc : notional, row.atSeconds)
}

const buy = (account: Account, size: number, usdc: number, seconds: number): void => {
  account.size += size
  account.cost += usdc
  account.bought += size
  account.boughtUsdc += usdc
  account.lastSeconds = seconds
}

/** Shares nobody saw bought are sold at no cost to the average. */
const sell = (account: Account, size: number, usdc: number, seconds: number): void => {
  const known = Math.min(size, account.size)
  const cost = account.size > 0 ? (account.cost * known) / account.size : 0
  account.realized += (size > 0 ? (usdc * known) / size : usdc) - cost
  account.size -= known
  account.cost -= cost
  account.lastSeconds = seconds
  if (account.size < dust) {
    account.size = 0
    account.cost = 0
  }
}

const redeem = (
  world: World,
  accounts: ReadonlyArray<Account>,
  row: VenueRow,
  nowMs: number,
): void => {
  const payouts = world.resolution(row.condition, nowMs)?.payouts ?? []
  for (const account of accounts) {
    const payout = payouts[account.outcomeIndex]
    const pays = payout === undefined ? row.usdc > 0 : payout > 0
    if (pays !== row.usdc > 0 || account.size === 0) continue
    const value = payout === undefined ? row.usdc : (account.size * payout) / 1_000_000
    sell(account, account.size, value, row.atSeconds)
  }
}
