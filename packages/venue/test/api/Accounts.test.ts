import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { accountsOf } from "../../src/api/Accounts.ts"
import type { VenueRow } from "../../src/World.ts"
import { epochMs, smallWorld } from "../Worlds.ts"

const world = smallWorld(42, { pastDays: 3 })
const market = world.markets(epochMs).at(-1)!

const Deal = Schema.Struct({
  buys: Schema.Boolean,
  outcome: Schema.Literals([0, 1]),
  cents: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })),
  price: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 99 })),
})

const rowOf = (deal: typeof Deal.Type, i: number, recorded?: string): VenueRow => ({
  position: i,
  type: "TRADE",
  wallet: `0x${"a".repeat(40)}`,
  side: deal.buys ? "BUY" : "SELL",
  token: market.tokens[deal.outcome]!,
  condition: market.condition,
  size: deal.cents / 100,
  price: deal.price / 100,
  usdc: (deal.cents * deal.price) / 10_000,
  atSeconds: 1_700_000_000 + i,
  visibleMs: 0,
  title: "",
  slug: "",
  eventSlug: "",
  outcome: "",
  outcomeIndex: deal.outcome,
  transaction: `0x${i.toString(16).padStart(64, "0")}`,
  pseudonym: "",
  ...(recorded === undefined ? {} : { recorded }),
})

describe("an account", () => {
  it.effect.prop(
    "is never short, and made what its covered sales brought less what they had cost",
    [Schema.Array(Deal)],
    ([deals]) =>
      Effect.sync(() => {
        const accounts = accountsOf(
          world,
          deals.map((deal, i) => rowOf(deal, i)),
          epochMs,
        )
        for (const account of accounts) {
          const mine = deals.filter((deal) => market.tokens[deal.outcome] === account.token)
          let [held, cost, realized] = [0, 0, 0]
          for (const deal of mine) {
            if (deal.buys) {
              held += deal.cents
              cost += deal.cents * deal.price
            } else if (held > 0) {
              const sold = Math.min(held, deal.cents)
              realized += sold * deal.price - (cost * sold) / held
              cost -= (cost * sold) / held
              held -= sold
            }
          }
          assert.isAtLeast(account.size, 0)
          assert.isBelow(Math.abs(account.size - held / 100), 0.006)
          assert.isBelow(Math.abs(account.realized - realized / 10_000), 0.01 + mine.length / 100)
        }
      }),
  )

  it.effect.prop(
    "counts a recorded fill once, however often it stands there",
    [Schema.Array(Deal)],
    ([deals]) =>
      Effect.sync(() => {
        const once = deals.map((deal, i) => rowOf(deal, i, `trades/a:${i}`))
        const thrice = once.flatMap((row) => [row, { ...row, recorded: "activity/b:1" }, row])
        assert.deepEqual(accountsOf(world, thrice, epochMs), accountsOf(world, once, epochMs))
      }),
  )
})
