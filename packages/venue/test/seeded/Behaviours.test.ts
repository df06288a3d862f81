import { assert, describe, it } from "@effect/vitest"
import { behaviours } from "../../src/seeded/Behaviours.ts"
import * as SeededWorld from "../../src/seeded/SeededWorld.ts"
import { makeTraders } from "../../src/seeded/Traders.ts"
import { accountsOf } from "../../src/api/Accounts.ts"
import type { VenueRow } from "../../src/World.ts"
import { DAY, epochMs, everything } from "../Worlds.ts"

/** The whole past, once. */
const world = SeededWorld.make({ seed: 42, epochMs })
const rows = world.rows(everything, epochMs)
const traders = makeTraders(world.parameters)
const byWallet = Map.groupBy(rows, (row) => row.wallet)

const walletsOf = (name: string) =>
  traders.filter((trader) => trader.behaviour.name === name).map((trader) => trader.wallet)
const tradesOf = (wallet: string): ReadonlyArray<VenueRow> =>
  (byWallet.get(wallet) ?? []).filter((row) => row.type === "TRADE")
const ageDays = (wallet: string) => {
  const first = byWallet.get(wallet)?.[0]
  return first === undefined ? 0 : (epochMs - first.atSeconds * 1000) / DAY
}
const recent = (wallet: string) =>
  tradesOf(wallet).filter((row) => row.atSeconds * 1000 > epochMs - 30 * DAY)

/** Profit of the finished positions, and the share of them that earned something. */
const record = (wallet: string) => {
  const done = accountsOf(world, byWallet.get(wallet) ?? [], epochMs).flatMap((account) => {
    const payouts = world.resolution(account.condition, epochMs)?.payouts ?? []
    if (payouts.length === 0) return []
    const value = (account.size * payouts[account.outcomeIndex]!) / 1_000_000
    return [account.realized + value - account.cost]
  })
  const pnl = done.reduce((sum, profit) => sum + profit, 0)
  return { pnl, wins: done.filter((profit) => profit > 0).length / Math.max(1, done.length) }
}

const median = (values: ReadonlyArray<number>) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

describe("the traders of a world", () => {
  it("are a few hundred with 40 to 90 thousand trades in 180 days", () => {
    const trades = rows.filter((row) => row.type === "TRADE").length
    assert.isTrue(trades > 40_000 && trades < 90_000, String(trades))
    assert.isTrue(traders.length > 200 && traders.length < 300)
    assert.strictEqual(new Set(world.wallets).size, traders.length)
    for (const type of ["SPLIT", "MERGE", "REDEEM"]) {
      assert.isTrue(
        rows.some((row) => row.type === type),
        type,
      )
    }
  })

  it("who know something have long, profitable, moderately busy records", () => {
    for (const name of ["informed in one topic", "informed in many topics"]) {
      const wallets = walletsOf(name)
      assert.isAbove(median(wallets.map((wallet) => record(wallet).pnl)), 1000, name)
      const wins = median(wallets.map((wallet) => record(wallet).wins))
      assert.isTrue(wins > 0.55 && wins < 0.8, `${name}: ${wins}`)
      const busy = wallets.filter((wallet) => recent(wallet).length >= 50)
      assert.isAbove(busy.length, wallets.length / 2)
      assert.isTrue(busy.every((wallet) => recent(wallet).length < 600))
      assert.isTrue(wallets.every((wallet) => ageDays(wallet) > 45))
    }
  })

  it("who guess lose slowly", () => {
    const wallets = walletsOf("noise")
    assert.isBelow(median(wallets.map((wallet) => record(wallet).pnl)), 0)
    assert.isBelow(median(wallets.map((wallet) => record(wallet).wins)), 0.55)
  })

  it("keep to what their behaviour says", () => {
    for (const wallet of walletsOf("favourites only")) {
      const bought = tradesOf(wallet).filter((row) => row.side === "BUY")
      assert.isTrue(bought.every((row) => row.price >= 0.78 && row.price <= 0.97))
    }
    for (const wallet of walletsOf("longshots only")) {
      const bought = tradesOf(wallet).filter((row) => row.side === "BUY")
      assert.isTrue(bought.every((row) => row.price >= 0.02 && row.price <= 0.14))
    }
    for (const wallet of walletsOf("informed in one topic")) {
      const topics = tradesOf(wallet).map(
        (row) => world.market(row.condition, epochMs)!.event.domain,
      )
      assert.isAtMost(new Set(topics).size, 1)
    }
    for (const wallet of walletsOf("newcomer")) assert.isBelow(ageDays(wallet), 41)
    for (const wallet of walletsOf("gone")) assert.strictEqual(recent(wallet).length, 0)
    for (const wallet of walletsOf("patient")) {
      assert.isTrue(tradesOf(wallet).every((row) => row.side === "BUY"))
    }
    const machines = walletsOf("micro machine")
    const sizes = machines.flatMap((wallet) => tradesOf(wallet).map((row) => row.size * row.price))
    assert.isBelow(median(sizes), 5)
    assert.isAbove(median(machines.map((wallet) => recent(wallet).length)), 500)
  })

  it("who quote stand on both sides about evenly and pay no fee", () => {
    for (const wallet of walletsOf("two-sided quoting")) {
      const trades = tradesOf(wallet)
      const bought = trades.filter((row) => row.side === "BUY").length / trades.length
      assert.isTrue(bought > 0.3 && bought < 0.7, String(bought))
      for (const row of trades) assert.isBelow(Math.abs(row.usdc - row.size * row.price), 1e-5)
    }
  })

  it("are every kind there is", () => {
    for (const { name, traders: count } of behaviours) {
      assert.strictEqual(walletsOf(name).length, count, name)
    }
  })

  it("make purchases that win as often as the truth says, kind by kind", () => {
    let judged = 0
    for (const { name } of behaviours) {
      const events = new Map<string, { sum: number; count: number }>()
      for (const wallet of walletsOf(name)) {
        for (const row of tradesOf(wallet)) {
          const payouts = world.resolution(row.condition, epochMs)?.payouts ?? []
          const payout = payouts[row.outcomeIndex]
          if (row.side !== "BUY" || payout === undefined || payout === 500_000) continue
          const { condition, outcomeIndex, atSeconds } = row
          const said = world.truth.winChance(wallet, condition, outcomeIndex, atSeconds * 1000)!
          const event = events.get(row.eventSlug) ?? { sum: 0, count: 0 }
          event.sum += payout / 1_000_000 - said
          event.count++
          events.set(row.eventSlug, event)
        }
      }
      const all = [...events.values()]
      const count = all.reduce((total, event) => total + event.count, 0)
      const mean = all.reduce((total, event) => total + event.sum, 0) / count
      const spread = all.reduce((total, event) => total + (event.sum - mean * event.count) ** 2, 0)
      const error = Math.sqrt(spread) / count
      if (all.length < 30) continue
      judged++
      assert.isBelow(Math.abs(mean), 4 * error + 0.005, `${name}: ${mean} ± ${error}`)
    }
    assert.isAtLeast(judged, behaviours.length - 3)
  })
})
