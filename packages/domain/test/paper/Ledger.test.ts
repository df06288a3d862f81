import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import {
  closeLots,
  type Entry,
  fundEntries,
  payoutEntries,
  promiseSharesEntries,
  purchaseEntries,
  reserveCashEntries,
  saleEntries,
  unbalanced,
} from "@evaluator/domain/paper/Ledger"

const token = "7" as TokenId
const amount = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 }))
const total = (entries: ReadonlyArray<Entry>, account: string) =>
  entries.filter((one) => one.account === account).reduce((sum, one) => sum + one.amount, 0)

describe("the entries of a transfer", () => {
  it.prop(
    "sum to zero in every currency, whatever is bought, sold or paid out",
    [amount, amount, amount, amount, amount],
    ([size, gross, fee, basis, more]) => {
      const transfers = [
        fundEntries(gross),
        reserveCashEntries(gross),
        reserveCashEntries(-gross),
        promiseSharesEntries(token, size),
        purchaseEntries({ token, reserved: gross + fee + more, size, gross, fee }),
        saleEntries({ token, promised: size + more, size, gross, fee, basis }),
        payoutEntries({ token, size, amount: gross, basis }),
      ]
      for (const entries of transfers) assert.deepStrictEqual(unbalanced(entries), [])
    },
  )

  it("of a purchase give back what the reservation did not need", () => {
    const entries = purchaseEntries({ token, reserved: 27, size: 40, gross: 24, fee: 1 })
    assert.strictEqual(total(entries, "reserved"), -27)
    assert.strictEqual(total(entries, "cash"), 2)
    assert.strictEqual(total(entries, "positions"), 24)
  })

  it("of a sale turn the difference to the cost into profit before fees", () => {
    const entries = saleEntries({ token, promised: 50, size: 40, gross: 30, fee: 1, basis: 24 })
    assert.strictEqual(total(entries, "realised"), -6)
    assert.strictEqual(total(entries, "cash"), 29)
    assert.strictEqual(total(entries, "held"), 10)
  })

  it("that do not sum to zero are named by their currency", () => {
    const entries: ReadonlyArray<Entry> = [
      { account: "cash", token: null, amount: 1 },
      { account: "held", token, amount: 2 },
      { account: "venue", token, amount: -2 },
    ]
    assert.deepStrictEqual(unbalanced(entries), ["USDC"])
  })
})

describe("shares leaving their lots", () => {
  const lots = [
    { id: 1, openSize: 30, openCost: 20, openFee: 3 },
    { id: 2, openSize: 50, openCost: 10, openFee: 0 },
  ]

  it("go first in, first out, with their part of cost, fee and proceeds", () => {
    const closings = closeLots(lots, { size: 40, proceeds: 100, fee: 4 })
    assert.deepStrictEqual(closings, [
      { lot: 1, size: 30, cost: 20, buyFee: 3, proceeds: 75, saleFee: 3, pnl: 49, last: true },
      { lot: 2, size: 10, cost: 2, buyFee: 0, proceeds: 25, saleFee: 1, pnl: 22, last: false },
    ])
  })

  it("are refused when there are not enough", () => {
    assert.isNull(closeLots(lots, { size: 81, proceeds: 1, fee: 0 }))
  })

  const Lot = Schema.Tuple([amount, amount, amount])
  it.prop(
    "lose no share, no cent and no fee on the way, however they are cut",
    [
      Schema.NonEmptyArray(Lot),
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
      amount,
    ],
    ([made, cuts, proceeds]) => {
      let open = made.map(([openSize, openCost, openFee], id) => ({
        id,
        openSize,
        openCost,
        openFee,
      }))
      const start = open
      const sum = (of: "openSize" | "openCost" | "openFee") =>
        start.reduce((all, lot) => all + lot[of], 0)
      let gone = { size: 0, cost: 0, fee: 0 }
      // Cuts of so many hundredths of what is there, then all that is left.
      for (const cut of [...cuts, 100]) {
        const there = open.reduce((all, lot) => all + lot.openSize, 0)
        const size = cut === 100 ? there : Math.floor((there * cut) / 100)
        if (size === 0) continue
        const closings = closeLots(open, { size, proceeds, fee: 7 })!
        assert.strictEqual(
          closings.reduce((all, one) => all + one.proceeds, 0),
          proceeds,
        )
        assert.strictEqual(
          closings.reduce((all, one) => all + one.saleFee, 0),
          7,
        )
        for (const one of closings) {
          gone = {
            size: gone.size + one.size,
            cost: gone.cost + one.cost,
            fee: gone.fee + one.buyFee,
          }
          open = open.map((lot) =>
            lot.id === one.lot
              ? {
                  ...lot,
                  openSize: lot.openSize - one.size,
                  openCost: lot.openCost - one.cost,
                  openFee: lot.openFee - one.buyFee,
                }
              : lot,
          )
        }
      }
      assert.deepStrictEqual(gone, {
        size: sum("openSize"),
        cost: sum("openCost"),
        fee: sum("openFee"),
      })
    },
  )
})
