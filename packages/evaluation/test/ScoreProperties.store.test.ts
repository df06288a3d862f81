import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import { judgeDue } from "@evaluator/evaluation/jobs/ClassifyWallets"
import { price } from "@evaluator/domain/money/Micro"
import { measureDue } from "@evaluator/evaluation/jobs/MeasureDrift"
import { scoreDue } from "@evaluator/evaluation/jobs/ScoreWallets"
import { storeRows } from "@evaluator/evaluation/stores/Ledger"
import { upsertMarkets } from "@evaluator/evaluation/stores/Markets"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { FakeVenue } from "./support/FakeVenue.ts"
import { fill, market, resolution, walletNo } from "./support/Rows.ts"
import { inTransaction, withLane } from "./support/WithLane.ts"

const dayMs = 86_400_000
const hourMs = 3_600_000
const minuteMs = 60_000
const epoch = 20_000 * dayMs
const wallets = 4
const markets = 6

const Int = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Deal = Schema.Struct({
  wallet: Int(1, wallets),
  market: Int(1, markets),
  outcome: Schema.Literals([0, 1]),
  side: Schema.Literals(["BUY", "BUY", "SELL"]),
  cents: Int(1, 99),
  size: Int(1, 500),
  minutesAgo: Int(1, 200 * 24 * 60),
})
const World = Schema.Array(Deal).check(Schema.isMinLength(20), Schema.isMaxLength(120))
type World = typeof World.Type

const fillsOf = (world: World, now: number): ReadonlyArray<Fill> =>
  world.map((deal, index) =>
    fill({
      wallet: walletNo(deal.wallet),
      market: deal.market,
      outcome: deal.outcome,
      side: deal.side,
      price: deal.cents / 100,
      size: deal.size,
      tx: index + 1,
      atMs: now - deal.minutesAgo * minuteMs,
    }),
  )

/** Pages as they are delivered, in turn. */
type Delivery = (fills: ReadonlyArray<Fill>) => ReadonlyArray<ReadonlyArray<Fill>>

const inOrder: Delivery = (fills) => [fills]

/** Whole numbers from a seed. */
const chance = (seed: number) => {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
}

/** Pages of one to nine rows, pages and rows in any order, every third page or so more than once. */
const shuffledBy =
  (seed: number): Delivery =>
  (fills) => {
    const random = chance(seed)
    const shuffle = <A>(rows: ReadonlyArray<A>): ReadonlyArray<A> =>
      rows
        .map((row) => ({ row, key: random(1_000_000_000) }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ row }) => row)
    const pages: Array<ReadonlyArray<Fill>> = []
    const rows = shuffle(fills)
    for (let at = 0; at < rows.length;) {
      const size = 1 + random(9)
      const page = rows.slice(at, at + size)
      for (let times = random(3) === 0 ? 2 + random(2) : 1; times > 0; times--) pages.push(page)
      at += size
    }
    return shuffle(pages)
  }

/** A token's price by the hour, whatever it is, the same for the same hour before now. */
const pricesOf = (token: string, now: number) =>
  Array.from({ length: 91 * 24 }, (_, hours) => ({
    atMs: Math.floor(now / hourMs) * hourMs - hours * hourMs,
    price: price(10_000 * (1 + (((Number(token) % 97) + 7 * hours) % 98))),
    final: false,
  }))

const venueAt = (now: number) => {
  const venue = new FakeVenue()
  for (let n = 1; n <= markets; n++) {
    for (const { token } of market(n).tokens) venue.points.set(token, pricesOf(token, now))
  }
  return venue
}

