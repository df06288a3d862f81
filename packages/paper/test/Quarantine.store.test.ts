import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { PaperSettings } from "@evaluator/paper/PaperSettings"
import { Quarantine, streamRowsPerMinute } from "@evaluator/paper/Quarantine"
import type { RejectedRow } from "@evaluator/polymarket/Page"
import * as Database from "@evaluator/sqlite/Database"
import { type Overrides, settings } from "./HarnessSettings.ts"
import { noon, paperMigrations } from "./PaperHarness.ts"

const bad = (n: number, request = "GET /data/v2/activity"): RejectedRow => ({
  reason: "no timestamp",
  body: `"garbage ${n}"`,
  request,
  recorded: null,
})

const opened = Effect.fnUntraced(function* (watch: Overrides["watch"] = {}) {
  yield* TestClock.setTime(noon)
  const context = yield* Layer.build(
    Quarantine.layer.pipe(
      Layer.provideMerge(
        Database.layer({ file: ":memory:", lane: "paper", migrations: paperMigrations }),
      ),
      Layer.provide(Layer.succeed(PaperSettings, settings({ watch }))),
      Layer.fresh,
    ),
  )
  const sql = Context.get(context, SqlClient.SqlClient)
  return {
    ...Context.get(context, Quarantine),
    kept: sql<Record<string, unknown>>`SELECT body, reason, request, first_at_ms, last_at_ms, times
      FROM quarantine ORDER BY id`.pipe(Effect.orDie),
    changes: sql<{ n: number }>`SELECT total_changes() AS n`.pipe(
      Effect.orDie,
      Effect.map(([row]) => row!.n),
    ),
    lost: sql<{
      cause: string
      dropped: number
    }>`SELECT cause, dropped FROM quarantine_losses`.pipe(
      Effect.orDie,
      Effect.map((rows) => Object.fromEntries(rows.map((row) => [row.cause, row.dropped]))),
    ),
  }
})

const bodies = (rows: ReadonlyArray<Record<string, unknown>>) => rows.map((row) => row["body"])

describe("a row that cannot be used", () => {
  it.effect("is kept once with reason, body, first request, times, and when it was seen", () =>
    Effect.gen(function* () {
      const { keep, kept, lost } = yield* opened()
      yield* keep([bad(1), bad(2)])
      yield* TestClock.adjust("1 minute")
      yield* keep([bad(1, "GET /data/v2/activity?limit=199")])
      assert.deepStrictEqual(
        (yield* kept).map((row) => ({ ...row })),
        [
          {
            body: '"garbage 1"',
            reason: "no timestamp",
            request: "GET /data/v2/activity",
            first_at_ms: noon,
            last_at_ms: noon + 60_000,
            times: 2,
          },
          {
            body: '"garbage 2"',
            reason: "no timestamp",
            request: "GET /data/v2/activity",
            first_at_ms: noon,
            last_at_ms: noon,
            times: 1,
          },
        ],
      )
      assert.deepStrictEqual(yield* lost, {})
    }),
  )

  it.effect("goes when there are too many, seen longest ago first, and is counted", () =>
    Effect.gen(function* () {
      const { keep, kept, lost } = yield* opened({ max_quarantined: 3 })
      yield* keep([bad(1), bad(2), bad(3)])
      yield* TestClock.adjust("1 second")
      yield* keep([bad(1)])
      yield* TestClock.adjust("1 second")
      yield* keep([bad(4), bad(5)])
      assert.deepStrictEqual(bodies(yield* kept), [bad(1).body, bad(4).body, bad(5).body])
      assert.deepStrictEqual(yield* lost, { full: 2 })
    }),
  )

  it.effect("goes when it was not seen for long, and is counted", () =>
    Effect.gen(function* () {
      const { keep, kept, lost } = yield* opened({ keep_quarantined: "1h" })
      yield* keep([bad(1), bad(2)])
      yield* TestClock.adjust("40 minutes")
      yield* keep([bad(2)])
      yield* TestClock.adjust("40 minutes")
      yield* keep([bad(3)])
      assert.deepStrictEqual(bodies(yield* kept), [bad(2).body, bad(3).body])
      assert.deepStrictEqual(yield* lost, { aged: 1 })
    }),
  )

  it.effect("of a stream is kept as long as its minute has room, the rest is counted", () =>
    Effect.gen(function* () {
      const { keepStreamed, kept, lost } = yield* opened()
      const many = Array.from({ length: streamRowsPerMinute + 5 }, (_, n) => bad(n))
      yield* keepStreamed(many.slice(0, 10))
      yield* keepStreamed(many.slice(10))
      assert.strictEqual((yield* kept).length, streamRowsPerMinute)
      assert.deepStrictEqual(yield* lost, { flood: 5 })
      yield* TestClock.adjust("1 minute")
      yield* keepStreamed(many.slice(-5))
      assert.strictEqual((yield* kept).length, streamRowsPerMinute + 5)
      assert.deepStrictEqual(yield* lost, { flood: 5 })
    }),
  )

  it.effect(
    "of a flood costs no commit of its own, and is counted with the next minute's rows",
    () =>
      Effect.gen(function* () {
        const { changes, keepStreamed, lost } = yield* opened()
        yield* keepStreamed(Array.from({ length: streamRowsPerMinute }, (_, n) => bad(n)))
        const before = yield* changes
        for (let n = 0; n < 50; n++) yield* keepStreamed([bad(1000 + n)])
        assert.strictEqual(yield* changes, before)
        yield* TestClock.adjust("1 minute")
        yield* keepStreamed([bad(2000)])
        assert.deepStrictEqual(yield* lost, { flood: 50 })
      }),
  )
})
