import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import { ClobMarkets, mostBooks } from "@evaluator/polymarket/ClobMarkets"
import type { Asked, Reply } from "./FakeVenue.ts"
import { fakeVenue, json } from "./FakeVenue.ts"
import { bookRow, clobMarketBody, condition, otherCondition, otherToken, token } from "./Samples.ts"

const asking = <A, E>(
  reply: (asked: Asked) => Reply,
  ask: (clob: ClobMarkets["Service"]) => Effect.Effect<A, E>,
) => {
  const { asked, layer } = fakeVenue(reply)
  const answer = ClobMarkets.use(ask).pipe(Effect.provide(Layer.provide(ClobMarkets.layer, layer)))
  return Effect.map(answer, (answer) => ({ answer, asked }))
}

describe("books of many tokens", () => {
  it.effect("are keyed by their own token, whatever the order; some may have none", () =>
    Effect.gen(function* () {
      const absent = "7" as TokenId
      const { answer, asked } = yield* asking(
        () => json([{ ...bookRow, asset_id: otherToken }, bookRow, { ...bookRow, asset_id: "9" }]),
        (clob) => clob.books([token, otherToken, absent, token]),
      )
      assert.strictEqual(asked[0]?.method, "POST")
      assert.deepStrictEqual(JSON.parse(asked[0]?.body ?? ""), [
        { token_id: token },
        { token_id: otherToken },
        { token_id: absent },
      ])
      assert.deepStrictEqual(Array.from(answer.books.keys()), [otherToken, token])
      assert.strictEqual(answer.books.get(token)?.token, token)
      assert.deepStrictEqual(answer.missing, [absent])
      assert.match(answer.rejected[0]?.reason ?? "", /token 9/)
    }),
  )

  it.effect("are asked for five hundred at a time", () =>
    Effect.gen(function* () {
      const tokens = Array.from({ length: mostBooks + 1 }, (_, n) => String(n + 1) as TokenId)
      const { answer, asked } = yield* asking(
        () => json([]),
        (clob) => clob.books(tokens),
      )
      assert.deepStrictEqual(
        asked.map(({ body }) => JSON.parse(body).length),
        [mostBooks, 1],
      )
      assert.lengthOf(answer.missing, mostBooks + 1)
    }),
  )
})

describe("trading parameters", () => {
  it.effect("are read from their one-letter spelling", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* asking(
        () => json(clobMarketBody),
        (clob) => clob.tradingParameters(condition),
      )
      assert.strictEqual(asked[0]?.url.pathname, `/clob-markets/${condition}`)
      assert.deepStrictEqual(answer as unknown, {
        condition,
        tokens: [
          { token, outcome: "Yes", index: 0 },
          { token: otherToken, outcome: "No", index: 1 },
        ],
        tick: 1000,
        minimumSize: 5_000_000,
        fee: { rate: 40_000, exponent: 1 },
        acceptsOrders: true,
        negRisk: true,
        holdsTakersBack: true,
      })
    }),
  )

  it.effect("without a fee are free, whatever the old flags say", () =>
    Effect.gen(function* () {
      const { fd: _, nr: __, ao: ___, itode: ____, ...bare } = clobMarketBody
      const { answer } = yield* asking(
        () => json(bare),
        (clob) => clob.tradingParameters(condition),
      )
      assert.deepInclude(answer, { fee: { rate: 0, exponent: 1 }, acceptsOrders: null })
    }),
  )

  it.effect("of another market, or that make no sense, are Malformed", () =>
    Effect.gen(function* () {
      const bad = [
        { c: otherCondition },
        { mts: 0 },
        { fd: { r: 0.04, e: 3 } },
        { t: [{ t: token }] },
        { mos: -1 },
      ]
      for (const field of bad) {
        const { answer } = yield* asking(
          () => json({ ...clobMarketBody, ...field }),
          (clob) => Effect.flip(clob.tradingParameters(condition)),
        )
        assert.strictEqual(answer.reason._tag, "Malformed", JSON.stringify(field))
      }
    }),
  )
})

describe("the venue's time", () => {
  it.effect("comes as bare seconds", () =>
    Effect.gen(function* () {
      const good = yield* asking(
        () => new Response("1790000000"),
        (clob) => clob.timeMs,
      )
      assert.strictEqual(good.answer, 1_790_000_000_000)
      const bad = yield* asking(
        () => json({ now: 1 }),
        (clob) => Effect.flip(clob.timeMs),
      )
      assert.strictEqual(bad.answer.reason._tag, "Malformed")
    }),
  )
})
