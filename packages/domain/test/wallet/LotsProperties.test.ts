import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type LedgerEntry, orderedPieces, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { run } from "./LotRuns.ts"

describe("lots, whatever happens,", () => {
  const Move = Schema.Struct({
    kind: Schema.Literals(["buy", "sell", "split", "merge", "redeem"]),
    market: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 })),
    outcome: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 })),
    price: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
    second: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
  })
  type Move = typeof Move.Type
  const Moves = Schema.Array(Move).check(Schema.isMaxLength(40))

  const ledgerOf = (moves: ReadonlyArray<Move>): ReadonlyArray<LedgerEntry> =>
    moves.map((move, index) => ({
      kind: move.kind,
      id: `e${String(index).padStart(3, "0")}`,
      atMs: move.second * 1000,
      condition: `m${move.market}`,
      token: move.kind === "buy" || move.kind === "sell" ? `m${move.market}:${move.outcome}` : null,
      size: move.size,
      price: move.price,
      usdc: move.kind === "redeem" && move.outcome === 0 ? move.size : 0,
    }))

  /** A shuffle and repetition that depends on the moves alone. */
  const delivered = (ledger: ReadonlyArray<LedgerEntry>) => {
    const shuffled = ledger
      .map((one, index) => ({ one, key: (index * 7919 + one.size) % 101 }))
      .toSorted((a, b) => a.key - b.key)
      .map(({ one }) => one)
    return [...shuffled, ...ledger.slice(0, Math.ceil(ledger.length / 2))]
  }

  it.prop(
    "are the same in whatever order and however often pages are delivered",
    [Moves],
    ([moves]) => {
      const ledger = ledgerOf(moves)
      const once = run(ledger)
      const again = run(delivered(ledger))
      assert.deepStrictEqual(again.closed, once.closed)
      assert.deepStrictEqual(again.book.open(), once.book.open())
      assert.strictEqual(again.book.unmatched, once.book.unmatched)
    },
  )

  it.prop("come in the same order in pieces as in one go", [Moves], ([moves]) => {
    const ledger = delivered(ledgerOf(moves))
    assert.deepStrictEqual([...orderedPieces(ledger, 3)].flat(), orderLedger(ledger))
  })

  it.prop("conserve shares: what came in is gone or open", [Moves], ([moves]) => {
    const ledger = ledgerOf(moves)
    const { book, closed } = run(ledger)
    let came = 0
    for (const one of ledger) {
      if (one.kind === "buy") came += one.size
      if (one.kind === "split") came += 2 * one.size
    }
    const gone = closed.reduce((sum, lot) => sum + lot.size, 0)
    const open = book.open().reduce((sum, holding) => sum + holding.size, 0)
    assert.strictEqual(gone + open, came)
  })

  it.prop("conserve cost: what was paid is in closed lots or open ones", [Moves], ([moves]) => {
    const { book, closed } = run(ledgerOf(moves))
    const open = book.open().reduce((sum, holding) => sum + holding.cost, 0)
    assert.strictEqual(book.openCost, open)
    assert.isTrue(closed.every((lot) => lot.cost >= 0 && lot.proceeds >= 0))
  })
})
