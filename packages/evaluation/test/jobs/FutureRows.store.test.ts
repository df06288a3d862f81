import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { describeDue } from "@evaluator/evaluation/jobs/DescribeMarkets"
import { resolveDue } from "@evaluator/evaluation/jobs/ResolveMarkets"
import { scoreDue } from "@evaluator/evaluation/jobs/ScoreWallets"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { FakeVenue } from "../support/FakeVenue.ts"
import { store } from "../support/JudgedPopulation.ts"
import { conditionNo, fill, market, resolution, walletNo } from "../support/Rows.ts"
import { withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day
const wallet = walletNo(1)

const venueOfTen = () => {
  const venue = new FakeVenue()
  for (let m = 1; m <= 10; m++) {
    const end = now - m * 7 * day
    venue.markets.set(conditionNo(m), market(m, { status: "closed", endAtMs: end }))
    venue.resolutions.set(conditionNo(m), resolution(m, m % 3 === 0 ? 1 : 0, end))
    venue.addFills([fill({ wallet, market: m, price: 0.5, atMs: end - 3 * day, tx: m })])
  }
  return venue
}

/** In markets of their own, and in some whose outcome is known. */
const later = Array.from({ length: 10 }, (_, i) => ({
  wallet,
  market: i < 5 ? i + 21 : i - 4,
  price: 0.9,
  atMs: now + (i + 1) * day,
  tx: 9000 + i,
}))

/** What is stored of the wallet after it was judged and scored, with rows of the future or without. */
const said = (future: boolean) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* TestClock.setTime(now)
    yield* addWallets([{ wallet, source: "HOLDER", condition: null }], ["activity"])
    yield* walkWallet(wallet, { pages: 10, force: true })
    if (future) yield* store(later)
    yield* describeDue
    yield* TestClock.adjust("6 seconds")
    yield* resolveDue
    yield* judgeDue
    yield* scoreDue
    return {
      features: yield* sql`SELECT window_days, features FROM wallet_features ORDER BY 1`,
      scores: yield* sql`SELECT * FROM wallet_scores ORDER BY window_days`,
      gates: yield* sql`SELECT * FROM wallet_gates ORDER BY position`,
      verdict: yield* sql`SELECT verdict, verdict_reason, persona FROM wallets`,
    }
  }).pipe(Effect.orDie, withLane(venueOfTen()))

describe("purchases of the future", () => {
  it.effect("change no number, score, gate or persona of today", () =>
    Effect.gen(function* () {
      const plain = yield* said(false)
      assert.isNotEmpty(plain.features)
      assert.deepStrictEqual(yield* said(true), plain)
    }),
  )
})
