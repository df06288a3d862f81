import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { entriesOf } from "@evaluator/evaluation/stores/Entries"
import { marketsOfConditions } from "@evaluator/evaluation/evidence/Population"
import { storeDecided, storeSettled } from "@evaluator/evaluation/stores/CopyResults"
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
    yield* sql`INSERT INTO copy_settlements (event_id, fill, strategy, wallet, condition, pnl,
        cause, at_ms) ${numbers} SELECT ${part} || i,
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

  /** Copies of fifty shares at half a dollar; what was told of the end of each as [at, shares sold, fee]. */
  const ended = (
    ends: ReadonlyArray<{
      readonly cause: "sold" | "resolved"
      readonly told: ReadonlyArray<readonly [atMs: number, sold: number, fee: number] | number>
    }>,
  ) =>
    Effect.forEach(ends, ({ cause, told }, n) =>
      Effect.gen(function* () {
        const key = {
          fill: fill({ tx: n + 1 }).id,
          strategy: "solo",
          wallet: walletNo(1),
          condition: conditionNo(n + 1),
        } as const
        yield* storeDecided({
          ...key,
          outcome: "COPIED",
          costMicro: 25_000_000,
          leaderAtMs: 1000 + n,
          met: { side: "BUY", leaderPrice: 490_000, size: 50_000_000, fee: 0, depth: 1 },
        })
        for (const [word, one] of told.entries()) {
          const [atMs, size, fee] = typeof one === "number" ? [one] : one
          yield* storeSettled(`${n}-${word}`, atMs!, {
            ...key,
            pnlMicro: 1_000_000,
            // What is told after the first is of a payout that was corrected or of a purchase taken back.
            cause: word === 0 ? cause : "resolved",
            ...(size !== undefined && { sold: { size: size * 1e6, fee: fee! * 1e6 } }),
          })
        }
      }),
    ).pipe(inTransaction)

  const lostAt = (asOfMs: number) =>
    Effect.map(readCopies(wallet, asOfMs, numbering()), ({ aShare, whole }) => ({
      whole,
      lost: [...aShare].map((one) => Math.round((one - 0.5) * 1e9) / 1e9),
    }))

  it.effect("count what was sold of a copy into its cost, half a tick a share and the fees", () =>
    Effect.gen(function* () {
      yield* ended([
        // An exit sold a part, the rest was paid out; the payout was corrected.
        {
          cause: "resolved",
          told: [
            [3000, 20, 0.25],
            [4000, 0, 0],
          ],
        },
        { cause: "resolved", told: [[3000, 0, 0]] },
        { cause: "sold", told: [[3000, 50, 0.75]] },
        // The purchase was taken back.
        {
          cause: "sold",
          told: [
            [3000, 50, 0.75],
            [4000, -50, -0.75],
          ],
        },
      ])
      assert.deepStrictEqual(yield* lostAt(3500), {
        lost: [0.007, 0, 0.02, 0.02],
        whole: false,
      })
      assert.deepStrictEqual(yield* lostAt(5000), { lost: [0.007, 0, 0.02, 0], whole: true })
    }).pipe(withLane()),
  )

  it.effect("count half a tick of a copy that was sold out before its sales were told", () =>
    Effect.gen(function* () {
      yield* ended([
        { cause: "sold", told: [3000, 4000] },
        { cause: "resolved", told: [3000] },
      ])
      assert.deepStrictEqual((yield* lostAt(5000)).lost, [0.005, 0])
      yield* ended([{ cause: "sold", told: [[3000, 50, 0.75], 4000] }])
      assert.deepStrictEqual((yield* lostAt(5000)).lost, [0.02, 0], "it is told again with them")
      yield* ended([{ cause: "sold", told: [3000] }])
      assert.deepStrictEqual((yield* lostAt(5000)).lost, [0.02, 0], "what is known stays")
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
