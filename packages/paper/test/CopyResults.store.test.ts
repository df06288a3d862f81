import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { CopyResultsPage, copyResultsRequest, pageEvents } from "@evaluator/paper/CopyResults"
import { book, fill, type House, resolved } from "./PaperHarness.ts"
import { deliver, prepared } from "./CopyRuns.ts"

const page = (house: House, after: string | null) =>
  house
    .ask(copyResultsRequest, { after })
    .pipe(Effect.flatMap(Schema.decodeUnknownEffect(CopyResultsPage)))

describe("the other lane's question for what came of our copies", () => {
  it.effect("is answered with the events as they were told, in their order", () =>
    Effect.gen(function* () {
      const house = yield* prepared({ strategies: Strategy.literals })
      house.venue.setBook(book(1, { asks: [[0.5, 1000]] }))
      yield* deliver(house, [fill({ price: 0.5 })])
      yield* house.tell([resolved(1, [1, 0])])
      yield* house.settle
      const { events, next } = yield* page(house, null)
      assert.strictEqual(next, null)
      const told = yield* house.sql<{ id: string }>`SELECT id FROM events
        WHERE type LIKE 'Copy%' ORDER BY seq`
      assert.deepStrictEqual(
        events.map((event) => event.id),
        told.map((row) => row.id),
      )
      assert.strictEqual(events.length, 6)
      assert.deepStrictEqual((yield* page(house, String(events[3]!.seq))).events, events.slice(4))
    }),
  )

  it.effect("is answered page by page, each event once", () =>
    Effect.gen(function* () {
      const house = yield* prepared()
      const many = pageEvents + 3
      // Sales of what we do not hold: one event each.
      yield* deliver(
        house,
        Array.from({ length: many }, (_, n) => fill({ side: "SELL", n: n + 1 })),
      )
      const first = yield* page(house, null)
      assert.strictEqual(first.events.length, pageEvents)
      const rest = yield* page(house, first.next)
      assert.strictEqual(rest.next, null)
      const ids = [...first.events, ...rest.events].map((event) => event.id)
      assert.strictEqual(new Set(ids).size, many)
    }),
  )
})
