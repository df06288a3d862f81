import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { entriesOf } from "@evaluator/evaluation/stores/Entries"
import { marketsOfConditions } from "@evaluator/evaluation/evidence/Population"
import { storeDecided, storeSettled } from "@evaluator/evaluation/stores/CopyResults"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { readCopies, readFacts, readPurchases } from "@evaluator/evaluation/stores/JudgedRows"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import { conditionNo, fill, market, walletNo } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

const wallet = hexToBytes(walletNo(1))
const rows = 4500
const fillNo8 = hexToBytes(`0x${"8".padStart(32, "0")}`)

/** First purchases whose order in time is not that of their conditions, each copied and settled twice. */
const many = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const numbers = sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < ${rows})`
  yield* sql`INSERT INTO wallet_entries ${numbers} SELECT ${wallet}, unhex(printf('%064x', i)),
    unhex(printf('%032x', i)), 0, (i * 7919) % 4507, 500000, 1000000, 490000 + i, 5000, 1,
    (i * 7919) % 4507 FROM n`
  yield* sql`INSERT INTO copy_results (fill, strategy, wallet, condition, outcome, cost,
      leader_at_ms, side, leader_price, size, fee, depth) ${numbers}
    SELECT unhex(printf('%032x', i)), 'solo', ${wallet}, unhex(printf('%064x', i)), 'COPIED',
      1000000, i / 3, 'BUY', 500000, 2000000, 0, 1000000 FROM n`
  for (const part of ["a", "b"]) {
    yield* sql`INSERT INTO copy_settlements ${numbers} SELECT ${part} || i,
      unhex(printf('%032x', i)), 'solo', ${wallet}, unhex(printf('%064x', i)), i, 'resolved',
      i / 5 FROM n`
  }
}).pipe(Effect.orDie)

/** As many numbers as conditions that differ. */
const numbering = () => {
  const known = new Set<string>()
  return (condition: Uint8Array) => known.add(Buffer.from(condition).toString("hex")).size - 1
}

describe("the rows of a judgement", () => {
  it.effect("are all first purchases, however many", () =>
    Effect.gen(function* () {
      yield* many
      const { atMs, market, mid, whole } = yield* readPurchases(wallet, 5000, numbering())
      assert.isTrue(whole)
      assert.strictEqual(new Set(market).size, rows)
      assert.deepStrictEqual(
        [...mid],
        Array.from({ length: rows }, (_, i) => 490_001 + i),
      )
      assert.strictEqual(atMs[2], (3 * 7919) % 4507)
      const early = yield* readPurchases(wallet, 2000, numbering())
      assert.isFalse(early.whole)
      assert.isBelow(Math.max(...early.atMs), 2001)
    }).pipe(withLane()),
  )

  it.effect("are all settled copies, with what all their settlements earned", () =>
    Effect.gen(function* () {
      yield* many
      const { aShare, market, middle, rate } = yield* readCopies(wallet, 5000, numbering())
      assert.strictEqual(new Set(market).size, rows)
      assert.deepStrictEqual(
        [...rate],
        Array.from({ length: rows }, (_, i) => (2 * (i + 1)) / 1_000_000),
      )
      assert.strictEqual(aShare[7], 0.5)
      assert.strictEqual(middle[7], 0.490008)
    }).pipe(withLane()),
  )

  it.effect("are not whole while the purchase behind a copy was not seen yet", () =>
    Effect.gen(function* () {
      yield* many
      yield* SqlClient.SqlClient.use(
        (sql) => sql`UPDATE wallet_entries SET seen_at_ms = 6000 WHERE fill = ${fillNo8}`,
      ).pipe(Effect.orDie)
      const unseen = yield* readCopies(wallet, 5000, numbering())
      assert.isFalse(unseen.whole)
      assert.strictEqual(unseen.middle[7], 0.495)
      const seen = yield* readCopies(wallet, 6000, numbering())
      assert.isTrue(seen.whole)
      assert.strictEqual(seen.middle[7], 0.490008)
    }).pipe(withLane()),
  )

  it.effect(
    "count what its sale lost into the cost of a copy that ended by it, and by it alone",
    () =>
      Effect.gen(function* () {
        const fills = { sold: 1, first: 2, second: 3, later: 4, resolved: 5 }
        const idOf = (n: number) => fill({ tx: n }).id
        const decided = (
          n: number,
          side: "BUY" | "SELL",
          leaderAtMs: number,
          fee: number,
          { market = 1, size = 50_000_000 } = {},
        ) =>
          storeDecided({
            fill: idOf(n),
            strategy: "solo",
            wallet: walletNo(1),
            condition: conditionNo(market),
            outcome: "COPIED",
            costMicro: side === "BUY" ? 25_000_000 : -20_000_000,
            leaderAtMs,
            met: { side, leaderPrice: 490_000, size, fee, depth: 1 },
          })
        const settled = (n: number, atMs: number, cause: "sold" | "resolved", market = 1) =>
          storeSettled(`${n}-${atMs}`, atMs, {
            fill: idOf(n),
            strategy: "solo",
            wallet: walletNo(1),
            condition: conditionNo(market),
            pnlMicro: 1_000_000,
            cause,
          })
        yield* Effect.gen(function* () {
          yield* decided(fills.sold, "BUY", 1000, 500_000)
          yield* decided(fills.first, "SELL", 2000, 250_000, { size: 20_000_000 })
          yield* decided(fills.second, "SELL", 3000, 500_000, { size: 30_000_000 })
          yield* settled(fills.sold, 3100, "sold")
          // A sale after the end says nothing of it, nor does a correction of the result.
          yield* decided(fills.later, "SELL", 4000, 5_000_000)
          yield* settled(fills.sold, 4500, "resolved")
          yield* decided(fills.resolved, "BUY", 1000, 500_000, { market: 2 })
          yield* settled(fills.resolved, 4600, "resolved", 2)
        }).pipe(inTransaction)
        const { aShare, middle, rate } = yield* readCopies(wallet, 5000, numbering())
        const [soldAt, resolvedAt] = [...rate].map((one) => Math.round(one * 100)) as [
          number,
          number,
        ]
        assert.deepStrictEqual([soldAt, resolvedAt].toSorted(), [4, 8])
        const ended = soldAt === 8 ? 0 : 1
        // Half a tick, and three quarters of a dollar in fees over fifty shares.
        assert.approximately(aShare[ended]!, 0.5 + 0.005 + 0.015, 1e-12)
        assert.strictEqual(aShare[1 - ended], 0.5)
        assert.deepStrictEqual([...middle], [0.485, 0.485])
      }).pipe(withLane()),
  )

  it.effect(
    "count what a sale of a part lost, of the copies first bought, by the shares sold",
    () =>
      Effect.gen(function* () {
        const rows = [
          // Two purchases of one outcome, one of the other; 60 shares sold take 50 of the first and 10 of the second.
          { tx: 1, side: "BUY", outcome: 0, atMs: 1000, size: 50, fee: 0.5, ends: 5000 },
          { tx: 2, side: "BUY", outcome: 1, atMs: 1100, size: 50, fee: 0.5, ends: 5000 },
          { tx: 3, side: "BUY", outcome: 0, atMs: 1200, size: 50, fee: 0.5, ends: 5000 },
          { tx: 4, side: "SELL", outcome: 0, atMs: 2000, size: 60, fee: 1.2, ends: null },
        ] as const
        const fills = rows.map(({ atMs, outcome, side, tx }) =>
          fill({ wallet: walletNo(1), market: 1, outcome, side, tx, atMs, price: 0.49 }),
        )
        const stored = fills.map((one) => ({
          value: { kind: "fill" as const, fill: one },
          recorded: null,
        }))
        const copied = (at: number) =>
          Effect.gen(function* () {
            const { ends, fee, side, size } = rows[at]!
            const { atMs: leaderAtMs, condition, id, wallet: leader } = fills[at]!
            const key = { fill: id, strategy: "solo", wallet: leader, condition } as const
            yield* storeDecided({
              ...key,
              outcome: "COPIED",
              costMicro: side === "BUY" ? 25_000_000 : -25_000_000,
              leaderAtMs,
              met: { side, leaderPrice: 490_000, size: size * 1e6, fee: fee * 1e6, depth: 1 },
            })
            // The first was sold out by the sale, the others were paid out.
            const cause = at === 0 ? "sold" : "resolved"
            if (ends === null) return
            yield* storeSettled(id, at === 0 ? 2100 : ends, { ...key, pnlMicro: 1_000_000, cause })
          })
        yield* TestClock.setTime(3000)
        yield* Effect.forEach([0, 1, 2, 3], copied).pipe(inTransaction)
        const early = yield* readCopies(wallet, 6000, numbering())
        assert.isFalse(early.whole)
        yield* storeRows(stored).pipe(inTransaction)
        const { aShare, whole } = yield* readCopies(wallet, 6000, numbering())
        assert.isTrue(whole)
        const lost = [...aShare].map((one) => one - 0.5)
        // Two cents of fee a share sold, and half a tick.
        assert.approximately(lost[0]!, 0.025, 1e-12)
        assert.approximately(lost[1]!, 0, 1e-12)
        assert.approximately(lost[2]!, 0.025 * (10 / 50), 1e-12)
      }).pipe(withLane()),
  )

  it.effect("say of a market whether it is one answer of a race", () =>
    Effect.gen(function* () {
      const listed = [market(1, { negRisk: true }), market(2)]
      yield* upsertMarkets(listed, {
        refreshMs: 1000,
        checkAtMostEveryMs: 1000,
      }).pipe(inTransaction)
      const facts = yield* readFacts([1, 2, 3].map(conditionNo), 5000)
      assert.deepStrictEqual(
        facts.map(({ exclusive }) => exclusive),
        [true, false, false],
      )
      const { exclusive } = marketsOfConditions([1, 2, 3].map(conditionNo), facts)
      assert.deepStrictEqual(exclusive, [true, false, false])
    }).pipe(withLane()),
  )

  it.effect("are told to a reader in time order", () =>
    Effect.gen(function* () {
      yield* many
      const entries = yield* entriesOf(wallet, 5000)
      assert.lengthOf(entries, rows)
      const times = entries.map(({ atMs }) => atMs)
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      assert.isAbove((yield* entriesOf(wallet, 2000)).length, 1900)
    }).pipe(withLane()),
  )
})
