import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes } from "@evaluator/domain/Id"
import { Ingestion } from "@evaluator/evaluation/Ingestion"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { FakeVenue } from "./support/FakeVenue.ts"
import { walletNo } from "./support/Rows.ts"
import { inTransaction, withLane } from "./support/WithLane.ts"

const day = 86_400_000
const bootMs = 100 * day
const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 40 })

/** Wallets that have been due since so long before the start. */
const dueBefore = Effect.fnUntraced(function* (
  numbers: ReadonlyArray<number>,
  beforeMs: number,
  priority = 2,
) {
  const sql = yield* SqlClient.SqlClient
  for (const n of numbers) {
    yield* inTransaction(
      addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"]),
    )
    yield* sql`UPDATE wallet_feeds SET due_ms = ${bootMs - beforeMs}, priority = ${priority}
      WHERE wallet = ${hexToBytes(walletNo(n))}`
  }
})

const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

/** Wallets whose activity was asked for, in that order, each once. */
const askedFor = (venue: FakeVenue) => [
  ...new Set(
    venue.requests
      .filter((request) => request.startsWith("activity"))
      .map((request) => request.split(" ")[1]!),
  ),
]

const started = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(bootMs), effect)

describe("after a long outage", () => {
  it.effect(
    "what was due before the start is asked for at the configured rate, oldest first",
    () => {
      const venue = new FakeVenue()
      return Effect.gen(function* () {
        yield* dueBefore(range(100, 50), 2 * day)
        yield* dueBefore(range(1, 50), day)
        yield* Effect.gen(function* () {
          yield* Ingestion
          yield* settle
          assert.isAtMost(askedFor(venue).length, 10)
          yield* TestClock.adjust("5 seconds")
          yield* settle
          assert.deepStrictEqual(askedFor(venue).slice(0, 50), range(100, 50).map(walletNo))
          assert.strictEqual(askedFor(venue).length, 60)
          yield* TestClock.adjust("6 seconds")
          yield* settle
          assert.strictEqual(askedFor(venue).length, 100)
        }).pipe(Effect.provide(Ingestion.layer))
      }).pipe(withLane(venue, { ingestion: { release_per_second: 10 } }), started)
    },
  )

  it.effect("followed wallets and what has become due since do not wait for their rate", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* dueBefore(range(100, 50), 2 * day)
      yield* dueBefore(range(1, 20), day, 1)
      yield* dueBefore(range(30, 20), 0)
      yield* Effect.gen(function* () {
        yield* Ingestion
        yield* settle
        assert.strictEqual(askedFor(venue).length, 41)
      }).pipe(Effect.provide(Ingestion.layer))
    }).pipe(withLane(venue, { ingestion: { release_per_second: 1 } }), started)
  })

  it.effect(
    "half of the queue stays free, and a fresh hint passes all that waits in the other",
    () => {
      const venue = new FakeVenue()
      return Effect.gen(function* () {
        yield* dueBefore(range(100, 50), 2 * day)
        yield* Effect.gen(function* () {
          const backlogs = yield* Backlogs
          const ingestion = yield* Ingestion
          const pause = { reason: "so that it fills", untilMs: null }
          yield* backlogs.pause("wallets-to-ingest", pause)
          yield* TestClock.adjust("1 minute")
          yield* settle
          const [queue] = yield* backlogs.views
          const before = askedFor(venue).length
          assert.strictEqual(queue!.pending, 5)
          yield* dueBefore([7], 0)
          yield* ingestion.wake
          yield* settle
          yield* backlogs.resume("wallets-to-ingest")
          yield* settle
          assert.strictEqual(askedFor(venue)[before], walletNo(7))
        }).pipe(Effect.provide(Ingestion.layer))
      }).pipe(
        withLane(venue, {
          ingestion: {
            release_per_second: 1000,
            queue_capacity: 10,
            workers: 1,
            worst_delay: "15m",
          },
        }),
        started,
      )
    },
  )

  it.effect(
    "a feed whose time lies before the start is found also when nothing old is left",
    () => {
      const venue = new FakeVenue()
      return Effect.gen(function* () {
        yield* Effect.gen(function* () {
          yield* Ingestion
          yield* settle
          // As after a clock that was set back by a day.
          yield* dueBefore([7], day)
          yield* TestClock.adjust("1 minute")
          yield* settle
          assert.deepStrictEqual(askedFor(venue), [walletNo(7)])
        }).pipe(Effect.provide(Ingestion.layer))
      }).pipe(withLane(venue), started)
    },
  )
})

describe("a wallet that waits for a worker", () => {
  it.effect("counts as late after the worst delay, however seldom wallets are looked at", () => {
    const venue = new FakeVenue()
    return Effect.gen(function* () {
      yield* dueBefore([7], 0)
      yield* Effect.gen(function* () {
        const backlogs = yield* Backlogs
        yield* Ingestion
        yield* backlogs.pause("wallets-to-ingest", { reason: "a hand on it", untilMs: null })
        yield* TestClock.adjust("3 minutes")
        yield* backlogs.resume("wallets-to-ingest")
        yield* settle
        assert.deepStrictEqual(askedFor(venue), [walletNo(7)])
        assert.strictEqual((yield* backlogs.views)[0]?.late, 1)
      }).pipe(Effect.provide(Ingestion.layer))
    }).pipe(withLane(venue, { ingestion: { worst_delay: "2m", active_every: "12h" } }), started)
  })
})
