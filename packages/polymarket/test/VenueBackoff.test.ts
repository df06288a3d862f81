import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  Malformed,
  PolymarketError,
  Stale,
  Throttled,
  Unreachable,
} from "@evaluator/polymarket/PolymarketError"
import {
  afterError,
  afterFailure,
  maxAttempts,
  type VenueBackoff,
} from "@evaluator/polymarket/VenueBackoff"

const hour = 3_600_000

/** Fails so often in a row, after so many attempts before. */
const failing = Effect.fnUntraced(function* (
  times: number,
  reason: PolymarketError["reason"],
  before = 0,
) {
  const error = new PolymarketError({ request: "GET /data/v2/trades", reason })
  const seen: Array<VenueBackoff> = []
  for (let n = 0; n < times; n++) {
    seen.push(yield* afterError(seen.at(-1)?.attempts ?? before, error))
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

describe("work that failed at the venue", () => {
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
        around(outage.at(-1)!.waitMs, 640_000)
        const after = yield* failing(3, malformed, outage.at(-1)!.attempts)
        assert.isTrue(after.every(({ waitMs }) => waitMs !== null))
        const ours = yield* afterFailure(outage.at(-1)!.attempts, true)
        assert.isNotNull(ours.waitMs)
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
      const long = yield* failing(20, new Throttled({ retryAfterMs: 900_000 }))
      assert.isTrue(long.every(({ waitMs }) => waitMs === 900_000))
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
