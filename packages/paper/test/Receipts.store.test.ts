import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { receiptPage } from "@evaluator/paper/Receipts"
import { book, fill, type House, market, noon, resolved, wallet } from "./PaperHarness.ts"
import { deliver, prepared, sound } from "./CopyRuns.ts"

const day = 86_400_000
const all = { strategies: Strategy.literals }

const receiptsOf = (house: House, strategy: Strategy) => house.reports.receipts(strategy)

describe("the receipts of copies", () => {
  it.effect("name every bar between the leader's price and ours, and none is left over", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      yield* house.tell([
        {
          type: "MarketChanged",
          payload: { market: market(1, { fee: { rate: 40_000, exponent: 1 } }) },
        },
      ])
      house.venue.setBook(
        book(1, {
          bids: [[0.49, 100]],
          asks: [
            [0.51, 20],
            [0.52, 100],
          ],
        }),
      )
      yield* deliver(house, [fill({ price: 0.5 })])
      const { fidelity } = yield* receiptsOf(house, "solo")
      // 20 at 0.51 and 28.46 at 0.52: 10.20 + 14.7992. Middle 0.50: no latency; 0.01 of spread a
      // share; 0.01 of depth on 28.46; fees 20 × 0.04 × 0.2499 and 28.46 × 0.04 × 0.2496.
      assert.deepInclude(fidelity.receipts[0], {
        side: "BUY",
        copies: 1,
        leader_usdc: "-24.230000",
        latency_usdc: "0.000000",
        spread_usdc: "-0.484600",
        depth_usdc: "-0.284600",
        fee_usdc: "-0.484060",
        resolution_usdc: "0.000000",
        open_usdc: "25.483260",
        remainder_usdc: "0.000000",
      })
      assert.strictEqual(fidelity.receipts[0]!.slippage_usdc_per_share, "0.015872884853")
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const [settled] = (yield* receiptsOf(house, "solo")).fidelity.receipts
      assert.deepInclude(settled, {
        resolution_usdc: "48.460000",
        open_usdc: "0.000000",
        remainder_usdc: "0.000000",
      })
      const [careless] = (yield* receiptsOf(house, "careless")).fidelity.receipts
      assert.deepInclude(careless, { leader_usdc: "-25.000000", spread_usdc: "0.000000" })
      yield* sound(house)
    }),
  )

  it.effect("give slippage its sign: a price better than the leader's is below zero", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { bids: [[0.57, 100]], asks: [[0.58, 100]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      const { fidelity } = yield* receiptsOf(house, "portfolio")
      assert.strictEqual(fidelity.receipts[0]!.slippage_usdc_per_share, "-0.020000")
      yield* sound(house)
    }),
  )

  it.effect("are walked in the order of an index, so that no page sorts all of them anew", () =>
    Effect.gen(function* () {
      const { sql } = yield* prepared()
      const after = { atMs: 5, row: 7 }
      for (const where of [
        [sql`c.strategy = 'solo'`],
        [sql`c.strategy = 'solo'`, sql`c.wallet = x'00'`],
      ]) {
        const [text, values] = receiptPage(sql, after, where).compile()
        const plan = yield* sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values)
        const details = plan.map(({ detail }) => detail)
        assert.notInclude(details, "USE TEMP B-TREE FOR ORDER BY")
        assert.include(details[0]!, "leader_at_ms>?")
      }
    }),
  )

  it.effect("leave what a book that was changed afterwards would not have given", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { bids: [[0.58, 1000]], asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* sound(house)
      yield* house.sql`UPDATE copies SET priced_book = json_set(priced_book, '$.asks[0].price', 590000)
        WHERE strategy = 'solo'`
      const { fidelity } = yield* receiptsOf(house, "solo")
      // 41.66 shares for 0.59, and 0.60 was paid.
      assert.strictEqual(fidelity.receipts[0]!.remainder_usdc, "-0.416600")
      const evidence = yield* house.reports.evidence
      assert.deepInclude(evidence, {
        receipts_with_remainder: 1,
        takes_unlike_book: 1,
        fills_unlike_id: 0,
      })
    }),
  )

  it.effect("are counted when a leader's price, or what we took, was changed afterwards", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { bids: [[0.58, 1000]], asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* house.sql`UPDATE copies SET leader_price = 123456 WHERE strategy = 'portfolio'`
      yield* house.sql`UPDATE copies SET takes = json_set(takes, '$[0].size', 1)
        WHERE strategy = 'solo'`
      assert.deepInclude(yield* house.reports.evidence, {
        receipts_with_remainder: 0,
        takes_unlike_book: 1,
        fills_unlike_id: 1,
      })
    }),
  )

  it.effect("leave a micro that is missing", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* house.sql`UPDATE lots SET open_cost = open_cost - 1`
      const { fidelity } = yield* receiptsOf(house, "portfolio")
      assert.strictEqual(fidelity.receipts[0]!.remainder_usdc, "0.000001")
    }),
  )
})

