import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import type { Reply } from "./FakeVenue.ts"
import { fakeVenue, json } from "./FakeVenue.ts"
import { bookRow, otherToken, token } from "./Samples.ts"

const booked = (reply: () => Reply) => {
  const { asked, layer } = fakeVenue(reply)
  const book = ClobApi.use((api) => api.book(token)).pipe(
    Effect.provide(Layer.provide(ClobApi.layer, layer)),
  )
  return { asked, book }
}

describe("the book of a token", () => {
  it.effect("comes with its best level first", () =>
    Effect.gen(function* () {
      const { asked, book } = booked(() => json(bookRow))
      assert.strictEqual((yield* book).bids[0]?.price, 510_000)
      assert.strictEqual(asked[0]?.url.searchParams.get("token_id"), token)
    }),
  )

  it.effect("that does not exist is NotFound", () =>
    Effect.gen(function* () {
      const { book } = booked(() => json({ error: "No orderbook exists" }, { status: 404 }))
      assert.strictEqual((yield* Effect.flip(book)).reason._tag, "NotFound")
    }),
  )

  it.effect("is never the book of another token, nor half a book", () =>
    Effect.gen(function* () {
      const bad = [
        { ...bookRow, asset_id: otherToken },
        { ...bookRow, asks: [{ price: "0.5" }] },
      ]
      for (const body of bad) {
        const { book } = booked(() => json(body))
        assert.strictEqual((yield* Effect.flip(book)).reason._tag, "Malformed")
      }
    }),
  )
})
