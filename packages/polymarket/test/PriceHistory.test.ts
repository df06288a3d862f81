import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import type { Reply } from "./FakeVenue.ts"
import { fakeVenue, json, page } from "./FakeVenue.ts"
import { pricePointRow, statusBody, token } from "./Samples.ts"

const asking = <A, E>(
  reply: () => Reply,
  ask: (history: PriceHistory["Service"]) => Effect.Effect<A, E>,
) => {
  const { asked, layer } = fakeVenue(reply)
  const answer = PriceHistory.use(ask).pipe(
    Effect.provide(Layer.provide(PriceHistory.layer, layer)),
  )
  return Effect.map(answer, (answer) => ({ answer, sent: asked[0]!.url.searchParams }))
}

const atMs = 1_790_000_000_000

describe("the prices of a token", () => {
  it.effect("are asked for in whole seconds and end with the payout", () =>
    Effect.gen(function* () {
      const payout = { timestamp: 1_790_009_000, price: 1, resolution_seconds: 0 }
      const { answer, sent } = yield* asking(
        () => page([pricePointRow, payout, { ...pricePointRow, price: 1.5 }], "more"),
        (history) =>
          history.points({ token, startMs: atMs - 1, endMs: atMs + 1, bucketSeconds: 60 }),
      )
      assert.deepStrictEqual(Object.fromEntries(sent), {
        token_id: token,
        start: "1789999999",
        end: "1790000001",
        bucket_seconds: "60",
      })
      assert.deepStrictEqual(answer.rows as unknown, [
        { atMs, price: 430_000, final: false },
        { atMs: 1_790_009_000_000, price: 1_000_000, final: true },
      ])
      assert.lengthOf(answer.rejected, 1)
      assert.strictEqual(answer.nextCursor, "more")
    }),
  )

  it.effect("outside the span asked for show a span that was ignored", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => page([{ ...pricePointRow, timestamp: 1_780_000_000 }, pricePointRow]),
        (history) => history.points({ token, startMs: atMs, endMs: atMs + 60_000 }),
      )
      assert.lengthOf(answer.rows, 1)
      assert.match(answer.rejected[0]?.reason ?? "", /not what was asked for/)
    }),
  )
})

describe("the venue's freshness", () => {
  it.effect("is read with and without an envelope", () =>
    Effect.gen(function* () {
      for (const body of [statusBody, { data: statusBody }]) {
        const { answer } = yield* asking(
          () => json(body),
          (history) => history.status,
        )
        assert.deepStrictEqual(answer, {
          lagMs: 3500,
          computedAgoMs: 2000,
          mechanisms: [{ name: "activity_feed", ageMs: 3500 }],
        })
      }
      const { answer } = yield* asking(
        () => json({ data: {} }),
        (history) => Effect.flip(history.status),
      )
      assert.strictEqual(answer.reason._tag, "Malformed")
    }),
  )
})
