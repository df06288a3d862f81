import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Activity } from "@evaluator/domain/trade/Trade"
import { ledgerRowOf } from "@evaluator/polymarket/wire/ActivityRow"
import { fillOf } from "@evaluator/polymarket/wire/TradeRow"
import { activityRow, redeemRow, token, tradeRow } from "../Samples.ts"

const activityIn = (raw: unknown) => {
  const row = Result.getOrThrow(ledgerRowOf(raw))
  return row.kind === "activity" ? row.activity : assert.fail("a fill where an activity was due")
}

describe("an activity row", () => {
  it("of type TRADE is the fill that the trades route serves", () => {
    const row = Result.getOrThrow(ledgerRowOf(activityRow))
    assert.deepStrictEqual(row, { kind: "fill", fill: Result.getOrThrow(fillOf(tradeRow)) })
  })

  it("of another type has no token and no side", () => {
    const activity = activityIn(redeemRow)
    assert.strictEqual(activity.type, "REDEEM")
    assert.isNull(activity.token)
    assert.strictEqual(activity.size, 270_000_000)
    assert.strictEqual(activity.usdc, 270_000_000)
    assert.isTrue(Schema.is(Activity)(activity))
  })

  it("without a condition is a reward or the like", () => {
    const activity = activityIn({ ...redeemRow, type: "REWARD", condition_id: "", size: 0 })
    assert.isNull(activity.condition)
  })

  it("in the older spelling is the same activity", () => {
    const older = {
      type: "REDEEM",
      proxyWallet: redeemRow.proxy_wallet,
      asset: "",
      side: "",
      conditionId: redeemRow.condition_id,
      size: 270,
      usdcSize: 270,
      timestamp: redeemRow.timestamp,
      transactionHash: redeemRow.transaction_hash,
      outcomeIndex: 999,
    }
    assert.deepStrictEqual(activityIn(older), activityIn(redeemRow))
  })

  it("has an id of its own per outcome of one redemption", () => {
    const ids = [
      activityIn({ ...redeemRow, outcome_index: 0 }).id,
      activityIn({ ...redeemRow, outcome_index: 1 }).id,
      activityIn({ ...redeemRow, token_id: token }).id,
      activityIn({ ...redeemRow, usdc_size: 0 }).id,
      activityIn({ ...redeemRow, type: "MERGE" }).id,
    ]
    assert.strictEqual(new Set(ids).size, ids.length)
  })

  it("of a type nobody knows is refused", () => {
    const refused = ledgerRowOf({ ...redeemRow, type: "TELEPORT" })
    assert.isTrue(Result.isFailure(refused))
  })
})
