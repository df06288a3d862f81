/**
 * Results worked out by hand, in a comment beside each: the ledger must come to the same.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { affordable, cost, price, proceeds, shares, usdc } from "@evaluator/domain/money/Micro"
import { takerFee } from "@evaluator/domain/money/Fee"
import { book, fill, type House, market, noon, resolved, wallet } from "./PaperHarness.ts"
import { deliver, prepared, sound } from "./CopyRuns.ts"

const money = (house: House, strategy: "portfolio" | "careless" = "portfolio") =>
  house.reports.ledger(strategy)

const end = (house: House, n: number, payouts: ReadonlyArray<number>) =>
  house.tell([resolved(n, payouts)]).pipe(Effect.andThen(house.settle))

const quote = (house: House, n: number, bid: number, ask: number, outcome = 0) =>
  house.venue.setBook(book(n, { bids: [[bid, 1000]], asks: [[ask, 1000]] }, outcome))

describe("by hand", () => {
  it.effect(
    "$25 at 0.60: +16.66 when it wins, −25.00 when it loses, but for the grain of 0.01",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        for (const n of [1, 2]) {
          quote(house, n, 0.59, 0.6)
          yield* deliver(house, [fill({ market: n, price: 0.6, n })])
        }
        // 25 / 0.60 = 41.66 shares for 24.996: 41.66 − 24.996 = 16.664, and −24.996.
        yield* end(house, 1, [1, 0])
        assert.strictEqual((yield* money(house)).realizedPnlMicro, 16_664_000)
        yield* end(house, 2, [0, 1])
        assert.strictEqual((yield* money(house)).realizedPnlMicro, 16_664_000 - 24_996_000)
        yield* sound(house)
      }),
  )

  it.effect("a round trip: 50 at 0.50, half out at 0.60, the rest at 0.45", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      quote(house, 1, 0.49, 0.5)
      yield* deliver(house, [fill({ price: 0.5, size: 100 })])
      quote(house, 1, 0.6, 0.61)
      yield* deliver(house, [fill({ side: "SELL", price: 0.6, size: 50, n: 2, atMs: noon + 1 })])
      // 25 × (0.60 − 0.50) = 2.50
      assert.strictEqual((yield* money(house)).realizedPnlMicro, 2_500_000)
      quote(house, 1, 0.45, 0.46)
      yield* deliver(house, [fill({ side: "SELL", price: 0.45, size: 50, n: 3, atMs: noon + 2 })])
      // and 25 × (0.45 − 0.50) = −1.25
      assert.strictEqual((yield* money(house)).realizedPnlMicro, 1_250_000)
      assert.strictEqual((yield* money(house)).cashMicro, 1_001_250_000)
      yield* sound(house)
    }),
  )

  it.effect("a copy tells what it met: 50 at 0.51 after a leader's 0.50, of 510 USDC there", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      quote(house, 1, 0.49, 0.51)
      yield* deliver(house, [fill({ price: 0.5, size: 100 })])
      const rows = yield* house.sql<{ payload: string }>`SELECT payload FROM events
        WHERE type = 'CopyDecided' AND json_extract(payload, '$.strategy') = 'portfolio'`
      // 25 / 0.51 = 49.01 shares; the book held 1000 shares at 0.51 within the limit.
      assert.deepStrictEqual(JSON.parse(rows[0]!.payload).met, {
        side: "BUY",
        leaderPrice: 500_000,
        size: 49_010_000,
        fee: 0,
        depth: 510_000_000,
      })
    }),
  )

  it.effect("both outcomes of a market cost their sum and get back one dollar a pair", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      quote(house, 1, 0.61, 0.62, 0)
      quote(house, 1, 0.39, 0.4, 1)
      yield* deliver(house, [fill({ price: 0.62 })])
      yield* deliver(house, [fill({ price: 0.4, outcome: 1, n: 2, wallet: wallet(2) })])
      // 40.32 × 0.62 = 24.9984 and 62.50 × 0.40 = 25: Yes pays 40.32, No pays 62.50.
      yield* end(house, 1, [0, 1])
      assert.strictEqual(
        (yield* money(house)).realizedPnlMicro,
        62_500_000 - 24_998_400 - 25_000_000,
      )
      yield* sound(house)
    }),
  )

  it.effect("a purchase and a sale in a market with a fee of 4 % pay it on both sides", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const fee = { rate: 40_000, exponent: 1 }
      yield* house.tell([{ type: "MarketChanged", payload: { market: market(1, { fee }) } }])
      quote(house, 1, 0.49, 0.5)
      yield* deliver(house, [fill({ price: 0.5, size: 100 })])
      quote(house, 1, 0.6, 0.61)
      yield* deliver(house, [fill({ side: "SELL", price: 0.6, size: 100, n: 2, atMs: noon + 1 })])
      // Fees 50 × 0.04 × 0.25 = 0.50 and 50 × 0.04 × 0.24 = 0.48; 50 × 0.10 − 0.98 = 4.02.
      assert.strictEqual((yield* money(house)).feesMicro, 980_000)
      assert.strictEqual((yield* money(house)).realizedPnlMicro, 4_020_000)
      yield* sound(house)
    }),
  )

  it.effect(
    "a tick that gets finer while an order is on its way lets it meet the finer prices",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared()
        quote(house, 1, 0.59, 0.6)
        const change = { market: market(1, { tick: price(1000) }) }
        yield* house.tell([{ type: "MarketChanged", payload: change }])
        quote(house, 1, 0.59, 0.605)
        yield* deliver(house, [fill({ price: 0.6 })])
        const [copy] = yield* house.reports.copies({})
        // 25 / 0.605 = 41.32 shares for 24.9986.
        assert.deepInclude(copy, { outcome: "COPIED", size: 41_320_000, gross: 24_998_600 })
        yield* sound(house)
      }),
  )

  it("$25 at 0.60 without the grain: 41.666666 shares, +16.67 when they win, −25.00 when not", () => {
    const bought = affordable(usdc(25_000_000), price(600_000))
    const paid = cost(bought, price(600_000))
    assert.strictEqual(((proceeds(bought, price(1_000_000)) - paid) / 1e6).toFixed(2), "16.67")
    assert.strictEqual(((proceeds(bought, price(0)) - paid) / 1e6).toFixed(2), "-25.00")
  })

  it.effect("a market that ends 50/50 pays half a dollar a share of either outcome", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      quote(house, 1, 0.59, 0.6, 0)
      quote(house, 1, 0.39, 0.4, 1)
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* deliver(house, [fill({ price: 0.4, outcome: 1, n: 2, wallet: wallet(2) })])
      yield* end(house, 1, [0.5, 0.5])
      // 41.66 × 0.50 − 24.996 = −4.166 and 62.50 × 0.50 − 25 = +6.25.
      assert.strictEqual((yield* money(house)).realizedPnlMicro, -4_166_000 + 6_250_000)
      yield* sound(house)
    }),
  )

  it.effect("a purchase across three levels pays each its own price", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const asks = [
        [0.6, 10],
        [0.61, 10],
        [0.62, 5],
      ] as const
      house.venue.setBook(book(1, { bids: [[0.59, 10]], asks }))
      yield* deliver(house, [fill({ price: 0.6 })])
      // 6.00 + 6.10 + 3.10 = 15.20 for 25 shares; the book has no more within 0.62.
      const [copy] = yield* house.reports.copies({})
      assert.deepInclude(copy, { size: 25_000_000, gross: 15_200_000 })
      yield* end(house, 1, [1, 0])
      assert.strictEqual((yield* money(house)).realizedPnlMicro, 9_800_000)
      yield* sound(house)
    }),
  )

  it.effect("a payout that is corrected from a win to a loss takes the win back", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      quote(house, 1, 0.59, 0.6)
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* end(house, 1, [1, 0])
      assert.strictEqual((yield* money(house)).realizedPnlMicro, 16_664_000)
      yield* end(house, 1, [0, 1])
      yield* TestClock.adjust("10 minutes")
      yield* house.settle
      assert.strictEqual((yield* money(house)).realizedPnlMicro, -24_996_000)
      yield* sound(house)
    }),
  )

  // Shares × rate × p × (1 − p), to five decimals; 100 shares, but 103.125 at 0.96.
  const fees = [
    ["sports until 2026-07", 0.03, [0.27, 0.63, 0.75, 0.48, 0.1188]],
    ["finance, politics, tech, mentions", 0.04, [0.36, 0.84, 1, 0.64, 0.1584]],
    ["sports, economics, culture, weather, other", 0.05, [0.45, 1.05, 1.25, 0.8, 0.198]],
    ["crypto", 0.07, [0.63, 1.47, 1.75, 1.12, 0.2772]],
    ["geopolitics", 0, [0, 0, 0, 0, 0]],
  ] as const
  const prices = [0.1, 0.3, 0.5, 0.8, 0.96]
  it("the fee is rounded to five decimals and is nothing below them", () => {
    const politics = { rate: 40_000, exponent: 1 }
    // 0.37 × 0.04 × 0.1234 × 0.8766 = 0.00160095…; 0.01 × 0.04 × 0.02 × 0.98 = 0.00000784.
    assert.strictEqual(takerFee(shares(370_000), price(123_400), politics), 1600)
    assert.strictEqual(takerFee(shares(10_000), price(20_000), politics), 0)
    // 0.25 × 0.04 × 0.0105 × 0.9895 = 0.000103897…
    assert.strictEqual(takerFee(shares(250_000), price(10_500), politics), 100)
  })

  it("the fee of an old crypto schedule has an exponent of two", () => {
    // 100 × 0.25 × (0.6 × 0.4)² = 1.44
    const fee = takerFee(shares(100_000_000), price(600_000), { rate: 250_000, exponent: 2 })
    assert.strictEqual(fee, 1_440_000)
  })

  for (const [category, rate, expected] of fees) {
    it(`the fee of ${category} at five prices`, () => {
      const found = prices.map((at) => {
        const schedule = { rate: Math.round(rate * 1e6), exponent: 1 }
        const size = shares(at === 0.96 ? 103_125_000 : 100_000_000)
        return takerFee(size, price(Math.round(at * 1e6)), schedule) / 1e6
      })
      assert.deepStrictEqual(found, [...expected])
    })
  }
})
