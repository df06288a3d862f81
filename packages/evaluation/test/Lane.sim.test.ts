import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Random } from "effect"
import { SqlClient } from "effect/sql"
import { EvaluationLane, layer as laneLayer } from "@evaluator/evaluation/Lane"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { Recording } from "@evaluator/evaluation/Recording"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { JobLog } from "@evaluator/runtime/JobLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { settingsLayer } from "./support/Defaults.ts"
import { fileLayer, machinery } from "./support/EvaluatorFile.ts"
import { FakeVenue } from "./support/FakeVenue.ts"
import { conditionNo, fill, market, resolution, tokenNo, walletNo } from "./support/Rows.ts"

const day = 86_400_000
const now = 400 * day

/** Runs a program in virtual time from `now` on, chance seeded. */
const inVirtualTime = <A, E>(program: Effect.Effect<A, E>) =>
  Effect.promise(() => new VirtualTime(now).run(program.pipe(Random.withSeed("lane")))).pipe(
    Effect.flatMap((exit) => (Exit.isSuccess(exit) ? Effect.succeed(exit.value) : exit)),
  )

const lane = (venue: FakeVenue, seldom = false) =>
  EvaluationReports.layer.pipe(
    Layer.provideMerge(laneLayer),
    Layer.provideMerge(machinery),
    Layer.provideMerge(venue.layer),
    Layer.provideMerge(Layer.succeed(LaneLink, LaneLink.inlinePair()[0])),
    Layer.provideMerge(
      settingsLayer({
        rules: {
          min_trades_30d: 5,
          max_size_cv: 5,
          max_week_drawdown: 1,
          every: seldom ? "6h" : "5m",
        },
        personas: { specialist_min_concentration: 0.05 },
        ...(seldom && {
          markets: { every: "6h" },
          resolution: { every: "6h" },
          follow: { every: "6h" },
          judgement: { every: "6h" },
          scoring: { every: "1d" },
          discovery: { every: "1d" },
          ingestion: { active_every: "1h", followed_at_least_every: "1h" },
        }),
      }),
    ),
    Layer.provideMerge(fileLayer),
  )

/** Markets 1…20 are open, 21…60 resolved in the past; half of the wallets win, half lose. */
const world = () => {
  const venue = new FakeVenue()
  for (let n = 1; n <= 60; n++) {
    const resolved = n > 20
    venue.markets.set(
      conditionNo(n),
      market(n, {
        status: resolved ? "closed" : "open",
        endAtMs: resolved ? now - (61 - n) * 2 * day : now + 20 * day,
        domain: n % 2 === 0 ? "Politics" : "Sports",
      }),
    )
    if (resolved) {
      venue.resolutions.set(conditionNo(n), resolution(n, 0, now - (61 - n) * 2 * day))
    }
  }
  const fills: Array<Fill> = []
  let tx = 0
  for (let w = 1; w <= 30; w++) {
    const wallet = walletNo(w)
    for (let n = 21; n <= 60; n++) {
      // Winners buy the outcome that wins, losers mostly the other, all days before the end.
      const wins = w <= 15 ? n % 4 !== 0 : n % 4 === 0
      fills.push(
        fill({
          wallet,
          market: n,
          outcome: wins ? 0 : 1,
          price: 0.6,
          size: 20,
          tx: ++tx,
          atMs: now - (61 - n) * 2 * day - day,
        }),
      )
    }
    for (let n = 1; n <= 5; n++) {
      fills.push(
        fill({ wallet, market: n, price: 0.4, size: 20, tx: ++tx, atMs: now - n * 7_000_000 - w }),
      )
    }
  }
  venue.addFills(fills)
  for (let n = 1; n <= 20; n++) {
    venue.holders.set(
      conditionNo(n),
      Array.from({ length: 20 }, (_, index) => ({
        wallet: walletNo(((index + n) % 30) + 1),
        token: tokenNo(2 * n),
        outcomeIndex: 0,
        amount: 10_000_000 as never,
      })),
    )
  }
  return venue
}

