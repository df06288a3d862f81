import { assert, describe, it } from "@effect/vitest"
import { SECOND } from "../../src/seeded/Durations.ts"
import { epochMs, everything, smallWorld } from "../Worlds.ts"

const world = smallWorld(42, { pastDays: 60 })
const rows = world.rows(everything, epochMs)
const byWallet = Map.groupBy(rows, (row) => row.wallet)
const groupsOf = (name: string) => [
  ...new Set(
    world.truth.wallets
      .filter(({ behaviour }) => behaviour === name)
      .map(({ group }) => group.join(" ")),
  ),
]

describe("traders who act together", () => {
  it("buy the same outcomes seconds apart, each its own size", () => {
    let together = 0
    let all = 0
    for (const group of groupsOf("acting together")) {
      const [first, ...others] = group.split(" ").map((wallet) => byWallet.get(wallet) ?? [])
      for (const row of first!.filter(({ type, side }) => type === "TRADE" && side === "BUY")) {
        for (const other of others) {
          all++
          const twin = other.find(
            ({ token, side, atSeconds }) =>
              token === row.token && side === "BUY" && Math.abs(atSeconds - row.atSeconds) <= 31,
          )
          if (twin === undefined) continue
          together++
          assert.notStrictEqual(twin.size, row.size)
        }
      }
    }
    assert.isAbove(all, 100)
    assert.isAbove(together / all, 0.8)
  })

  it("in a wash pair sell each other what they buy, at one price in one transaction", () => {
    let fills = 0
    for (const group of groupsOf("wash pair")) {
      const [one, other] = group
        .split(" ")
        .map((wallet) => (byWallet.get(wallet) ?? []).filter(({ type }) => type === "TRADE"))
      assert.strictEqual(one!.length, other!.length)
      for (const [i, row] of one!.entries()) {
        fills++
        const twin = other![i]!
        assert.deepEqual(
          [twin.transaction, twin.token, twin.price, twin.size, twin.atSeconds],
          [row.transaction, row.token, row.price, row.size, row.atSeconds],
        )
        assert.notStrictEqual(twin.side, row.side)
      }
    }
    assert.isAbove(fills, 50)
  })

  it("that know the end of one event bet on it as on nothing else", () => {
    const lucky = world.truth.wallets.filter(({ behaviour }) => behaviour === "one lucky event")
    const median = (values: ReadonlyArray<number>) =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
    const spent = { knowing: new Array<number>(), guessing: new Array<number>() }
    for (const { wallet } of lucky) {
      for (const row of byWallet.get(wallet) ?? []) {
        if (row.side !== "BUY") continue
        const { condition, outcomeIndex, atSeconds } = row
        const chance = world.truth.winChance(wallet, condition, outcomeIndex, atSeconds * SECOND)
        assert.notStrictEqual(chance, 0)
        spent[chance === 1 ? "knowing" : "guessing"].push(row.usdc)
      }
    }
    assert.isTrue(spent.knowing.length >= 2 && spent.knowing.length <= 3 * lucky.length)
    assert.isAbove(median(spent.knowing), 8 * median(spent.guessing))
  })
})
