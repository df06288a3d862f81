import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { FillId } from "@evaluator/domain/Id"
import { PaperReports } from "@evaluator/paper/PaperReports"
import * as Database from "@evaluator/sqlite/Database"
import {
  book,
  fill,
  follow,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  paperMigrations,
  resolved,
  wallet,
} from "./PaperHarness.ts"

const bought = fill({ price: 0.6 })
const refused = fill({ price: 0.6, side: "SELL", n: 2, atMs: noon + 1000, wallet: wallet(2) })

const told = Effect.fnUntraced(function* () {
  yield* TestClock.setTime(noon)
  const house = yield* openHouse()
  house.venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }))
  yield* introduce(house, [market(1)], [follow(wallet(1)), follow(wallet(2))])
  yield* house.tell([ingested([bought]), ingested([refused])])
  yield* house.settle
  return house
})

describe("the reports of the fast lane", () => {
  it.effect("count outcomes up to a time, of fills within a follow as it stands now", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const { counts } = house.reports
      const both = { COPIED: 1, SKIPPED_NOTHING_TO_SELL: 1 }
      assert.deepStrictEqual((yield* counts("portfolio", null)).outcomes, both)
      assert.deepStrictEqual((yield* counts("portfolio", noon + 1000)).outcomes, both)
      assert.deepStrictEqual((yield* counts("portfolio", noon + 999)).outcomes, { COPIED: 1 })
      assert.deepStrictEqual(yield* counts("solo", null), { outcomes: {}, inFlight: 0 })
      // Told later that the follow had ended before the fill.
      const ended = follow(wallet(1), noon - 60_000, noon)
      yield* house.tell([{ type: "FollowListChanged", payload: { follows: [ended] } }])
      yield* house.settle
      assert.deepStrictEqual((yield* counts("portfolio", null)).outcomes, {
        SKIPPED_NOTHING_TO_SELL: 1,
      })
    }),
  )

  it.effect("name the fills that never got a copy", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const unknown = Array.from({ length: 700 }, (_, n) => String(n).padStart(32, "0") as FillId)
      const missing = yield* house.reports.missing([bought.id, ...unknown, refused.id], "portfolio")
      assert.deepStrictEqual(missing, unknown)
    }),
  )

  it.effect("filter and limit the list of copies, newest first", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const { copies } = house.reports
      assert.deepStrictEqual(
        (yield* copies({})).map((copy) => copy.fillId),
        [refused.id, bought.id],
      )
      assert.strictEqual((yield* copies({ limit: 1 })).length, 1)
      assert.strictEqual((yield* copies({ wallet: wallet(2) }))[0]?.fillId, refused.id)
      assert.strictEqual((yield* copies({ outcome: "COPIED", strategy: "portfolio" })).length, 1)
      assert.deepStrictEqual(yield* copies({ strategy: "careless" }), [])
    }),
  )

  it.effect("value open shares at cost, and at their payout once that is known", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const open = yield* house.reports.ledger("portfolio")
      assert.strictEqual(open.equityMicro, 1_000_000_000)
      assert.strictEqual(open.openLots, 1)
      yield* house.sql`INSERT INTO resolutions (condition_id, payouts, disputed, source, at_ms)
        SELECT condition_id, '[1000000,0]', 0, 'event', 0 FROM markets`
      const won = yield* house.reports.ledger("portfolio")
      assert.strictEqual(won.equityMicro, 1_016_664_000)
      assert.strictEqual(won.realizedPnlMicro, 0)
    }),
  )

  it.effect("explain a copied fill from the leader's trade to its payout, in plain words", () =>
    Effect.gen(function* () {
      const house = yield* told()
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const sections = yield* house.reports.why(bought.id)
      assert.deepStrictEqual(
        sections.map((section) => section.title.replace(" (portfolio)", "")),
        [
          "The leader's fill",
          "Detected",
          "Reviewed",
          "The order book",
          "Copied",
          "What became of the shares",
          "Receipt",
          "In the ledger",
        ],
      )
      const text = sections.flatMap((section) => section.says).join(" ")
      assert.include(text, "bought 100.000000 shares at 0.600000")
      assert.include(text, "the evaluation lane announced it")
      assert.include(text, "buy for up to 25.000000 USDC, at 0.620000 or better")
      assert.include(text, "We bought 41.660000 shares for 24.996000 USDC")
      assert.include(text, "the copy made 16.664000 USDC")
      for (const section of sections) assert.isAbove(section.rows.length, 0, section.title)
    }),
  )

  it.effect("explain a refusal with the gate, its value and its limit", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const sections = yield* house.reports.why(refused.id)
      const text = sections.flatMap((section) => section.says).join(" ")
      assert.include(text, "nothing-to-sell refused: 0.000000 shares against a limit of 0.000001")
      assert.include(
        text,
        "The outcome is SKIPPED_NOTHING_TO_SELL: nothing-to-sell: 0.000000 shares against a limit of 0.000001 shares.",
      )
      const gates = sections.find(({ title }) => title.startsWith("Reviewed"))?.rows ?? []
      assert.include(
        gates.map(({ gate, unit }) => `${gate} ${unit}`),
        "nothing-to-sell micro-shares",
      )
      assert.deepStrictEqual(yield* house.reports.why("0".repeat(32) as FillId), [])
    }),
  )

  it.effect("show how copying a wallet goes, and nothing for one never followed", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const sections = yield* house.reports.wallet(wallet(1))
      const text = sections.flatMap((section) => section.says).join(" ")
      assert.include(text, "It is followed now")
      assert.include(text, "portfolio: of 1 fills made while it was followed, 1 were copied")
      assert.deepStrictEqual(yield* house.reports.wallet(wallet(9)), [])
    }),
  )

  it.effect("count the wallets whose ledger is not known lately, but none no longer followed", () =>
    Effect.gen(function* () {
      const house = yield* told()
      house.venue.down.add("activity")
      yield* TestClock.adjust("4 minutes")
      const { staleFeeds } = house.reports
      assert.strictEqual(yield* staleFeeds(600_000), 0)
      assert.strictEqual(yield* staleFeeds(120_000), 2)
      const ended = follow(wallet(2), noon - 60_000, noon)
      yield* house.tell([{ type: "FollowListChanged", payload: { follows: [ended] } }])
      yield* house.settle
      assert.strictEqual(yield* staleFeeds(120_000), 1)
    }),
  )

  it.effect("answer from a read-only connection while the lane runs", () =>
    Effect.gen(function* () {
      const house = yield* told()
      const reader = yield* Layer.build(
        PaperReports.layer.pipe(
          Layer.provide(
            Database.layer({ file: house.file, lane: "reader", migrations: paperMigrations }),
          ),
          Layer.fresh,
        ),
      )
      const reports = Context.get(reader, PaperReports)
      assert.deepStrictEqual(yield* reports.copies({}), yield* house.reports.copies({}))
      assert.deepStrictEqual(yield* reports.ledgerCheck, [])
      assert.isTrue((yield* reports.ledger("portfolio")).balanced)
      assert.isAbove((yield* reports.why(bought.id)).length, 5)
    }),
  )
})
