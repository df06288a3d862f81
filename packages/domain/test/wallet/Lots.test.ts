import { assert, describe, it } from "@effect/vitest"
import type { EntryKind, LedgerEntry } from "@evaluator/domain/wallet/LedgerEntry"
import type { ClosedLot } from "@evaluator/domain/wallet/Lots"
import { market, run } from "./LotRuns.ts"

const micro = (amount: number) => Math.round(amount * 1_000_000)

let serial = 0
const entry = (
  kind: EntryKind,
  spec: Partial<Omit<LedgerEntry, "kind">> & {
    readonly market?: number
    readonly outcome?: number
  },
): LedgerEntry => {
  const { market = 1, outcome = 0, ...given } = spec
  serial += 1
  return {
    kind,
    id: `${kind}-${String(serial).padStart(6, "0")}`,
    atMs: serial * 1000,
    condition: `m${market}`,
    token: kind === "buy" || kind === "sell" ? `m${market}:${outcome}` : null,
    price: 0,
    usdc: 0,
    ...given,
    size: micro(given.size ?? 0),
    ...(given.price !== undefined && { price: micro(given.price) }),
    ...(given.usdc !== undefined && { usdc: micro(given.usdc) }),
  }
}

const pnlOf = (lot: ClosedLot) => lot.proceeds - lot.cost

describe("lots", () => {
  it("match the reference where it is right: two markets, one won and one lost", () => {
    const { closed, pnl } = run([
      entry("buy", { size: 10, price: 0.5 }),
      entry("sell", { size: 10, price: 0.6 }),
      entry("buy", { market: 2, size: 5, price: 0.7 }),
      entry("sell", { market: 2, size: 5, price: 0.55 }),
    ])
    assert.strictEqual(pnl, micro(0.25))
    assert.deepStrictEqual(
      closed.map((lot) => pnlOf(lot) > 0),
      [true, false],
    )
  })

  it("match the reference where it is right: the oldest lots go first, the rest stays open", () => {
    const { book, closed, pnl } = run([
      entry("buy", { size: 10, price: 0.5 }),
      entry("buy", { size: 10, price: 0.6 }),
      entry("sell", { size: 15, price: 0.7 }),
    ])
    assert.strictEqual(pnl, micro(2.5))
    assert.strictEqual(closed.length, 2)
    const [open] = book.open()
    assert.strictEqual(open!.size, micro(5))
    assert.strictEqual(open!.cost, micro(3))
  })

  it("never match a sale with a later purchase", () => {
    const sold = entry("sell", { size: 10, price: 0.9 })
    const { book, closed, pnl } = run([
      sold,
      entry("buy", { size: 10, price: 0.3, atMs: sold.atMs + 432_000_000 }),
    ])
    assert.strictEqual(pnl, 0)
    assert.strictEqual(closed.length, 0)
    assert.strictEqual(book.unmatched, micro(10))
    assert.strictEqual(book.open()[0]!.size, micro(10))
  })

  it("never match Yes with No", () => {
    const { book, closed } = run([
      entry("buy", { size: 10, price: 0.6 }),
      entry("sell", { outcome: 1, size: 10, price: 0.4 }),
    ])
    assert.strictEqual(closed.length, 0)
    assert.strictEqual(book.open()[0]!.size, micro(10))
  })

  it("count a loser held to the end as a loss and a winner as a win", () => {
    const { closed, pnl } = run(
      [
        entry("buy", { market: 1, size: 100, price: 0.6 }),
        entry("buy", { market: 2, size: 100, price: 0.3 }),
        entry("resolve", { market: 1 }),
        entry("resolve", { market: 2 }),
      ],
      [market(1, [0, 1_000_000]), market(2, [1_000_000, 0])],
    )
    assert.deepStrictEqual(closed.map(pnlOf), [micro(-60), micro(70)])
    assert.strictEqual(pnl, micro(10))
  })

  it("pay each half when a market resolves to half", () => {
    const { pnl } = run(
      [entry("buy", { size: 10, price: 0.2 }), entry("resolve", {})],
      [market(1, [500_000, 500_000])],
    )
    assert.strictEqual(pnl, micro(3))
  })

  it("earn nothing by splitting and merging a full set", () => {
    const { book, pnl } = run([entry("split", { size: 40 }), entry("merge", { size: 40 })])
    assert.strictEqual(pnl, 0)
    assert.strictEqual(book.open().length, 0)
    assert.strictEqual(book.openCost, 0)
  })

  it("carry the cost of a split into the sale of one side", () => {
    const { pnl } = run([entry("split", { size: 10 }), entry("sell", { size: 10, price: 0.8 })])
    assert.strictEqual(pnl, micro(3))
  })

  it("take a redemption that names no token for the token held in that size", () => {
    const { closed, book } = run([
      entry("buy", { outcome: 0, size: 30, price: 0.4 }),
      entry("buy", { outcome: 1, size: 12, price: 0.5 }),
      entry("redeem", { size: 30, usdc: 30 }),
    ])
    assert.deepStrictEqual(
      closed.map((lot) => [lot.token, pnlOf(lot)]),
      [
        ["m1:0", micro(18)],
        ["m1:1", micro(-6)],
      ],
    )
    assert.strictEqual(book.open().length, 0)
  })

  it("let a redemption without payment close only the losing side, whichever row comes first", () => {
    const { closed } = run([
      entry("buy", { outcome: 0, size: 30, price: 0.4 }),
      entry("buy", { outcome: 1, size: 12, price: 0.5 }),
      entry("redeem", { size: 12, usdc: 0, atMs: 10_000_000 }),
      entry("redeem", { size: 30, usdc: 30, atMs: 10_000_000 }),
    ])
    assert.strictEqual(
      closed.reduce((sum, lot) => sum + pnlOf(lot), 0),
      micro(12),
    )
  })

  it("earn nothing by a redemption after the market has resolved", () => {
    const { pnl, closed } = run(
      [
        entry("buy", { size: 30, price: 0.4 }),
        entry("resolve", {}),
        entry("redeem", { size: 30, usdc: 30 }),
      ],
      [market(1, [1_000_000, 0])],
    )
    assert.strictEqual(pnl, micro(18))
    assert.strictEqual(closed.length, 1)
  })
})
