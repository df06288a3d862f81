import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Book } from "@evaluator/domain/market/Book"
import { walkAsks, walkBids } from "@evaluator/domain/market/BookWalk"
import { ONE, price, scale, shares, usdc } from "@evaluator/domain/money/Micro"
import { bars, formatPico, receiptOf } from "@evaluator/domain/paper/Waterfall"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const micro = between(1, 999_999)
const sizes = Schema.NonEmptyArray(between(10_000, 90_000_000))

const levels = (from: number, step: number, of: ReadonlyArray<number>): Book["asks"] =>
  of.slice(0, 6).map((size, n) => ({ price: price(from + step * n), size: shares(size) }))

const fee = { rate: 40_000, exponent: 1 }

describe("a receipt", () => {
  it("worked out by hand: bought late across two levels, with a fee, and won", () => {
    // Leader 0.50; middle 0.52, best ask 0.53; 10 at 0.53 and 10 at 0.55; fee 0.2; paid 20.
    const receipt = receiptOf({
      side: "BUY",
      leaderPrice: 500_000,
      size: 20_000_000,
      takes: [
        {
          price: price(530_000),
          size: shares(10_000_000),
          gross: usdc(5_300_000),
          fee: usdc(100_000),
        },
        {
          price: price(550_000),
          size: shares(10_000_000),
          gross: usdc(5_500_000),
          fee: usdc(100_000),
        },
      ],
      bestBid: 510_000,
      bestAsk: 530_000,
      returned: 20_000_000,
      openCost: 0,
      result: 9_000_000,
    })
    assert.deepStrictEqual(
      bars.map((bar) => formatPico(receipt[bar])),
      // −10, −0.4, −0.2, −0.2, −0.2, +20; together 9.
      [
        "-10.000000",
        "-0.400000",
        "-0.200000",
        "-0.200000",
        "-0.200000",
        "20.000000",
        "0.000000",
        "0.000000",
      ],
    )
  })

  it("worked out by hand: sold late and cheaper", () => {
    // Leader 0.70; middle 0.69, best bid 0.68; 5 at 0.68 and 5 at 0.67.
    const receipt = receiptOf({
      side: "SELL",
      leaderPrice: 700_000,
      size: 10_000_000,
      takes: [
        { price: price(680_000), size: shares(5_000_000), gross: usdc(3_400_000), fee: usdc(0) },
        { price: price(670_000), size: shares(5_000_000), gross: usdc(3_350_000), fee: usdc(0) },
      ],
      bestBid: 680_000,
      bestAsk: 700_000,
      returned: 0,
      openCost: 0,
      result: 6_750_000,
    })
    assert.deepStrictEqual(
      bars.map((bar) => formatPico(receipt[bar])),
      [
        "7.000000",
        "-0.100000",
        "-0.100000",
        "-0.050000",
        "0.000000",
        "0.000000",
        "0.000000",
        "0.000000",
      ],
    )
  })

  it.prop(
    "leaves no remainder, whatever was bought, sold in parts and paid out",
    [
      micro,
      sizes,
      Schema.NullOr(between(1, 499_999)),
      between(1_000_000, 90_000_000),
      sizes,
      micro,
    ],
    ([leaderPrice, offered, bestBid, budget, parts, paid]) => {
      const walk = walkAsks(levels(500_000, 1000, offered), {
        budget: usdc(budget),
        spendable: usdc(budget * 2),
        limit: price(900_000),
        fee,
      })
      if (walk.takes.length === 0) return
      // Sales of parts of what is open, as the ledger splits cost and fee: rounded down.
      let openCost: number = walk.gross
      let openFee: number = walk.fee
      let returned = 0
      let pnl = 0
      for (const part of parts) {
        const cost = scale(openCost, part % ONE, ONE)
        const buyFee = scale(openFee, part % ONE, ONE)
        const brought = scale(cost, paid, ONE)
        returned += brought
        pnl += brought - cost - buyFee
        openCost -= cost
        openFee -= buyFee
      }
      const { remainder } = receiptOf({
        side: "BUY",
        leaderPrice,
        size: walk.size,
        takes: walk.takes,
        bestBid,
        bestAsk: 500_000,
        returned,
        openCost: openCost + openFee,
        result: pnl,
      })
      assert.strictEqual(remainder, 0n)
    },
  )

  it.prop(
    "leaves no remainder of a sale, and shows a micro that is missing",
    [micro, sizes, between(10_000, 90_000_000), between(0, 3)],
    ([leaderPrice, wanted, size, missing]) => {
      const bids = levels(500_000, -1000, wanted)
      const walk = walkBids(bids, { size: shares(size), limit: price(1000), fee })
      const { remainder } = receiptOf({
        side: "SELL",
        leaderPrice,
        size: walk.size,
        takes: walk.takes,
        bestBid: 500_000,
        bestAsk: 510_000,
        returned: 0,
        openCost: 0,
        result: walk.gross - walk.fee - missing,
      })
      assert.strictEqual(remainder, BigInt(-missing) * 1_000_000n)
    },
  )

  it("prints exactly, with more places only where there is more", () => {
    assert.strictEqual(formatPico(-1_234_567_890_000n), "-1.23456789")
    assert.strictEqual(formatPico(5n), "0.000000000005")
    assert.strictEqual(formatPico(0n), "0.000000")
  })
})
