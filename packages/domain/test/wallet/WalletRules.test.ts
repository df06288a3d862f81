import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { type RulesThresholds, type Style, styleDrift } from "@evaluator/domain/wallet/RuleGates"
import {
  approveByOwner,
  evaluateRules,
  rulesMoves,
  RulesState,
  type RulesSubject,
} from "@evaluator/domain/wallet/WalletRules"
import { monthlyFeatures } from "@evaluator/testkit/MonthlyFeatures"
import { rulesLimits as limits } from "@evaluator/testkit/RulesLimits"

const day = 86_400_000
const now = 1000 * day

const month = (changes: Partial<Features> = {}): Features => ({ ...monthlyFeatures, ...changes })

const subject = (changes: Partial<RulesSubject> = {}): RulesSubject => ({
  state: "CANDIDATE",
  sinceMs: now - day,
  followable: true,
  month: month(),
  quarter: month(),
  lastFillMs: now - day,
  baseline: null,
  copies: { settled: 0, profitMicro: 0, drawdown: 0 },
  week: null,
  largestFill: null,
  avoid: null,
  ...changes,
})
const decide = (changes: Partial<RulesSubject> = {}, other: Partial<RulesThresholds> = {}) => {
  const { to, reason } = evaluateRules(subject(changes), { ...limits, ...other }, now)
  return `${to} ${reason}`
}

describe("rules", () => {
  it("take a candidate that can be copied into paper trading", () => {
    assert.strictEqual(decide(), "PAPER_TRADING passes_discovery")
  })

  it("leave a candidate where it is, with the first reason", () => {
    const cases: ReadonlyArray<readonly [Partial<Features>, string]> = [
      [{ tradeCount: 49 }, "not_enough_trades_for_discovery"],
      [{ tradesPerDay: 121 }, "too_active_for_discovery"],
      [{ uniqueMarkets: 61 }, "too_many_markets_for_discovery"],
      [{ medianHoldMinutes: 179 }, "holding_too_short_for_discovery"],
      [{ sizeCv: 0.76 }, "size_profile_too_uneven"],
      [{ burstiness: 0.71 }, "bursty_or_speed_like"],
    ]
    for (const [changes, reason] of cases) {
      assert.strictEqual(decide({ month: month(changes) }), `CANDIDATE ${reason}`)
    }
    assert.strictEqual(decide({ month: null }), "CANDIDATE not_enough_trades_for_discovery")
  })

  it("name every gate that fails, with metric, threshold and evidence", () => {
    const { failed, reason } = evaluateRules(
      subject({ month: month({ tradeCount: 49, sizeCv: 0.9, burstiness: 0.8 }) }),
      limits,
      now,
    )
    assert.strictEqual(reason, "not_enough_trades_for_discovery")
    assert.deepStrictEqual(
      failed.map((gate) => [gate.reason, gate.metric, gate.threshold]),
      [
        ["not_enough_trades_for_discovery", 49, 50],
        ["size_profile_too_uneven", 0.9, 0.75],
        ["bursty_or_speed_like", 0.8, 0.7],
      ],
    )
    assert.strictEqual(failed[0]!.evidence, "49 fills in 30 days, at least 50 are asked")
    const paper = evaluateRules(
      subject({
        state: "PAPER_TRADING",
        quarter: month({ maxDrawdown: 0.2 }),
        copies: { settled: 2, profitMicro: -2, drawdown: 0.1 },
      }),
      limits,
      now,
    )
    assert.deepStrictEqual(
      paper.failed.map((gate) => gate.reason),
      [
        "not_enough_settled_copies",
        "copy_profit_too_low",
        "copy_drawdown_too_high",
        "live_drawdown_breach",
      ],
    )
    assert.deepStrictEqual(evaluateRules(subject(), limits, now).failed, [])
  })

  it("do not ask a wallet without closed lots how long it holds", () => {
    assert.strictEqual(
      decide({ month: month({ closedLots: 0, medianHoldMinutes: 0 }) }),
      "PAPER_TRADING passes_discovery",
    )
  })

  it("never let in what is not followable, and put it out at once", () => {
    assert.strictEqual(decide({ followable: false }), "CANDIDATE not_followable")
    assert.strictEqual(
      decide({ followable: false, state: "PAPER_TRADING" }),
      "STOPPED not_followable",
    )
    assert.strictEqual(decide({ followable: false, state: "APPROVED" }), "STOPPED not_followable")
    assert.strictEqual(decide({ followable: false, state: "STOPPED" }), "STOPPED not_followable")
  })

  it("approve on our own copies only", () => {
    const paper = (settled: number, profitMicro: number, drawdown: number) =>
      decide({ state: "PAPER_TRADING", copies: { settled, profitMicro, drawdown } })
    assert.strictEqual(paper(29, 1e9, 0), "PAPER_TRADING not_enough_settled_copies")
    assert.strictEqual(paper(30, -1, 0), "PAPER_TRADING copy_profit_too_low")
    assert.strictEqual(paper(30, 1, 0.09), "PAPER_TRADING copy_drawdown_too_high")
    assert.strictEqual(paper(30, 1, 0.08), "APPROVED copies_earned")
  })

  it("wait for a person's word where that is asked for, however much the copies earned", () => {
    const copies = { settled: 30, profitMicro: 1, drawdown: 0 }
    assert.strictEqual(
      decide({ state: "PAPER_TRADING", copies }, { approval: "person" }),
      "PAPER_TRADING waits_for_a_person",
    )
  })

  it("stop an approved wallet at a breach", () => {
    const baseline: Style = {
      tradesPerDay: 2,
      uniqueMarkets: 10,
      burstiness: 0.1,
      buySellBalance: 0.4,
      topDomainRatio: 0.4,
    }
    const live = (changes: Partial<RulesSubject>) =>
      decide({ state: "APPROVED", baseline, ...changes })
    assert.strictEqual(live({}), "APPROVED live_continue")
    assert.strictEqual(live({ lastFillMs: now - 11 * day }), "STOPPED live_inactive")
    assert.strictEqual(live({ lastFillMs: null }), "STOPPED live_inactive")
    assert.strictEqual(
      live({ quarter: month({ maxDrawdown: 0.13 }) }),
      "STOPPED live_drawdown_breach",
    )
    assert.strictEqual(
      live({
        month: month({
          tradesPerDay: 100,
          uniqueMarkets: 60,
          burstiness: 0.7,
          buySellBalance: 0,
        }),
      }),
      "STOPPED live_style_drift",
    )
    assert.strictEqual(
      live({ month: month({ topDomainRatio: 0.56 }) }),
      "STOPPED live_theme_concentration",
    )
    assert.strictEqual(
      decide({ state: "APPROVED", lastFillMs: null }, { breakers: false }),
      "APPROVED live_continue",
    )
  })

  it("let a stopped wallet in again only after its cool-down", () => {
    assert.strictEqual(decide({ state: "STOPPED", sinceMs: now - 6 * day }), "STOPPED cooling_down")
    assert.strictEqual(
      decide({ state: "STOPPED", sinceMs: now - 7 * day }),
      "PAPER_TRADING passes_discovery",
    )
  })

  it("measure drift as the reference does, at most 1", () => {
    const style = (values: readonly [number, number, number, number, number]): Style => ({
      tradesPerDay: values[0],
      uniqueMarkets: values[1],
      burstiness: values[2],
      buySellBalance: values[3],
      topDomainRatio: values[4],
    })
    assert.approximately(
      styleDrift(style([3, 20, 0.1, 0.6, 0.7]), style([43, 45, 0.35, 0.1, 0.2])),
      0.5,
      1e-12,
    )
    assert.strictEqual(styleDrift(style([0, 0, 0, 0, 0]), style([999, 999, 1, 1, 1])), 1)
  })

  it.prop(
    "make only moves that the lifecycle has",
    {
      state: RulesState,
      followable: Schema.Boolean,
      settled: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })),
      profit: Schema.Int.check(Schema.isBetween({ minimum: -1000, maximum: 1000 })),
      trades: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
      idle: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
    },
    ({ state, followable, settled, profit, trades, idle }) => {
      const { to } = evaluateRules(
        subject({
          state,
          followable,
          month: month({ tradeCount: trades }),
          lastFillMs: now - idle * day,
          copies: { settled, profitMicro: profit, drawdown: 0 },
        }),
        limits,
        now,
      )
      assert.isTrue(to === state || rulesMoves[state].includes(to))
      if (!followable) assert.isTrue(to === "STOPPED" || to === "CANDIDATE")
    },
  )
})

