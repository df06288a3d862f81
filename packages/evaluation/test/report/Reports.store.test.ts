import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Follow } from "@evaluator/domain/event/DomainEvent"
import { Market, Resolution } from "@evaluator/domain/market/Market"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { describeDue } from "@evaluator/evaluation/jobs/DescribeMarkets"
import { resolveDue } from "@evaluator/evaluation/jobs/ResolveMarkets"
import { replicasPage } from "@evaluator/evaluation/Replicas"
import { openFollow } from "@evaluator/evaluation/stores/Follows"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import * as Database from "@evaluator/sqlite/Database"
import { databaseAt, machinery, migrations } from "../support/EvaluatorFile.ts"
import { settingsLayer } from "../support/Defaults.ts"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, fill, market, resolution, walletNo } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day
const wallet = walletNo(1)
const bought = fill({ market: 1, tx: 7, atMs: now - day, price: 0.4, size: 25 })

const world = () => {
  const venue = new FakeVenue().addFills([bought, fill({ market: 2, tx: 8, atMs: now - 2 * day })])
  venue.markets.set(conditionNo(1), market(1, { status: "closed", endAtMs: now - 3_600_000 }))
  venue.resolutions.set(conditionNo(1), resolution(1, 0, now - 3_600_000))
  return venue
}

const live = Effect.gen(function* () {
  yield* TestClock.setTime(now)
  yield* inTransaction(addWallets([{ wallet, source: "HOLDER", condition: null }], ["activity"]))
  yield* walkWallet(wallet, { pages: 10, force: true })
  yield* describeDue
  yield* TestClock.adjust("6 seconds")
  yield* resolveDue
  yield* inTransaction(
    openFollow(
      { wallet, fromMs: now - day, toMs: null, state: "PAPER_TRADING", persona: null },
      "rules",
    ),
  )
  yield* judgeDue
})

const text = (sections: ReadonlyArray<{ says: ReadonlyArray<string> }>) =>
  sections.flatMap((section) => section.says).join("\n")

describe("reports", () => {
  it.effect("answer why for a wallet, a condition, a transaction and a fill", () =>
    Effect.gen(function* () {
      yield* live
      const reports = yield* EvaluationReports
      const ofWallet = text(yield* reports.why(wallet.toUpperCase().replace("0X", "0x")))
      assert.include(
        ofWallet,
        "STAGE1_TOO_YOUNG: its first fill is 2 days old, at least 45 are asked.",
      )
      assert.include(ofWallet, "2 fills and 0 other deeds are stored")
      const ofCondition = text(yield* reports.why(conditionNo(1)))
      assert.include(ofCondition, "Will 1 happen?")
      assert.include(ofCondition, "pays 1.000000 / 0.000000 per share")
      assert.include(text(yield* reports.why(conditionNo(2))), "Its facts are not known")
      assert.include(text(yield* reports.why(bought.transaction)), "1 stored fill")
      const ofFill = text(yield* reports.why(bought.id))
      assert.include(ofFill, "bought 25.000000 shares at 0.400000 USDC")
      assert.include(ofFill, "was followed as PAPER_TRADING")
      assert.deepStrictEqual(yield* reports.why("nonsense"), [])
      assert.deepStrictEqual(yield* reports.why(walletNo(2)), [])
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(world())),
  )

  it.effect("give each wallet one verdict and say why, in numbers that add up", () =>
    Effect.gen(function* () {
      yield* live
      yield* inTransaction(
        addWallets([{ wallet: walletNo(2), source: "HOLDER", condition: null }], ["activity"]),
      )
      const reports = yield* EvaluationReports
      assert.deepStrictEqual(yield* reports.verdicts, {
        classified: 0,
        excluded: 1,
        waiting: 1,
        discovered: 2,
      })
      const reasons = yield* reports.reasons
      assert.deepInclude(
        reasons.map((row) => ({ ...row })),
        { stage: "waiting", reason: "HISTORY_INCOMPLETE", count: 1 },
      )
      const funnel = yield* reports.funnel
      assert.strictEqual(funnel["trades"], 2)
      assert.strictEqual(funnel["excluded"], 1)
      const due = yield* reports.due
      assert.deepInclude(
        due.map((row) => ({ ...row })),
        { kind: "wallet-history", count: 2, oldest_ms: now + 6000 },
      )
      assert.deepStrictEqual(yield* reports.leaderFills(now), [bought.id])
      assert.deepStrictEqual(yield* reports.leaderFills(now - day - 1), [])
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(world())),
  )

  it.effect("answer from a read-only connection beside the one that writes", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "evaluation-reader-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
      )
      const file = join(directory, "evaluator.db")
      const reader = EvaluationReports.layer.pipe(
        Layer.provide(Database.layer({ file, lane: "reader", migrations })),
      )
      yield* Effect.gen(function* () {
        yield* live
        const answered = yield* Effect.gen(function* () {
          const reports = yield* EvaluationReports
          yield* reports.funnel
          yield* reports.due
          yield* reports.rows
          yield* reports.facts
          yield* reports.storage
          yield* reports.reasons
          yield* reports.ranking(10)
          return yield* reports.wallet(wallet)
        }).pipe(Effect.provide(reader))
        assert.strictEqual(answered.length, 9)
      }).pipe(
        Effect.provide(
          Layer.mergeAll(machinery, world().layer, settingsLayer()).pipe(
            Layer.provideMerge(databaseAt(file)),
          ),
        ),
      )
    }),
  )
})

describe("replicas", () => {
  const Page = Schema.Struct({
    markets: Schema.Array(Market),
    follows: Schema.Array(Follow),
    resolutions: Schema.Array(Resolution),
    next: Schema.NullOr(Schema.String),
  })

  it.effect(
    "hold every market that is open, traded or held once, and spans on the first page",
    () => {
      const venue = new FakeVenue()
      const numbers = Array.from({ length: 620 }, (_, n) => n + 1)
      for (const n of numbers) {
        venue.markets.set(conditionNo(n), market(n, { status: "closed", endAtMs: now - day }))
        venue.resolutions.set(conditionNo(n), resolution(n, 0, now - day))
      }
      venue.addFills(numbers.map((n) => fill({ market: n, tx: n, atMs: now - 2 * day })))
      return Effect.gen(function* () {
        yield* live
        yield* describeDue
        for (let round = 0; round < 7; round++) yield* resolveDue
        const pages: Array<typeof Page.Type> = []
        let after: string | null = null
        do {
          const answer: unknown = JSON.parse(JSON.stringify(yield* replicasPage({ after })))
          const page: typeof Page.Type = yield* Schema.decodeUnknownEffect(Page)(answer)
          pages.push(page)
          after = page.next
        } while (after !== null)
        assert.strictEqual(pages.length, 2)
        const markets = pages.flatMap((page) => page.markets.map((one) => one.condition))
        assert.strictEqual(new Set(markets).size, 620)
        assert.strictEqual(markets.length, 620)
        assert.strictEqual(pages.flatMap((page) => page.resolutions).length, 620)
        assert.deepStrictEqual(
          pages.map((page) => page.follows.length),
          [1, 0],
        )
      }).pipe(withLane(venue))
    },
  )
})
