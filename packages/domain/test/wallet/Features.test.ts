import { assert, describe, it } from "@effect/vitest"
import { dayMs } from "@evaluator/domain/wallet/FeatureWindow"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import { type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { type LotMarket } from "@evaluator/domain/wallet/Lots"

const now = 400 * dayMs
const micro = (amount: number) => Math.round(amount * 1_000_000)

let serial = 0
const trade = (
  kind: "buy" | "sell",
  spec: { market?: number; size?: number; price?: number; daysAgo: number },
): LedgerEntry => ({
  kind,
  id: `t${++serial}`,
  atMs: now - spec.daysAgo * dayMs,
  condition: `m${spec.market ?? 1}`,
  token: `m${spec.market ?? 1}:0`,
  size: micro(spec.size ?? 10),
  price: micro(spec.price ?? 0.5),
  usdc: 0,
})

const markets = new Map(
  [1, 2, 3, 4].map((n): [string, LotMarket] => [
    `m${n}`,
    {
      condition: `m${n}`,
      domain: n < 3 ? "Politics" : "Sports",
      tokens: [`m${n}:0`, `m${n}:1`],
      payouts: null,
    },
  ]),
)

const measure = (entries: ReadonlyArray<LedgerEntry>, at = now) => {
  const run = new FeatureRun(markets, [7, 30, 180], at)
  run.take(orderLedger(entries))
  return run.finish()
}

describe("features of a window", () => {
  it("carry inventory bought before the window into it", () => {
    const features = measure([
      trade("buy", { daysAgo: 20, price: 0.4 }),
      trade("sell", { daysAgo: 3, price: 0.6 }),
    ])
    const week = features.windows.get(7)!
    assert.strictEqual(week.tradeCount, 1)
    assert.strictEqual(week.realizedMicro, micro(2))
    assert.strictEqual(week.closedCostMicro, micro(4))
    assert.approximately(week.roi, 0.5, 1e-12)
    assert.approximately(week.meanHoldHours, 17 * 24, 1e-9)
    // The capital that was at work is what the window found invested.
    assert.strictEqual(week.capitalMicro, micro(4))
  })

  it("divide by the days the wallet was there, not by the length of the window", () => {
    const features = measure([
      trade("buy", { daysAgo: 10 }),
      trade("buy", { daysAgo: 5 }),
      trade("buy", { daysAgo: 2 }),
    ])
    assert.approximately(features.windows.get(180)!.tradesPerDay, 0.3, 1e-12)
    assert.approximately(features.windows.get(7)!.tradesPerDay, 2 / 7, 1e-12)
  })

  it("count positions that are open, and not those that were closed", () => {
    const features = measure([
      trade("buy", { market: 1, daysAgo: 9 }),
      trade("sell", { market: 1, daysAgo: 8 }),
      trade("buy", { market: 2, daysAgo: 7 }),
      trade("buy", { market: 3, daysAgo: 6 }),
      trade("sell", { market: 3, daysAgo: 5, size: 9.995 }),
    ])
    assert.strictEqual(features.life.activePositions, 1)
  })

  it("say what is concentrated where", () => {
    const { life } = measure([
      trade("buy", { market: 1, daysAgo: 9, size: 60 }),
      trade("buy", { market: 2, daysAgo: 9, size: 20 }),
      trade("buy", { market: 3, daysAgo: 9, size: 10 }),
      trade("buy", { market: 4, daysAgo: 9, size: 10 }),
    ])
    assert.approximately(life.concentration, 0.9, 1e-12)
    assert.strictEqual(life.topDomain, "Politics")
    assert.approximately(life.topDomainRatio, 0.8, 1e-12)
  })

  it("say what was earned in the topic most is traded in", () => {
    const { life, windows } = measure([
      trade("buy", { market: 1, daysAgo: 40, size: 100 }),
      trade("sell", { market: 1, daysAgo: 39, size: 100, price: 0.75 }),
      trade("buy", { market: 2, daysAgo: 9, size: 100 }),
      trade("sell", { market: 2, daysAgo: 8, size: 100, price: 0.4 }),
      trade("buy", { market: 3, daysAgo: 7, size: 10 }),
      trade("sell", { market: 3, daysAgo: 6, size: 10, price: 0.9 }),
    ])
    assert.strictEqual(life.topDomain, "Politics")
    assert.approximately(life.topDomainRoi!, 15 / 100, 1e-12)
    assert.strictEqual(life.topDomainClosedMarkets, 2)
    assert.strictEqual(life.topDomainProfitableMarkets, 1)
    const week = windows.get(7)!
    assert.strictEqual(week.topDomainClosedMarkets, week.closedMarkets)
  })

  it("find the busiest hour, both ends included", () => {
    const hour = 1 / 24
    const { life } = measure([
      trade("buy", { daysAgo: 5 }),
      trade("buy", { daysAgo: 5 - hour }),
      trade("buy", { daysAgo: 5 - 3 * hour }),
      trade("buy", { daysAgo: 1 }),
    ])
    assert.strictEqual(life.burstiness, 0.5)
  })

  it("are nothing, and not NaN, for a wallet without a fill", () => {
    const { life, firstFillMs } = measure([])
    assert.isNull(firstFillMs)
    assert.isNull(life.winRate)
    assert.isTrue(
      Object.values(life).every((value) => typeof value !== "number" || Number.isFinite(value)),
    )
  })

  it("are the same when the whole world is moved in time", () => {
    const entries = [
      trade("buy", { market: 1, daysAgo: 40, price: 0.3 }),
      trade("sell", { market: 1, daysAgo: 6, price: 0.7 }),
      trade("buy", { market: 2, daysAgo: 6, price: 0.9 }),
      trade("sell", { market: 2, daysAgo: 2, price: 0.2 }),
    ]
    const shift = 91 * dayMs
    const moved = entries.map((one) => ({ ...one, atMs: one.atMs + shift }))
    const before = measure(entries)
    const after = measure(moved, now + shift)
    assert.deepStrictEqual(after.windows, before.windows)
  })

  it("do not depend on how the ledger is cut into pieces", () => {
    const entries = orderLedger(
      Array.from({ length: 30 }, (_, n) =>
        trade(n % 3 === 2 ? "sell" : "buy", {
          market: (n % 4) + 1,
          daysAgo: 60 - n,
          price: 0.2 + n / 60,
        }),
      ),
    )
    const whole = measure(entries)
    const run = new FeatureRun(markets, [7, 30, 180], now)
    for (let at = 0; at < entries.length; at += 7) run.take(entries.slice(at, at + 7))
    assert.deepStrictEqual(run.finish(), whole)
  })
})
