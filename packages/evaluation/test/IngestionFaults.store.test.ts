import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { holdMs } from "@evaluator/evaluation/BrokenTurns"
import { Ingestion } from "@evaluator/evaluation/Ingestion"
import { feedsOf } from "@evaluator/evaluation/stores/WalletFeeds"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { FakeVenue } from "./support/FakeVenue.ts"
import { walletNo } from "./support/Rows.ts"
import { fills, wallet, watch } from "./support/WalkedWallet.ts"
import { countRows, withLane } from "./support/WithLane.ts"

const hour = 3_600_000
const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 40 })

const running = <A, E, R>(venue: FakeVenue, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(hour)
    yield* watch()
    return yield* Effect.gen(function* () {
      yield* Ingestion
      yield* settle
      return yield* effect
    }).pipe(Effect.provide(Ingestion.layer))
  }).pipe(withLane(venue))

const poisonous = () => {
  const venue = new FakeVenue().addFills(fills(3))
  venue.fail = () => {
    throw new TypeError("poison")
  }
  return venue
}

/** Later updates of a wallet's feeds fail. */
const unwritable = SqlClient.SqlClient.use(
  (sql) => sql`CREATE TRIGGER unwritable BEFORE UPDATE ON wallet_feeds
    BEGIN SELECT RAISE(ABORT, 'no room'); END`,
)

describe("a turn of ingestion that breaks off", () => {
  it.effect(
    "by a defect leaves attempts and back-off on the row, and is not taken again at once",
    () => {
      const venue = poisonous()
      return running(
        venue,
        Effect.gen(function* () {
          assert.strictEqual(venue.requests.length, 1)
          const [feed] = yield* feedsOf(wallet)
          assert.strictEqual(feed!.attempts, 1)
          assert.isAtLeast(feed!.dueMs!, hour + 4000)
          yield* TestClock.adjust("7 seconds")
          yield* settle
          assert.strictEqual(venue.requests.length, 2)
          venue.fail = () => null
          yield* TestClock.adjust("1 minute")
          yield* settle
          assert.strictEqual(yield* countRows("trades"), 3)
        }),
      )
    },
  )

  it.effect("by a defect for the twelfth time is a dead letter", () => {
    const venue = poisonous()
    return running(
      venue,
      Effect.gen(function* () {
        for (let hours = 0; hours < 12; hours++) {
          yield* TestClock.adjust("1 hour")
          yield* settle
        }
        assert.isNull((yield* feedsOf(wallet))[0]!.dueMs)
        assert.strictEqual(yield* countRows("dead_letters"), 1)
        assert.strictEqual(venue.requests.length, 12)
      }),
    )
  })

  it.effect("by its timeout leaves attempts and back-off too, and is never given up", () => {
    const venue = new FakeVenue().addFills(fills(3))
    venue.fail = () => "silent"
    return running(
      venue,
      Effect.gen(function* () {
        yield* TestClock.adjust("2 minutes")
        yield* settle
        const [feed] = yield* feedsOf(wallet)
        assert.strictEqual(feed!.attempts, 1)
        assert.isAtLeast(feed!.dueMs!, hour + 120_000 + 4000)
        for (let hours = 0; hours < 20; hours++) {
          yield* TestClock.adjust("1 hour")
          yield* settle
        }
        assert.isNotNull((yield* feedsOf(wallet))[0]!.dueMs)
      }),
    )
  })

  it.effect("in a file that takes no back-off is held back while the others go on", () => {
    const venue = new FakeVenue().addFills(fills(3))
    return Effect.gen(function* () {
      yield* TestClock.setTime(hour)
      yield* watch()
      yield* unwritable
      yield* Effect.gen(function* () {
        const ingestion = yield* Ingestion
        yield* settle
        assert.strictEqual(venue.requests.length, 1)
        yield* addWallets(
          [{ wallet: walletNo(2), source: "HOLDER", condition: null }],
          ["activity"],
        )
        yield* ingestion.wake
        yield* TestClock.adjust(holdMs / 2)
        yield* settle
        assert.strictEqual(venue.requests.length, 2)
        const sql = yield* SqlClient.SqlClient
        yield* sql`DROP TRIGGER unwritable`
        yield* TestClock.adjust(holdMs)
        yield* settle
        assert.strictEqual(venue.requests.length, 4)
        assert.strictEqual(yield* countRows("trades"), 3)
      }).pipe(Effect.provide(Ingestion.layer))
    }).pipe(withLane(venue))
  })
})