/** Everything judged of each wallet, by address: verdict, gates with metrics, scores with parts. */
const judgementsOf = (
  world: World,
  options: { readonly now?: number; readonly deliver?: Delivery; readonly without?: number } = {},
) =>
  Effect.gen(function* () {
    const { now = epoch, deliver = inOrder, without } = options
    const sql = yield* SqlClient.SqlClient
    yield* TestClock.setTime(now)
    const watched = Array.from({ length: wallets }, (_, n) => n + 1).filter((n) => n !== without)
    const policy = { refreshMs: dayMs, checkAtMostEveryMs: dayMs }
    yield* inTransaction(
      Effect.gen(function* () {
        yield* addWallets(
          watched.map((n) => ({ wallet: walletNo(n), source: "HOLDER", condition: null })),
          ["activity"],
        )
        yield* upsertMarkets(
          Array.from({ length: markets }, (_, n) => market(n + 1)),
          policy,
        )
        for (const n of [1, 2, 3]) {
          yield* storeResolution(resolution(n, n % 2 === 0 ? 0 : 1, now - n * 5 * dayMs))
        }
      }),
    )
    const fills = fillsOf(world, now).filter(
      (one) => without === undefined || one.wallet !== walletNo(without),
    )
    for (const page of deliver(fills)) {
      yield* inTransaction(
        storeRows(page.map((one) => ({ value: { kind: "fill", fill: one }, recorded: null }))),
      )
    }
    for (const n of watched) {
      const times = fills.filter((one) => one.wallet === walletNo(n)).map((one) => one.atMs)
      yield* sql`UPDATE wallets SET history_complete_at_ms = ${now - dayMs}, judge_due_ms = ${now},
        first_fill_ms = ${times.length === 0 ? null : Math.min(...times)}
        WHERE wallet = ${hexToBytes(walletNo(n))}`
    }
    yield* judgeDue
    yield* sql`UPDATE wallets SET drift_due_ms = ${now}`
    yield* measureDue
    yield* scoreDue
    const rows = yield* sql<Record<string, unknown> & { wallet: Uint8Array }>`SELECT w.wallet,
        w.verdict, w.verdict_reason, w.persona,
        (SELECT json_group_array(json_array(code, metric, evidence)) FROM (SELECT * FROM wallet_gates g
          WHERE g.wallet = w.wallet ORDER BY position)) AS gates,
        (SELECT json_group_array(json_array(window_days, wscore, edge, consistency, market_skill,
            timing, drift_cents, drift_fills, behaviour, raw, hit_rate_factor, trust_factor, obscurity_factor,
            lane, lane_roi_percent, lane_profitable_markets, lane_markets, lane_factor, idle_days,
            recency_factor, roi_percent, hit_rate,
            trade_count)) FROM (SELECT * FROM wallet_scores s
          WHERE s.wallet = w.wallet ORDER BY window_days)) AS scores
      FROM wallets w ORDER BY w.wallet`
    return new Map(rows.map(({ wallet, ...judged }) => [bytesToHex(wallet), judged]))
  }).pipe(withLane(venueAt(options.now ?? epoch), { wallet_scoring: { min_trades: 1 } }))

const runs = { arbitrary: { runs: 5 } }

describe("judgements of wallets", () => {
  it.effect.prop(
    "are the same in whatever order and however often pages are delivered",
    [World, Int(0, 2_147_483_647)],
    ([world, seed]) =>
      Effect.gen(function* () {
        const once = yield* judgementsOf(world)
        assert.isTrue([...once.values()].some(({ scores }) => scores !== "[]"))
        assert.deepStrictEqual(yield* judgementsOf(world, { deliver: shuffledBy(seed) }), once)
      }),
    runs,
  )

  it.effect.prop(
    "of a world moved by days are those of the world as it was",
    [World, Int(1, 3000)],
    ([world, days]) =>
      Effect.gen(function* () {
        const moved = yield* judgementsOf(world, { now: epoch + days * dayMs })
        assert.deepStrictEqual(moved, yield* judgementsOf(world))
      }),
    runs,
  )

  it.effect.prop(
    "do not change when another wallet is not there",
    [World, Int(1, wallets)],
    ([world, without]) =>
      Effect.gen(function* () {
        const all = yield* judgementsOf(world)
        assert.isTrue(all.delete(walletNo(without)))
        assert.deepStrictEqual(yield* judgementsOf(world, { without }), all)
      }),
    runs,
  )
})
