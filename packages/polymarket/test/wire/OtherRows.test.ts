import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { holderOf, ungrouped } from "@evaluator/polymarket/wire/HolderRow"
import { leaderboardRowOf } from "@evaluator/polymarket/wire/LeaderboardRow"
import { positionOf } from "@evaluator/polymarket/wire/PositionRow"
import { resolutionOf } from "@evaluator/polymarket/wire/ResolutionRow"
import { condition, token, wallet } from "../Samples.ts"

describe("holders", () => {
  it("come out of their groups with their group's token", () => {
    const rows = ungrouped([
      { token_id: token, holders: [{ proxy_wallet: wallet, amount: 1.5, outcome_index: 1 }] },
      { token: "5", holders: [{ proxyWallet: wallet, amount: "2", outcomeIndex: 0 }, "garbage"] },
    ])
    const holders = rows.map(holderOf)
    assert.deepStrictEqual(
      holders.slice(0, 2).map((holder) => Result.getOrThrow(holder) as unknown),
      [
        { wallet, token, outcomeIndex: 1, amount: 1_500_000 },
        { wallet, token: "5", outcomeIndex: 0, amount: 2_000_000 },
      ],
    )
    assert.isTrue(Result.isFailure(holders[2]!))
  })

  it("without a group stay in sight as rows that cannot be read", () => {
    assert.isTrue(
      ungrouped([{ token_id: token }, null])
        .map(holderOf)
        .every(Result.isFailure),
    )
  })
})

describe("positions", () => {
  const row = {
    proxy_wallet: wallet,
    condition_id: condition,
    token_id: token,
    current_size: 10,
    current_value: 2.5,
    realized_pnl: -1.25,
  }

  it("keep losses as negative money", () => {
    const position = Result.getOrThrow(positionOf(row))
    assert.strictEqual(position.realizedPnl, -1_250_000)
    assert.strictEqual(position.currentValue, 2_500_000)
    assert.strictEqual(position.size, 10_000_000)
  })

  it("are refused with a negative size", () => {
    assert.isTrue(Result.isFailure(positionOf({ ...row, current_size: -1 })))
  })
})

describe("the leaderboard", () => {
  it("gives ranks as numbers or text", () => {
    for (const rank of [3, "3"]) {
      const row = Result.getOrThrow(
        leaderboardRowOf({ rank, user_id: wallet, pnl: 12.5, volume: 1 }),
      )
      const expected = { wallet, rank: 3, pnl: 12_500_000, volume: 1_000_000 }
      assert.deepStrictEqual(row as unknown, expected)
    }
  })

  it("is read in the older spelling", () => {
    const row = leaderboardRowOf({ rank: "1", proxyWallet: wallet, pnl: -0.5 })
    assert.strictEqual(Result.getOrThrow(row).pnl, -500_000)
  })
})

describe("a resolution", () => {
  const row = {
    condition_id: condition,
    status: "resolved",
    was_disputed: false,
    payouts: [1_000_000, 0],
    resolved_at: "2026-10-01T12:00:00Z",
  }

  it("keeps its payouts in millionths", () => {
    assert.deepStrictEqual(Result.getOrThrow(resolutionOf(row)) as unknown, {
      condition,
      status: "resolved",
      payouts: [1_000_000, 0],
      disputed: false,
      resolvedAtMs: Date.UTC(2026, 9, 1, 12),
    })
  })

  it("may be one half each, come as text, or not be known yet", () => {
    const half = Result.getOrThrow(resolutionOf({ ...row, payouts: ["500000", "500000"] }))
    assert.deepStrictEqual(half.payouts as ReadonlyArray<number>, [500_000, 500_000])
    const early = { condition_id: condition, status: "proposed", payouts: null, resolved_at: "" }
    assert.deepStrictEqual(Result.getOrThrow(resolutionOf(early)).payouts, [])
    assert.isNull(Result.getOrThrow(resolutionOf(early)).resolvedAtMs)
  })

  it("is refused when it would pay more than a share is worth, or a fraction", () => {
    for (const payouts of [[1_000_001, 0], [-1, 0], [0.5, 0.5], ["x", 0], {}]) {
      assert.isTrue(Result.isFailure(resolutionOf({ ...row, payouts })))
    }
  })
})
