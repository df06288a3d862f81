import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Fill } from "@evaluator/domain/trade/Trade"
import { fillOf } from "@evaluator/polymarket/wire/TradeRow"
import { olderTradeRow, token, tradeRow, wallet } from "../Samples.ts"

const decoded = (raw: unknown) => Result.getOrThrow(fillOf(raw))
const reason = (raw: unknown) =>
  Result.match(fillOf(raw), { onSuccess: () => "", onFailure: (r) => r })

describe("a trade row", () => {
  it("becomes a fill in integers", () => {
    const fill = decoded(tradeRow)
    assert.strictEqual(fill.price, 430_000)
    assert.strictEqual(fill.size, 12_500_000)
    assert.strictEqual(fill.atMs, 1_790_000_000_000)
    assert.strictEqual(fill.side, "BUY")
    assert.isTrue(Schema.is(Fill)(fill))
  })

  it("is the same fill in either spelling", () => {
    assert.deepStrictEqual(decoded(olderTradeRow), decoded(tradeRow))
  })

  it("is the same fill whether numbers come as numbers or as text", () => {
    const asText = { ...tradeRow, size: "12.5", price: "0.43", timestamp: "1790000000" }
    assert.deepStrictEqual(decoded({ ...asText, outcome_index: "0" }), decoded(tradeRow))
  })

  it("is the same fill whatever the case of its addresses", () => {
    const loud = { ...tradeRow, proxy_wallet: wallet.toUpperCase().replace("0X", "0x") }
    assert.strictEqual(decoded(loud).id, decoded(tradeRow).id)
  })

  it("ignores fields it does not know", () => {
    assert.deepStrictEqual(decoded({ ...tradeRow, brand_new: { deep: [1] } }), decoded(tradeRow))
  })

  it("keeps an unknown outcome as 999", () => {
    const { outcome_index: _, ...without } = tradeRow
    assert.strictEqual(decoded(without).outcomeIndex, 999)
    assert.strictEqual(decoded({ ...tradeRow, outcome_index: null }).outcomeIndex, 999)
    assert.strictEqual(decoded({ ...tradeRow, outcome_index: 999 }).outcomeIndex, 999)
  })

  it("has another id as soon as one field of its key differs", () => {
    const ids = new Set(
      [
        tradeRow,
        { ...tradeRow, side: "SELL" },
        { ...tradeRow, price: 0.431 },
        { ...tradeRow, size: 12.6 },
        { ...tradeRow, token_id: "5" },
        { ...tradeRow, proxy_wallet: `0x${"00".repeat(20)}` },
        { ...tradeRow, condition_id: `0x${"00".repeat(32)}` },
        { ...tradeRow, transaction_hash: `0x${"00".repeat(32)}` },
      ].map((row) => decoded(row).id),
    )
    assert.strictEqual(ids.size, 8)
  })

  it("keeps its id when only its time or outcome index differ", () => {
    assert.strictEqual(
      decoded({ ...tradeRow, timestamp: 1, outcome_index: 1 }).id,
      decoded(tradeRow).id,
    )
  })

  it("is refused with the reason when a value cannot be", () => {
    const cases: ReadonlyArray<readonly [object, RegExp]> = [
      [{ price: 1.01 }, /price outside/],
      [{ price: -0.01 }, /price outside/],
      [{ size: -1 }, /size/],
      [{ size: 0 }, /size/],
      [{ size: 1e12 }, /size/],
      [{ side: "HOLD" }, /side/],
      [{ side: "toString" }, /side/],
      [{ proxy_wallet: "0x12" }, /wallet/],
      [{ token_id: "" }, /token/],
      [{ token_id: 7.1e76 }, /token_id/],
      [{ transaction_hash: "" }, /transaction/],
      [{ timestamp: 0 }, /time/],
      [{ condition_id: `0x03${"ab".repeat(30)}` }, /combo/],
      [{ price: null }, /price/],
    ]
    for (const [change, expected] of cases)
      assert.match(reason({ ...tradeRow, ...change }), expected)
  })

  it("is refused when it is no row at all", () => {
    for (const raw of [null, 5, "row", [], {}]) assert.notStrictEqual(reason(raw), "")
  })

  it.effect.prop("never throws, whatever it holds", [Schema.Json, Schema.Json], ([a, b]) =>
    Effect.sync(() => {
      for (const key of Object.keys(tradeRow)) fillOf({ ...tradeRow, [key]: a })
      fillOf({ ...olderTradeRow, size: b, price: a })
      fillOf(a)
      assert.strictEqual(decoded(tradeRow).token, token)
    }),
  )
})
