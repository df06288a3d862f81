import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { giveUpAt, pollRetry } from "@evaluator/paper/PollRetry"
import {
  Malformed,
  PolymarketError,
  Throttled,
  Unreachable,
} from "@evaluator/polymarket/PolymarketError"

/** Fails so often in a row, after so many attempts before. */
const failing = Effect.fnUntraced(function* (
  times: number,
  reason: PolymarketError["reason"],
  before = 0,
) {
  const seen: Array<Effect.Success<ReturnType<typeof pollRetry>>> = []
  for (let n = 0; n < times; n++) {
    const error = new PolymarketError({ request: "GET /data/v2/activity", reason })
    seen.push(yield* pollRetry(seen.at(-1)?.attempts ?? before, error))
  }
  return seen
})

const malformed = new Malformed({ message: "no JSON", body: "<html>" })
const unreachable = new Unreachable({ status: 502, message: "bad gateway" })

describe("polls of a followed wallet", () => {
  it.effect("that are garbled twelve times in a row are given up", () =>
    Effect.gen(function* () {
      const seen = yield* failing(giveUpAt, malformed)
      assert.isTrue(seen.slice(0, -1).every(({ waitMs }) => waitMs !== null))
      assert.deepStrictEqual(seen.at(-1), { attempts: giveUpAt, waitMs: null })
    }),
  )

  it.effect("are not given up by the first odd answer after an outage", () =>
    Effect.gen(function* () {
      const outage = yield* failing(50, unreachable)
      assert.isAtMost(outage.at(-1)!.waitMs!, 1.2 * 640_000 + 1)
      const [first] = yield* failing(1, malformed, outage.at(-1)!.attempts)
      assert.isNotNull(first!.waitMs)
    }),
  )

  it.effect("wait as long as a throttle told", () =>
    Effect.gen(function* () {
      const seen = yield* failing(20, new Throttled({ retryAfterMs: 900_000 }))
      assert.isTrue(seen.every(({ waitMs }) => waitMs === 900_000))
    }),
  )
})