describe("an earned approval", () => {
  const copies = { settled: 30, profitMicro: 3_000_000, drawdown: 0.01 }

  it("waits while a breach would take it back at the next look", () => {
    const earned = (changes: Partial<RulesSubject>, other: Partial<RulesThresholds> = {}) =>
      decide({ state: "PAPER_TRADING", copies, ...changes }, other)
    assert.strictEqual(earned({}), "APPROVED copies_earned")
    assert.strictEqual(
      earned({ quarter: month({ maxDrawdown: 0.2 }) }),
      "PAPER_TRADING live_drawdown_breach",
    )
    assert.strictEqual(
      earned({ month: month({ topDomainRatio: 0.9 }) }),
      "PAPER_TRADING live_theme_concentration",
    )
    assert.strictEqual(
      earned({ quarter: month({ maxDrawdown: 0.2 }) }, { breakers: false }),
      "APPROVED copies_earned",
    )
  })
})

describe("an owner's approval", () => {
  it("moves only where the rules may move, and only what is followable", () => {
    for (const state of RulesState.literals) {
      const asked = approveByOwner(subject({ state }))
      const allowed = rulesMoves[state].includes("APPROVED")
      assert.strictEqual(asked.kind, allowed ? "move" : "refused", state)
      assert.strictEqual(approveByOwner(subject({ state, followable: false })).kind, "refused")
    }
  })
})
