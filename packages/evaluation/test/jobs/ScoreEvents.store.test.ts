import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { usdc } from "@evaluator/domain/money/Micro"
import { layer as scoreEventsJob, scoreEvents } from "@evaluator/evaluation/jobs/ScoreEvents"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { newestFilters, selectedMarkets } from "@evaluator/evaluation/stores/MarketScores"
import { FakeVenue } from "../support/FakeVenue.ts"
import { conditionNo, fill, market, tokenNo, walletNo } from "../support/Rows.ts"
import { countRows, eventsOf, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 100 * day

const open = (n: number, changes: Parameters<typeof market>[1] = {}) =>
  market(n, { endAtMs: now + 14 * day, ...changes })

const venueOf = (...markets: ReadonlyArray<ReturnType<typeof market>>) => {
  const venue = new FakeVenue()
  for (const one of markets) {
    venue.markets.set(one.condition, one)
    venue.holders.set(one.condition, [
      { wallet: walletNo(1), token: tokenNo(1), outcomeIndex: 0, amount: 4_000_000 as never },
      { wallet: walletNo(2), token: tokenNo(1), outcomeIndex: 0, amount: 6_000_000 as never },
    ])
  }
  return venue
}

describe("score-events", () => {
  it.effect("keeps all factors of a market's score, measured on its own tape and holders", () => {
    const venue = venueOf(open(1)).addFills([
      fill({ market: 1, tx: 1, atMs: now - 1000 }),
      fill({ market: 1, tx: 2, atMs: now - 2000 }),
      fill({ market: 1, tx: 3, atMs: now - 2 * day }),
    ])
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* scoreEvents
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<Record<string, number>>`SELECT * FROM market_scores`
      assert.strictEqual(row!["trades_24h"], 2)
      assert.strictEqual(row!["top_holder_share"], 0.6)
      assert.strictEqual(row!["days_to_expiry"], 14)
      assert.approximately(row!["density_part"]!, 0.004, 1e-9)
      assert.approximately(row!["mscore"]!, row!["base"]! * row!["gate"]!, 1e-9)
      assert.strictEqual(row!["selected"], 1)
      assert.deepStrictEqual(yield* eventsOf("MarketsScored"), [
        { day: "1970-04-11", markets: 1, events: 1 },
      ])
    }).pipe(withLane(venue))
  })

  it.effect("leaves out what is too small, too quiet, too near or too far", () => {
    const venue = venueOf(
      open(1),
      open(2, { liquidity: usdc(999_000_000) }),
      open(3, { volume24h: usdc(4_999_000_000) }),
      open(4, { endAtMs: now + day / 2 }),
      open(5, { endAtMs: now + 91 * day, volume24h: usdc(1_000_000) }),
    )
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const counts = yield* scoreEvents
      assert.deepInclude(counts, { walked: 5, scored: 1, events: 1 })
      assert.strictEqual(yield* countRows("markets"), 5)
      const filters = yield* newestFilters
      assert.deepInclude(filters, { open: 5, passed: 1 })
      assert.deepStrictEqual(filters!.failed, {
        LIQUIDITY_TOO_LOW: 1,
        VOLUME_TOO_LOW: 2,
        END_TOO_NEAR: 1,
        END_TOO_FAR: 1,
      })
      const reports = yield* EvaluationReports
      const says = (yield* reports.why(conditionNo(3))).flatMap((section) => section.says)
      assert.include(
        says,
        "It is not scored, VOLUME_TOO_LOW: volume of the last day is 4999.000000 USDC, at least 5000.000000 is asked.",
      )
      const both = (yield* reports.why(conditionNo(5))).flatMap((section) => section.says)
      assert.isTrue(both.some((line) => line.startsWith("It is not scored, VOLUME_TOO_LOW")))
      assert.isTrue(both.some((line) => line.startsWith("It is not scored, END_TOO_FAR")))
    }).pipe(Effect.provide(EvaluationReports.layer), withLane(venue))
  })

  it.effect(
    "scores a market that fails to answer unmeasured, and selects only measured ones",
    () => {
      const venue = venueOf(open(1), open(2))
      venue.fail = (request) => (request === `holders ${conditionNo(2)}` ? "unreachable" : null)
      return Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const counts = yield* scoreEvents
        assert.deepInclude(counts, { scored: 2, measured: 1, events: 1 })
        const selected = yield* selectedMarkets
        assert.deepStrictEqual(
          selected.map((row) => Buffer.from(row.condition).toString("hex")),
          [conditionNo(1).slice(2)],
        )
      }).pipe(withLane(venue))
    },
  )

  it.effect("replaces the selected set as a whole and lets old runs go", () => {
    const venue = venueOf(open(1), open(2), open(3))
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* scoreEvents
      assert.strictEqual((yield* selectedMarkets).length, 3)
      venue.markets.set(conditionNo(3), open(3, { status: "closed" }))
      venue.markets.set(conditionNo(2), open(2, { status: "closed" }))
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE markets SET status = 'closed' WHERE event_slug IN ('event-2', 'event-3')`
      for (let run = 0; run < 3; run++) yield* scoreEvents
      assert.strictEqual((yield* selectedMarkets).length, 1)
      assert.strictEqual(yield* countRows("scoring_runs"), 2)
      assert.strictEqual(yield* countRows("market_scores"), 2)
      assert.strictEqual(yield* countRows("event_scores"), 2)
    }).pipe(withLane(venue, { scoring: { keep_runs: 2 } }))
  })

  it.effect("does not count a run that was cut off", () => {
    const venue = venueOf(open(1))
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* scoreEvents
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO scoring_runs (day, started_at_ms) VALUES ('1970-04-11', ${now})`
      assert.strictEqual((yield* selectedMarkets).length, 1)
    }).pipe(withLane(venue))
  })

  it.effect(
    "announces a market once, and again when a fact changed, not when its volume did",
    () => {
      const venue = venueOf(open(1))
      return Effect.gen(function* () {
        yield* TestClock.setTime(now)
        yield* scoreEvents
        venue.markets.set(conditionNo(1), open(1, { volume24h: usdc(77_000_000_000) }))
        yield* scoreEvents
        assert.strictEqual((yield* eventsOf("MarketListed")).length, 1)
        assert.strictEqual((yield* eventsOf("MarketChanged")).length, 0)
        venue.markets.set(conditionNo(1), open(1, { delayMs: 3000 }))
        yield* scoreEvents
        const changed = yield* eventsOf("MarketChanged")
        assert.deepStrictEqual(
          changed.map((event) => event.market.delayMs),
          [3000],
        )
      }).pipe(withLane(venue))
    },
  )

  it.effect("measures the leading candidates only", () => {
    const venue = venueOf(open(1), open(2, { liquidity: usdc(900_000_000_000) }), open(3))
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const counts = yield* scoreEvents
      assert.deepInclude(counts, { scored: 3, measured: 1 })
      assert.deepStrictEqual(
        venue.requests.filter((request) => request.startsWith("holders")),
        [`holders ${conditionNo(2)}`],
      )
    }).pipe(withLane(venue, { scoring: { candidates: 1 } }))
  })

  for (const [what, knows, asked] of [
    ["reads no page of it again", true, ["markets 200", "markets 300"]],
    [
      "begins anew when the venue does not know the place any more",
      false,
      ["markets 200", "markets first", "markets 100", "markets 200", "markets 300"],
    ],
  ] as const) {
    it.effect(`goes on with a walk that was cut off, and ${what}`, () => {
      const venue = venueOf(...Array.from({ length: 350 }, (_, n) => open(n + 1)))
      return Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const supervisor = yield* Supervisor
        const context = yield* Effect.context<Effect.Services<typeof scoreEvents>>()
        yield* supervisor.register({
          name: "score-events",
          about: "Scores.",
          service: "scoring",
          every: "1 hour",
          atBoot: false,
          timeout: "15 minutes",
          run: Effect.provideContext(scoreEvents, context),
        })
        venue.fail = (request) => (request === "markets 200" ? "unreachable" : null)
        assert.strictEqual((yield* supervisor.runNow("score-events", "by hand")).outcome, "failed")
        const first = venue.requests.length
        venue.fail = (request) => {
          if (knows || request !== "markets 200") return null
          venue.fail = () => null
          return "refused"
        }
        const { counts, outcome } = yield* supervisor.runNow("score-events", "by hand")
        assert.strictEqual(outcome, "completed")
        assert.deepStrictEqual(
          venue.requests.slice(first).filter((request) => request.startsWith("markets")),
          [...asked],
        )
        assert.deepInclude(counts, { walked: 350, scored: 350, cut: 0 })
      }).pipe(withLane(venue, { scoring: { candidates: 1 } }))
    })
  }

  for (const [kind, outcome, asked] of [
    ["unreachable", "completed", 3],
    ["refused", "failed", 1],
  ] as const) {
    it.effect(`a walk whose request is ${kind} is ${outcome} after ${asked} requests`, () => {
      const venue = venueOf(open(1))
      let failures = 2
      venue.fail = (request) => (request === "markets first" && failures-- > 0 ? kind : null)
      return Effect.gen(function* () {
        yield* TestClock.setTime(now)
        // It runs at its start.
        yield* Layer.build(scoreEventsJob)
        yield* Effect.repeat(TestClock.adjust("1 second"), { times: 20 })
        const [job] = yield* (yield* Supervisor).jobs
        assert.strictEqual(job?.last?.outcome, outcome)
        const pages = venue.requests.filter((request) => request === "markets first")
        assert.strictEqual(pages.length, asked)
      }).pipe(withLane(venue, { scoring: { candidates: 1 } }))
    })
  }
})
