import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { BookMirror, mostTokens, mostWaiting } from "@evaluator/polymarket/BookMirror"
import type { TokenId } from "@evaluator/domain/Id"
import { ONE, price, shares } from "@evaluator/domain/money/Micro"
import type { BookMessage } from "@evaluator/polymarket/wire/BookFrame"
import { bookOf } from "@evaluator/polymarket/wire/BookRow"
import { bookRow, otherToken, token } from "./Samples.ts"

const book = Result.getOrThrow(bookOf(bookRow))

const Step = Schema.Struct({
  side: Schema.Literals(["bids", "asks"]),
  cent: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 49 })),
  size: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
})

/** A reference that keeps levels by hand: bids below, asks above one half, so that none cross. */
const model = () => ({ bids: new Map<number, number>(), asks: new Map<number, number>() })

const messageOf = (
  step: typeof Step.Type,
  levels: ReturnType<typeof model>,
  atMs: number,
): BookMessage => {
  const at = step.side === "bids" ? step.cent * 10_000 : ONE - step.cent * 10_000
  if (step.size === 0) levels[step.side].delete(at)
  else levels[step.side].set(at, step.size)
  return {
    kind: "levels",
    atMs,
    changes: [
      {
        token,
        side: step.side,
        price: price(at),
        size: shares(step.size),
        hash: "",
        bestBid: price(Math.max(0, ...levels.bids.keys())),
        bestAsk: price(Math.min(ONE, ...levels.asks.keys())),
      },
    ],
  }
}

describe("a mirrored book", () => {
  it.effect.prop(
    "is the book that its changes make, also when it was fetched in the middle of them",
    [Schema.Array(Step), Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))],
    ([steps, fetchedAt]) =>
      Effect.sync(() => {
        const levels = model()
        const mirror = new BookMirror()
        mirror.follow([token], 0)
        const messages = steps.map((step, nth) => messageOf(step, levels, book.atMs + 1 + nth))
        const fetched = { ...book, bids: [], asks: [] }
        // Heard before the snapshot: they wait and are laid over it.
        for (const message of messages.slice(0, fetchedAt)) mirror.apply(message, 0)
        mirror.replace(fetched, 0)
        for (const message of messages.slice(fetchedAt)) mirror.apply(message, 0)
        const built = mirror.book(token)
        assert.isNotNull(built)
        const expected = (side: ReadonlyMap<number, number>, sign: 1 | -1) =>
          Array.from(side, ([price, size]) => ({ price, size })).toSorted(
            (a, b) => sign * (a.price - b.price),
          )
        assert.deepStrictEqual(built?.bids as unknown, expected(levels.bids, -1))
        assert.deepStrictEqual(built?.asks as unknown, expected(levels.asks, 1))
      }),
  )

  it("takes changes behind a snapshot of the socket whatever their time says", () => {
    const mirror = new BookMirror()
    mirror.follow([token], 0)
    const names = { tick: true, minimumSize: true }
    mirror.apply({ kind: "snapshot", book: { ...book, bids: [], asks: [] }, names }, 0)
    const late = messageOf({ side: "bids", cent: 30, size: 1 }, model(), book.atMs - 500)
    assert.deepStrictEqual(mirror.apply(late, 0), { changed: [token], lost: [] })
    assert.lengthOf(mirror.book(token)?.bids ?? [], 1)
  })

  it("ignores what is older than the book that was fetched", () => {
    const mirror = new BookMirror()
    mirror.follow([token], 0)
    mirror.replace(book, 0)
    const old = messageOf({ side: "bids", cent: 30, size: 1 }, model(), book.atMs - 1)
    assert.deepStrictEqual(mirror.apply(old, 0), { changed: [], lost: [] })
    assert.deepStrictEqual(mirror.replace({ ...book, atMs: book.atMs - 5 }, 0).changed, [])
    assert.deepStrictEqual(mirror.book(token)?.bids, book.bids)
  })

  it("falls out of step when its best prices cross or are not those told", () => {
    for (const bestAsk of [price(520_000), price(530_000)]) {
      const mirror = new BookMirror()
      mirror.follow([token], 0)
      mirror.replace(book, 0)
      const crossing = bestAsk === 520_000
      const did = mirror.apply(
        {
          kind: "levels",
          atMs: null,
          changes: [
            {
              token,
              side: "bids",
              price: price(crossing ? 520_000 : 400_000),
              size: shares(1),
              hash: "",
              bestBid: null,
              bestAsk,
            },
          ],
        },
        7,
      )
      assert.deepStrictEqual(did, { changed: [], lost: [token] })
      assert.isNull(mirror.book(token))
      assert.deepStrictEqual(mirror.lostFor(0, 7), [token])
      assert.deepStrictEqual(mirror.lostFor(5, 7), [])
    }
  })

  it("of an empty side agrees with 0 and 1 as best prices", () => {
    const mirror = new BookMirror()
    mirror.follow([token], 0)
    mirror.replace({ ...book, bids: [], asks: [] }, 0)
    const did = mirror.apply(
      messageOf({ side: "bids", cent: 5, size: 0 }, model(), book.atMs + 1),
      0,
    )
    assert.deepStrictEqual(did, { changed: [token], lost: [] })
  })

  it("that is quiet is confirmed by the same hash and ends when the venue has none", () => {
    const mirror = new BookMirror()
    mirror.follow([token], 0)
    mirror.replace(book, 0)
    assert.deepStrictEqual(mirror.quietFor(60, 60), [token])
    assert.deepStrictEqual(mirror.replace({ ...book, bids: [] }, 60).changed, [])
    assert.deepStrictEqual(mirror.quietFor(60, 60), [])
    assert.deepStrictEqual(mirror.replace({ ...book, hash: "other" }, 60).changed, [token])
    assert.deepStrictEqual(mirror.setAbsent(token, 70).lost, [token])
    assert.isNull(mirror.book(token))
    assert.deepStrictEqual(mirror.lostFor(0, 80), [])
  })

  it("of a token that is not followed is not kept", () => {
    const mirror = new BookMirror()
    mirror.follow([otherToken], 0)
    assert.deepStrictEqual(mirror.replace(book, 0).changed, [])
    assert.isNull(mirror.book(token))
  })
})

describe("a mirror", () => {
  it("follows no more tokens than it says, and remembers no more changes", () => {
    const mirror = new BookMirror()
    mirror.follow(
      Array.from({ length: mostTokens + 10 }, (_, n) => String(n + 1) as TokenId),
      0,
    )
    assert.strictEqual(mirror.followed.size, mostTokens)
    mirror.follow([token], 0)
    const levels = model()
    for (let n = 0; n < mostWaiting + 50; n++) {
      const step = { side: "bids", cent: 1 + (n % 49), size: 1 + (n % 5) } as const
      mirror.apply(messageOf(step, levels, book.atMs + n), 0)
    }
    mirror.replace({ ...book, bids: [], asks: [] }, 0)
    assert.lengthOf(mirror.book(token)?.bids ?? [], 49)
  })
})
