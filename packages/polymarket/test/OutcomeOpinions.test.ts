import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import type { Asked, Reply } from "./FakeVenue.ts"
import { fakeVenue, json } from "./FakeVenue.ts"
import { condition, otherToken, token } from "./Samples.ts"

const asking = <A, E>(
  reply: (asked: Asked) => Reply,
  ask: (opinions: OutcomeOpinions["Service"]) => Effect.Effect<A, E>,
) => {
  const { asked, layer } = fakeVenue(reply)
  const answer = OutcomeOpinions.use(ask).pipe(
    Effect.provide(Layer.provide(OutcomeOpinions.layer, layer)),
  )
  return Effect.map(answer, (answer) => ({ answer, asked }))
}

const gamma = (row: Readonly<Record<string, unknown>>) =>
  Effect.map(
    asking(
      () => json({ markets: [{ conditionId: condition, closed: true, ...row }] }),
      (opinions) => opinions.ofGamma([condition]),
    ),
    ({ answer, asked }) => {
      assert.strictEqual(asked[0]?.url.searchParams.get("closed"), "true")
      return answer.get(condition)?.map(Number) ?? null
    },
  )

describe("what Gamma says of an outcome", () => {
  it.effect("are the prices of a closed market where they say who won", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* gamma({ outcomePrices: '["0", "1"]' }), [0, 1_000_000])
      assert.deepStrictEqual(yield* gamma({ outcomePrices: '["0.9995","0.0005"]' }), [1_000_000, 0])
      assert.deepStrictEqual(yield* gamma({ outcomePrices: '["0.5","0.5"]' }), [500_000, 500_000])
    }),
  )

  it.effect("is nothing while prices are in between, missing, unreadable, or the market open", () =>
    Effect.gen(function* () {
      assert.isNull(yield* gamma({ outcomePrices: '["0.97","0.03"]' }))
      assert.isNull(yield* gamma({ outcomePrices: '["1","1"]' }))
      assert.isNull(yield* gamma({ outcomePrices: '["x","1"]' }))
      assert.isNull(yield* gamma({}))
      assert.isNull(yield* gamma({ outcomePrices: '["1","0"]', closed: false }))
    }),
  )
})

const clob = (row: Readonly<Record<string, unknown>>, tokens = [token, otherToken]) =>
  Effect.map(
    asking(
      () =>
        json({
          condition_id: condition,
          closed: true,
          tokens: [
            { token_id: otherToken, outcome: "No", winner: true },
            { token_id: token, outcome: "Yes", winner: false },
          ],
          ...row,
        }),
      (opinions) => opinions.ofClob(condition, tokens),
    ),
    ({ answer, asked }) => {
      assert.strictEqual(asked[0]?.url.pathname, `/markets/${condition}`)
      return answer?.map(Number) ?? null
    },
  )

describe("what the CLOB says of an outcome", () => {
  it.effect("is its winner, in the order of the tokens asked for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* clob({}), [0, 1_000_000])
      assert.deepStrictEqual(yield* clob({}, []), [1_000_000, 0])
      assert.deepStrictEqual(yield* clob({ is_50_50_outcome: true }), [500_000, 500_000])
    }),
  )

  it.effect("is nothing without one winner among them, or while the market is open", () =>
    Effect.gen(function* () {
      assert.isNull(yield* clob({ closed: false }))
      assert.isNull(yield* clob({ tokens: [{ token_id: token, winner: false }] }))
      assert.isNull(
        yield* clob({
          tokens: [
            { token_id: token, winner: true },
            { token_id: otherToken, winner: true },
          ],
        }),
      )
    }),
  )

  it.effect("is held against the condition that was asked for", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(clob({ condition_id: `0x${"11".repeat(32)}` }))
      assert.strictEqual(failed.reason._tag, "Malformed")
    }),
  )
})
