import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { ConditionId } from "@evaluator/domain/Id"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import type { Asked, Reply } from "./FakeVenue.ts"
import { fakeVenue, json } from "./FakeVenue.ts"
import { condition, eventRow, marketRow, otherCondition } from "./Samples.ts"

const asking = <A, E>(
  reply: (asked: Asked) => Reply,
  ask: (api: GammaApi["Service"]) => Effect.Effect<A, E>,
) => {
  const { asked, layer } = fakeVenue(reply)
  return Effect.map(
    GammaApi.use(ask).pipe(Effect.provide(Layer.provide(GammaApi.layer, layer))),
    (answer) => ({ answer, asked: asked.map(({ url }) => url) }),
  )
}

const closedRow = { ...marketRow, closed: true }

describe("a page of markets", () => {
  it.effect("is asked for by keyset, with its tags", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* asking(
        () => json({ markets: [marketRow], next_cursor: "n2" }),
        (api) => api.markets({ closed: false, cursor: "n1" }),
      )
      assert.strictEqual(answer.rows[0]?.condition, condition)
      assert.strictEqual(answer.nextCursor, "n2")
      assert.strictEqual(asked[0]?.pathname, "/markets/keyset")
      assert.include(Object.fromEntries(asked[0]!.searchParams), {
        limit: "100",
        closed: "false",
        after_cursor: "n1",
        include_tag: "true",
      })
    }),
  )

  it.effect("is the last when it names no cursor", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => json({ markets: [closedRow] }),
        (api) => api.markets({ closed: true }),
      )
      assert.isNull(answer.nextCursor)
      assert.strictEqual(answer.rows[0]?.status, "closed")
    }),
  )

  it.effect("rejects what is not binary and what was not asked for", () =>
    Effect.gen(function* () {
      const three = { ...marketRow, outcomes: '["A","B","C"]' }
      const { answer } = yield* asking(
        () => json({ markets: [three, closedRow, marketRow] }),
        (api) => api.markets({ closed: false }),
      )
      assert.strictEqual(answer.rows.length, 1)
      assert.match(answer.rejected[0]?.reason ?? "", /not binary/)
      assert.match(answer.rejected[1]?.reason ?? "", /closed/)
    }),
  )

  it.effect("without a list, or with a cursor that does not move, is Malformed", () =>
    Effect.gen(function* () {
      for (const body of [{ data: [] }, { markets: [], next_cursor: "n1" }]) {
        const { answer } = yield* asking(
          () => json(body),
          (api) => Effect.flip(api.markets({ closed: false, cursor: "n1" })),
        )
        assert.strictEqual(answer.reason._tag, "Malformed")
      }
    }),
  )
})

describe("a page of events", () => {
  const asked = (body: unknown, cursor: string | null = null) =>
    Effect.map(
      asking(
        () => json(body),
        (api) => api.events({ closed: false, cursor }),
      ),
      ({ answer, asked }) => ({ page: answer, url: asked[0]! }),
    )

  it.effect("has each event's markets, which take slug and topic from their event", () =>
    Effect.gen(function* () {
      const { page, url } = yield* asked({ events: [eventRow], next_cursor: "n2" }, "n1")
      assert.strictEqual(url.pathname, "/events/keyset")
      assert.strictEqual(url.searchParams.get("after_cursor"), "n1")
      assert.strictEqual(page.nextCursor, "n2")
      const [event] = page.rows
      assert.deepInclude(event, { id: "9", negRisk: true, closed: false, placeholders: 0 })
      assert.deepInclude(event?.markets[0], { eventSlug: "rain-event", domain: "Politics" })
    }),
  )

  it.effect("counts placeholders, and rejects what cannot be read without its event", () =>
    Effect.gen(function* () {
      const markets = [
        marketRow,
        { question: "Who?", conditionId: "" },
        { ...marketRow, clobTokenIds: "" },
        { ...marketRow, outcomes: '["a","b","c"]' },
        7,
      ]
      const { page } = yield* asked({
        events: [
          { ...eventRow, markets },
          { ...eventRow, closed: true },
          { ...eventRow, id: "x" },
        ],
      })
      assert.lengthOf(page.rows, 1)
      assert.strictEqual(page.rows[0]?.markets.length, 1)
      assert.strictEqual(page.rows[0]?.placeholders, 2)
      assert.lengthOf(page.rejected, 4)
      assert.match(page.rejected[2]?.reason ?? "", /market of event 9: not binary/)
    }),
  )
})

describe("markets by condition", () => {
  it.effect("are found whether open or closed, and absent when unknown", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* asking(
        ({ url }) =>
          json({
            markets:
              url.searchParams.get("closed") === "true"
                ? [{ ...closedRow, conditionId: otherCondition }]
                : [marketRow],
          }),
        (api) =>
          api.marketsByCondition([
            condition,
            otherCondition,
            `0x${"77".repeat(32)}` as ConditionId,
          ]),
      )
      assert.deepStrictEqual(
        answer.rows.map((market) => [market.condition, market.status]),
        [
          [condition, "open"],
          [otherCondition, "closed"],
        ],
      )
      assert.strictEqual(asked.length, 2)
      assert.strictEqual(asked[0]?.searchParams.getAll("condition_ids").length, 3)
    }),
  )

  it.effect("are asked for twenty values at a time and in both spellings", () =>
    Effect.gen(function* () {
      const padded = `0x01${"ab".repeat(30)}00` as ConditionId
      const many = Array.from(
        { length: 20 },
        (_, n) => `0x${String(n).padStart(64, "f")}` as ConditionId,
      )
      const { asked } = yield* asking(
        () => json({ markets: [] }),
        (api) => api.marketsByCondition([padded, ...many]),
      )
      const values = asked.map((url) => url.searchParams.getAll("condition_ids"))
      assert.deepStrictEqual(
        values.map((ids) => ids.length),
        [20, 20, 2, 2],
      )
      assert.deepStrictEqual(values[0]?.slice(0, 2), [padded, padded.slice(0, -2)])
    }),
  )

  it.effect("are as old as the oldest answer that the venue's cache gave", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        ({ url }) =>
          json(
            { markets: [] },
            { headers: { age: url.searchParams.get("closed") === "true" ? "240" : "30" } },
          ),
        (api) => api.marketsByCondition([condition]),
      )
      assert.strictEqual(answer.ageMs, 240_000)
    }),
  )

  it.effect("that nobody asked for are rejected", () =>
    Effect.gen(function* () {
      const { answer } = yield* asking(
        () => json({ markets: [marketRow] }),
        (api) => api.marketsByCondition([otherCondition]),
      )
      assert.strictEqual(answer.rows.length, 0)
      assert.strictEqual(answer.rejected.length, 2)
    }),
  )

  it.effect("of an empty question need no request", () =>
    Effect.gen(function* () {
      const { asked, layer } = fakeVenue(() => json({ markets: [] }))
      const answer = yield* GammaApi.use((api) => api.marketsByCondition([])).pipe(
        Effect.provide(Layer.provide(GammaApi.layer, layer)),
      )
      assert.deepStrictEqual(answer.rows, [])
      assert.strictEqual(asked.length, 0)
    }),
  )
})
