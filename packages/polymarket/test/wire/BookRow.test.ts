import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Book } from "@evaluator/domain/market/Book"
import { bookOf } from "@evaluator/polymarket/wire/BookRow"
import { bookRow } from "../Samples.ts"

const decoded = (change: object) => Result.getOrThrow(bookOf({ ...bookRow, ...change }))

describe("a book", () => {
  it("has its best levels first, though they come last", () => {
    const book = decoded({})
    assert.isTrue(Schema.is(Book)(book))
    assert.deepStrictEqual(
      book.bids.map((level) => level.price as number),
      [510_000, 10_000],
    )
    assert.deepStrictEqual(
      book.asks.map((level) => level.price as number),
      [520_000, 990_000],
    )
    assert.strictEqual(book.bids[0]?.size, 25_500_000)
    assert.strictEqual(book.atMs, 1_790_000_000_123)
    assert.strictEqual(book.origin, "venue")
  })

  it("is the same book when the venue turns its order round", () => {
    const turned = decoded({ bids: bookRow.bids.toReversed(), asks: bookRow.asks.toReversed() })
    assert.deepStrictEqual(turned, decoded({}))
  })

  it("may have no side at all", () => {
    assert.deepStrictEqual(decoded({ bids: null, asks: [] }).bids, [])
  })

  it("takes tick and minimum as numbers, as text, or not at all", () => {
    assert.strictEqual(decoded({ tick_size: 0.001, min_order_size: 15 }).tick, 1000)
    const bare = decoded({ tick_size: null, min_order_size: undefined })
    assert.strictEqual(bare.tick, 10_000)
    assert.strictEqual(bare.minimumSize, 5_000_000)
  })

  it("adds up repeated prices and drops empty levels", () => {
    const bids = [
      { price: "0.5", size: "1" },
      { price: "0.50", size: "2" },
      { price: "0.4", size: "0" },
    ]
    assert.deepStrictEqual(decoded({ bids }).bids as ReadonlyArray<unknown>, [
      { price: 500_000, size: 3_000_000 },
    ])
  })

  it("says when it was built from a tape", () => {
    assert.strictEqual(decoded({ assumed: true }).origin, "assumed")
  })

  it("is refused as a whole when one level cannot be read", () => {
    for (const level of [
      { price: "1.5", size: "1" },
      { price: "0.5", size: "-1" },
      { price: "", size: "1" },
      { price: "0.5", size: "1e300" },
    ]) {
      assert.isTrue(Result.isFailure(bookOf({ ...bookRow, bids: [...bookRow.bids, level] })))
    }
  })
})
