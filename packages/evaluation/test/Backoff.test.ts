import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { maxAttempts, nextAfterFailure, nextAttempt } from "@evaluator/evaluation/Backoff"
import {
  Malformed,
  PolymarketError,
  Stale,
  Throttled,
  Unreachable,
} from "@evaluator/polymarket/PolymarketError"

const now = 1_000_000
const hour = 3_600_000

/** Fails so often in a row; answers what the row has after each. */
const failing = Effect.fnUntraced(function* (
  times: number,
  reason: PolymarketError["reason"],
  from = 0,
) {
  yield* TestClock.setTime(now)
  const seen: Array<{ attempts: number; waitMs: number | null }> = []
  let attempts = from
  for (let n = 0; n < times; n++) {
    const next = yield* nextAttempt(
      attempts,
      new PolymarketError({ request: "GET /data/v2/trades", reason }),
    )
    attempts = next.attempts
    seen.push({ attempts, waitMs: next.dueMs === null ? null : next.dueMs - now })
  }
  return seen
})

const around = (waitMs: number | null, wantedMs: number) =>
  assert.isTrue(
    waitMs !== null && waitMs >= 0.8 * wantedMs && waitMs <= 1.2 * wantedMs + 1,
    `${waitMs} instead of about ${wantedMs}`,
  )

const unreachable = new Unreachable({ status: 502, message: "bad gateway" })
const malformed = new Malformed({ message: "no JSON", body: "<html>" })

describe("a row that failed", () => {
  it.effect("by an answer that cannot be used waits ever longer, then is given up", () =>
    Effect.gen(function* () {
      const seen = yield* failing(maxAttempts, malformed)
      seen.slice(0, -1).forEach(({ attempts, waitMs }, n) => {
        assert.strictEqual(attempts, n + 1)
        around(waitMs, Math.min(hour, 5000 * 2 ** n))
      })
      assert.deepStrictEqual(seen.at(-1), { attempts: maxAttempts, waitMs: null })
      assert.isAbove(new Set(seen.map(({ waitMs }, n) => (waitMs ?? 0) / 2 ** n)).size, 5)
    }),
  )

  it.effect(
    "because nobody answers is never given up, also not by the first odd answer after it",
    () =>
      Effect.gen(function* () {
        const outage = yield* failing(100, unreachable)
        assert.isTrue(outage.every(({ waitMs }) => waitMs !== null))
        around(outage[3]!.waitMs, 40_000)
        const after = yield* failing(3, malformed, outage.at(-1)!.attempts)
        assert.isTrue(after.every(({ waitMs }) => waitMs !== null))
        const ours = yield* nextAfterFailure(outage.at(-1)!.attempts, "the file is full", true)
        assert.isNotNull(ours.dueMs)
      }),
  )

  it.effect("an outage gives back none of the attempts that were charged before it", () =>
    Effect.gen(function* () {
      const [next] = yield* failing(1, unreachable, maxAttempts - 1)
      assert.strictEqual(next!.attempts, maxAttempts - 1)
      assert.isNotNull(next!.waitMs)
    }),
  )

  it.effect("for being throttled waits ever longer, no shorter than it was told", () =>
    Effect.gen(function* () {
      const untold = yield* failing(4, new Throttled({ retryAfterMs: null }))
      untold.forEach(({ waitMs }, n) => around(waitMs, 5000 * 2 ** n))
      const told = yield* failing(30, new Throttled({ retryAfterMs: 60_000 }))
      assert.isTrue(told.every(({ waitMs }) => waitMs !== null && waitMs >= 60_000))
    }),
  )

  it.effect("by a copy out of a cache waits until that is forgotten, and is charged nothing", () =>
    Effect.gen(function* () {
      const [next] = yield* failing(1, new Stale({ ageMs: 9000 }), 3)
      assert.strictEqual(next!.attempts, 3)
      around(next!.waitMs, 20_000)
    }),
  )
})