describe("the evidence of all copies", () => {
  it.effect("says what is wrong with them, how late they were, and what a careless one earns", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { bids: [[0.5, 1000]], asks: [[0.52, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5, atMs: noon - 3000 })])
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const evidence = yield* house.reports.evidence
      assert.deepInclude(evidence, {
        copies_without_book: 0,
        copies_before_leader: 0,
        receipts_with_remainder: 0,
        // 25 / 0.50 = 50 shares against 25 / 0.52 = 48.07 for 24.9964: 25 and 23.0736.
        lie_usdc: "1.926400",
      })
      assert.strictEqual(evidence.detection_ms!.count, 1)
      assert.isAtLeast(evidence.detection_ms!.p50, 3000)
      assert.deepInclude(evidence.results.solo, { copied: 1, slippage_usdc: "0.961400" })
      yield* house.sql`UPDATE copies SET priced_book = NULL, leader_at_ms = ${noon + 1e6}
        WHERE strategy = 'solo'`
      const broken = yield* house.reports.evidence
      assert.deepInclude(broken, { copies_without_book: 1, copies_before_leader: 1 })
    }),
  )
})

describe("the fidelity of copies", () => {
  it.effect("counts the fills of seven days and those of them that were copied", () =>
    Effect.gen(function* () {
      const house = yield* prepared(all)
      house.venue.setBook(book(1, { asks: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.6 })])
      yield* deliver(house, [fill({ price: 0.6, market: 2, n: 2 })])
      const at = (strategy: Strategy) =>
        Effect.map(receiptsOf(house, strategy), ({ fidelity: { fills, copied } }) => [
          fills,
          copied,
        ])
      assert.deepStrictEqual(yield* at("solo"), [2, 1])
      assert.deepStrictEqual(yield* at("careless"), [2, 2])
      yield* house.sql`UPDATE copies SET leader_at_ms = ${noon - 8 * day}`
      assert.deepStrictEqual(yield* at("solo"), [0, 0])
    }),
  )
})

describe("the curve of a book", () => {
  it.effect(
    "has its drawdown, and the leader's prices, cash and the mean of the followed beside it",
    () =>
      Effect.gen(function* () {
        const house = yield* prepared(all)
        for (const n of [1, 2, 3]) house.venue.setBook(book(n, { asks: [[0.5, 1000]] }))
        yield* deliver(house, [fill({ price: 0.49 }), fill({ price: 0.5, market: 2, n: 2 })])
        yield* deliver(house, [fill({ price: 0.5, market: 3, n: 3, wallet: wallet(2) })])
        yield* house.tell([resolved(1, [1, 0])])
        yield* house.settle
        yield* house.sql`UPDATE results SET day = day - 1`
        // Wallet 2 has its bankroll on the second day only.
        yield* house.sql`UPDATE transfers SET at_ms = at_ms - ${day}
          WHERE kind = 'fund' AND book LIKE ${`%${wallet(1)}`}`
        yield* house.tell([resolved(2, [0, 1]), resolved(3, [0, 1])])
        yield* house.settle
        // Wallet 1: +25 on the first day, −25 on the second; wallet 2: −25 on the second.
        const { curve } = yield* receiptsOf(house, "solo")
        assert.deepStrictEqual(
          curve.map((point) => [point.day, point.equity_usdc, point.return, point.drawdown]),
          [
            ["2026-01-04", "1025.000000", 0.025, 0],
            ["2026-01-05", "1975.000000", -0.0125, 0.024691],
          ],
        )
        // At 0.49 the leader's 25 bought 51.02 shares for 24.9998.
        assert.deepStrictEqual(
          curve.map((point) => [point.leaders_return, point.cash_return, point.followed_return]),
          [
            [0.02602, 0, null],
            [-0.01199, 0, null],
          ],
        )
        const sections = yield* house.reports.wallet(wallet(1))
        const made = sections.find(({ title }) => title === "What its own book made")!
        assert.deepInclude(made.rows[1], { equity_usdc: "1000.000000", followed_return: -0.0125 })
        // The portfolio buys the same, out of one bankroll.
        const { curve: portfolio } = yield* receiptsOf(house, "portfolio")
        assert.deepInclude(portfolio.at(-1), { return: -0.025, followed_return: -0.0125 })
        assert.include(sections.find(({ title }) => title === "How close")!.says[0], "100 %")
        yield* sound(house)
      }),
  )
})