describe("the background lane", () => {
  it.effect(
    "comes from an empty database to followed wallets and a ranking within forty seconds",
    () =>
      inVirtualTime(
        Effect.gen(function* () {
          yield* Effect.sleep("40 seconds")
          const reports = yield* EvaluationReports
          const funnel = yield* reports.funnel
          assert.strictEqual(funnel["wallets"], 30)
          assert.strictEqual(funnel["trades"], 30 * 45)
          assert.strictEqual(funnel["markets"], 60)
          assert.isAbove(funnel["events_selected"]!, 0)
          assert.isAbove(funnel["classified"]!, 0)
          assert.isAbove(funnel["excluded"]!, 0)
          assert.isAbove(funnel["paper_trading"]!, 0)
          assert.isAbove(funnel["ranked"]!, 0)
          const verdicts = yield* reports.verdicts
          assert.strictEqual(
            verdicts.classified + verdicts.excluded + verdicts.waiting,
            verdicts.discovered,
          )
          const totals = yield* (yield* JobLog).totals
          assert.deepStrictEqual(
            totals.filter((job) => job.failed > 0),
            [],
          )
          const [queue] = yield* (yield* Backlogs).all
          assert.strictEqual(
            queue!.offered,
            queue!.done + queue!.failed + queue!.dropped + queue!.coalesced + queue!.pending,
          )
          const page = yield* reports.wallet((yield* reports.ranking(1))[0]!.wallet)
          assert.isAbove(page.length, 6)
        }).pipe(Effect.provide(lane(world()))),
      ),
  )

  it.effect("ingests what followed wallets do next, up to now, when it catches up", () => {
    const venue = world()
    return inVirtualTime(
      Effect.gen(function* () {
        yield* Effect.sleep("60 seconds")
        const reports = yield* EvaluationReports
        const [best] = yield* reports.ranking(1)
        assert.isDefined(best)
        yield* Effect.sleep("100 seconds")
        const at = now + 170_000
        venue.addFills([
          fill({ wallet: best!.wallet, market: 1, tx: 90_001, atMs: now + 150_000 }),
          fill({ wallet: best!.wallet, market: 1, tx: 90_002, atMs: at }),
        ])
        yield* Effect.sleep("45 seconds")
        yield* (yield* Supervisor).quiesce()
        yield* (yield* EvaluationLane).fetch
        yield* (yield* EvaluationLane).judge
        const watermark = yield* reports.watermark
        assert.isAtLeast(watermark, at)
        const leaders = yield* reports.leaderFills(watermark)
        assert.strictEqual(leaders.length, 2)
        assert.strictEqual((yield* reports.leaderFills(at - 1)).length, 1)
        const why = yield* reports.why(leaders[0]!)
        assert.include(why[0]!.says.join(" "), "was to be copied")
      }).pipe(Effect.provide(lane(venue))),
    )
  })

  it.effect("brings recorded wallets in at their own time and follows all when told to", () => {
    const venue = new FakeVenue()
    const a = walletNo(1)
    const b = walletNo(2)
    const rows = [
      fill({ wallet: a, tx: 1, atMs: now + 60_000 }),
      fill({ wallet: a, tx: 2, atMs: now + 90_000 }),
      fill({ wallet: b, tx: 3, atMs: now + 7_200_000 }),
    ]
    venue.addFills(rows, (_, index) => `activity/r.ndjson.gz:${index + 1}`)
    return inVirtualTime(
      Effect.gen(function* () {
        const reports = yield* EvaluationReports
        const sql = yield* SqlClient.SqlClient
        yield* Effect.sleep("50 seconds")
        assert.strictEqual((yield* reports.funnel)["wallets"], 0)
        assert.strictEqual((yield* reports.rows)[0]!.quarantined, 1)
        yield* Effect.sleep("1 hour")
        assert.strictEqual((yield* reports.funnel)["wallets"], 1)
        yield* Effect.sleep("2 hours")
        yield* (yield* EvaluationLane).fetch
        yield* (yield* EvaluationLane).judge
        assert.strictEqual((yield* reports.leaderFills(now + 4 * day)).length, 3)
        const spans = yield* sql<{
          from_ms: number
          to_ms: number
        }>`SELECT from_ms, to_ms FROM follows
          ORDER BY wallet`
        assert.deepStrictEqual(
          spans.map((span) => [span.from_ms - now, span.to_ms - now]),
          [
            [60_000, 90_000 + day],
            [7_200_000, 7_200_000 + day],
          ],
        )
        assert.deepStrictEqual(yield* reports.rows, [
          {
            file: "activity/r.ndjson.gz",
            read: 3,
            stored: 3,
            duplicate: 0,
            quarantined: 0,
            ignored: {},
          },
          {
            file: "trades/bad.ndjson.gz",
            read: 1,
            stored: 0,
            duplicate: 0,
            quarantined: 1,
            ignored: {},
          },
        ])
      }).pipe(
        Effect.provide(lane(venue, true)),
        Effect.provideService(Recording, {
          wallets: [
            { wallet: b, firstMs: now + 7_200_000, lastMs: now + 7_200_000 },
            { wallet: a, firstMs: now + 60_000, lastMs: now + 90_000 },
          ],
          unservable: [{ file: "trades/bad.ndjson.gz", line: 7, reason: "no wallet", body: "{}" }],
          follow: "all",
        }),
      ),
    )
  })
})
