import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { CopyResultsPage, copyResultsRequest, pageEvents } from "@evaluator/paper/CopyResults"
import { book, fill, type House, resolved } from "./PaperHarness.ts"
import { deliver, prepared } from "./CopyRuns.ts"

const page = (house: House, kind: "decided" | "settled", after: string | null = null) =>
  house
    .ask(copyResultsRequest, { kind, after })
    .pipe(Effect.flatMap(Schema.decodeUnknownEffect(CopyResultsPage)))

interface Told {
  readonly id: string
  readonly payload: string
}

/** What was told of the copies, read before the events have had their time. */
const told = (house: House, type: "CopyDecided" | "CopySettled") =>
  house.sql<Told>`SELECT id, payload FROM events WHERE type = ${type} ORDER BY seq`

const payloads = (of: ReadonlyArray<{ readonly payload: string }>) =>
  of.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>)

const byKey = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  `${String(a["fill"])} ${String(a["strategy"])}` < `${String(b["fill"])} ${String(b["strategy"])}`
    ? -1
    : 1

describe("the other lane's question for what came of our copies", () => {
  it.effect("is answered as it was told, also when the events have had their time", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ strategies: Strategy.literals })
      house.venue.setBook(book(1, { asks: [[0.5, 1000]], bids: [[0.6, 1000]] }))
      house.venue.setBook(book(2, { asks: [[0.5, 1000]], bids: [[0.6, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5 }), fill({ market: 2, price: 0.5, n: 2 })])
      yield* deliver(house, [fill({ market: 2, side: "SELL", price: 0.6, n: 3 })])
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      yield* house.tell([resolved(1, [0, 1])])
      yield* house.settle
      const decided = yield* told(house, "CopyDecided")
      const settled = yield* told(house, "CopySettled")
      assert.strictEqual(decided.length, 9)
      assert.strictEqual(settled.length, 9)
      yield* house.sql`DELETE FROM events`
      const first = yield* page(house, "decided")
      assert.strictEqual(first.next, null)
      assert.deepStrictEqual(payloads(first.events), payloads(decided).toSorted(byKey))
      const second = yield* page(house, "settled")
      assert.deepStrictEqual(
        second.events.map(({ id, payload }) => ({ id, payload })),
        settled.map(({ id, payload }) => ({ id, payload })),
      )
    }),
  )

  it.effect("is answered page by page, each copy once", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const many = pageEvents + 3
      // Sales of what we do not hold: one outcome each.
      yield* deliver(
        house,
        Array.from({ length: many }, (_, n) => fill({ side: "SELL", n: n + 1 })),
      )
      const first = yield* page(house, "decided")
      assert.strictEqual(first.events.length, pageEvents)
      const rest = yield* page(house, "decided", first.next)
      assert.strictEqual(rest.next, null)
      const ids = [...first.events, ...rest.events].map((event) => event.id)
      assert.strictEqual(new Set(ids).size, many)
    }),
  )
})
