import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"
import { slippageOf } from "@evaluator/evaluation/evidence/Copyable"
import { populationAt } from "@evaluator/evaluation/evidence/Population"
import { entriesOf } from "@evaluator/evaluation/stores/Entries"
import { soloCopies } from "@evaluator/evaluation/stores/Evidence"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { weighedAfter } from "@evaluator/evaluation/stores/Verdicts"
import type { WalletEvidence } from "@evaluator/judgement/Evidence"
import { judge, judgeInSteps } from "@evaluator/judgement/Judge"
import { standard } from "@evaluator/judgement/Settings"
import { finished } from "@evaluator/judgement/Steps"
import {
  copied,
  day,
  now,
  populated,
  store,
  wallets,
  weighAll,
} from "../support/JudgedPopulation.ts"
import { resolution, walletNo } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

/** A wallet's evidence row by row, as readers show it. */
const evidenceOf = Effect.fnUntraced(function* (wallet: Uint8Array, asOfMs: number) {
  const entries = yield* entriesOf(wallet, asOfMs)
  const copies = yield* soloCopies(wallet, asOfMs)
  const mids = new Map(entries.map((entry) => [bytesToHex(entry.fill), entry.mid / ONE]))
  const evidence: WalletEvidence = {
    wallet: bytesToHex(wallet),
    entries: entries.map((entry) => ({
      event: entry.event,
      condition: bytesToHex(entry.condition),
      outcomeIndex: entry.outcomeIndex,
      atMs: entry.atMs,
      price: entry.mid / ONE,
      payout: entry.payout === null ? null : entry.payout / ONE,
      resolvedAtMs: entry.resolvedAtMs,
      costMicro: 1,
    })),
    copies: copies.flatMap((copy) =>
      copy.pnl === null || copy.met === null
        ? []
        : [
            {
              event: copy.event ?? bytesToHex(copy.condition),
              condition: bytesToHex(copy.condition),
              atMs: copy.leaderAtMs,
              settledAtMs: copy.settledAtMs!,
              costMicro: copy.cost,
              pnlMicro: copy.pnl,
              slippage: slippageOf(copy)! / ONE,
              outlay: {
                aShare: copy.cost / copy.met.size,
                middle: mids.get(bytesToHex(copy.fill)) ?? copy.met.leaderPrice / ONE - 0.005,
              },
            },
          ],
    ),
    exclusions: [],
    completeShare: 1,
  }
  return evidence
})

/** What the judgement of a moment says by the columns, beside what all rows at once say. */
const bothSay = Effect.fnUntraced(function* (asOfMs: number) {
  const { markets, records } = yield* populationAt(asOfMs)
  const whole = records.map((record) => ({ ...record, exclusions: [], completeShare: 1 }))
  const byColumns = finished(judgeInSteps(whole, markets, asOfMs, standard))
  const rows = yield* weighedAfter(new Uint8Array(0), wallets)
  const evidence = yield* Effect.forEach(rows, ({ wallet }) => evidenceOf(wallet, asOfMs))
  return { byColumns, byRows: judge(evidence, asOfMs, standard) }
})

const assertSame = ({ byColumns, byRows }: Effect.Success<ReturnType<typeof bothSay>>) => {
  assert.lengthOf(byColumns.wallets, wallets)
  for (const [i, one] of byColumns.wallets.entries()) {
    const other = byRows.wallets[i]!
    assert.deepStrictEqual(
      [one.wallet, one.verdict, one.sample],
      [other.wallet, other.verdict, other.sample],
    )
    assert.approximately(one.localFdr, other.localFdr, 1e-9)
    assert.approximately(one.copyProfit.mean, other.copyProfit.mean, 1e-9)
    assert.approximately(one.copyProfit.low, other.copyProfit.low, 1e-4)
  }
  assert.approximately(byColumns.population.rho, byRows.population.rho, 1e-9)
  assert.deepStrictEqual(byColumns.population.clusters, byRows.population.clusters)
}

const samples = ({ byColumns }: Effect.Success<ReturnType<typeof bothSay>>) =>
  byColumns.wallets.find(({ wallet }) => wallet === walletNo(1))!.sample

/** Outcomes, purchases and copies that come after a first judgement. */
const growing = Effect.gen(function* () {
  yield* populated
  yield* weighAll
  const first = yield* bothSay(now)
  assertSame(first)
  yield* TestClock.setTime(now + day)
  yield* copied(6, now - day, 60)
  const second = yield* bothSay(now + day)
  assertSame(second)
  yield* store([
    { wallet: walletNo(1), market: 1, atMs: now - 70 * day, price: 0.2, tx: 70_001 },
    { wallet: walletNo(1), market: 77, atMs: now + 1, tx: 70_002 },
    { wallet: walletNo(3), market: 77, atMs: now + 900_000, outcome: 1, tx: 70_003 },
  ])
  yield* SqlClient.SqlClient.use(
    (sql) => sql`UPDATE wallet_evidence SET read_through_ms = NULL`,
  ).pipe(Effect.orDie)
  yield* weighAll
  yield* storeResolution(resolution(77, 0, now + day)).pipe(inTransaction)
  const third = yield* bothSay(now + day)
  assertSame(third)
  // At the earlier moment nothing of it was visible, whatever is remembered of the later one.
  assertSame(yield* bothSay(now))
  return { first, second, third }
})

describe("the evidence of all wallets", () => {
  it.effect("says by column what all rows say at once, first and after every change", () =>
    Effect.gen(function* () {
      const { first, second, third } = yield* growing
      assert.deepStrictEqual(samples(first), { events: 30, entries: 30, copies: 12 })
      assert.deepStrictEqual(samples(second), { events: 30, entries: 30, copies: 18 })
      assert.deepStrictEqual(samples(third), { events: 31, entries: 31, copies: 18 })
    }).pipe(withLane()),
  )

  it.effect("drops no row when there are more than are remembered", () =>
    growing.pipe(withLane(undefined, { verdicts: { remembered_rows: 40 } })),
  )

  it.effect("remembers no more rows than it may", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      const [before, after] = [yield* populationAt(now), yield* populationAt(now)]
      const same = after.records.filter(
        ({ purchases }, i) => purchases.market === before.records[i]!.purchases.market,
      )
      // Each brings thirty.
      assert.lengthOf(same, 2)
    }).pipe(withLane(undefined, { verdicts: { remembered_rows: 89 } })),
  )

  it.effect("reads a wallet again only when something of it was written", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      const before = yield* populationAt(now)
      yield* copied(1, now - day, 60)
      const after = yield* populationAt(now)
      for (const [i, { copies, purchases, wallet }] of after.records.entries()) {
        const { purchases: first, copies: then } = before.records[i]!
        assert.strictEqual(purchases.market, first.market)
        assert.strictEqual(copies.rate === then.rate, wallet !== walletNo(1))
      }
    }).pipe(withLane()),
  )

  it.effect("of an earlier moment is not what is remembered of a later one", () =>
    Effect.gen(function* () {
      yield* populated
      yield* weighAll
      yield* SqlClient.SqlClient.use(
        (sql) => sql`UPDATE wallet_entries SET seen_at_ms = at_ms`,
      ).pipe(Effect.orDie)
      yield* populationAt(now)
      const earlier = now - 40 * day
      const { records } = yield* populationAt(earlier)
      const rows = yield* entriesOf(hexToBytes(walletNo(2)), earlier)
      const own = records.find(({ wallet }) => wallet === walletNo(2))!
      assert.isAbove(rows.length, 0)
      assert.isBelow(rows.length, 30)
      assert.strictEqual(own.purchases.market.length, rows.length)
    }).pipe(withLane()),
  )
})
