import { assert, describe, it } from "@effect/vitest"
import { betsOf, pricedBy } from "@evaluator/judgement/Bets"
import { weightsOf } from "@evaluator/judgement/Dependence"
import * as EdgeLikelihood from "@evaluator/judgement/EdgeLikelihood"
import { edges, logRatio, noEdge } from "@evaluator/judgement/EdgeLikelihood"
import type { Entry } from "@evaluator/judgement/Evidence"
import { Markets } from "@evaluator/judgement/Markets"
import { calibrated, doubt, pricesInSteps, trusted } from "@evaluator/judgement/PriceModel"
import { finished } from "@evaluator/judgement/Steps"
import { recordOf } from "@evaluator/judgement/WalletRecord"
import { chanceOf } from "./Populations.ts"

const entry = (changes: Partial<Entry>): Entry => ({
  event: "e1",
  condition: "m1",
  outcomeIndex: 0,
  atMs: 1000,
  price: 0.5,
  payout: 1,
  resolvedAtMs: 2000,
  costMicro: 1_000_000,
  ...changes,
})

/** A wallet's bets at prices as they are. */
const betsFrom = (entries: ReadonlyArray<Entry>, asOfMs = 10_000) => {
  const markets = new Markets()
  const evidence = { wallet: "w", entries, copies: [], exclusions: [], completeShare: 1 }
  const record = recordOf(evidence, asOfMs, markets)
  return { bets: pricedBy(betsOf(record, markets, markets.eventRanks()), trusted), markets }
}
type Own = ReturnType<typeof betsFrom>

const weightsFrom = ({ bets, markets }: Own, rho: number) => weightsOf(bets, markets, rho)
const likelihoodOf = (own: Own, rho: number) =>
  EdgeLikelihood.likelihoodOf(own.bets, weightsFrom(own, rho))

const at = (edge: number): number => noEdge + Math.round(edge * 100)
const near = (actual: number, expected: number) => assert.approximately(actual, expected, 1e-12)

describe("the likelihood of an edge", () => {
  it("is t over p for a win and its counterpart for a loss", () => {
    near(logRatio(0.4, 0.1, 1), Math.log(0.5 / 0.4))
    near(logRatio(0.4, 0.1, 0), Math.log(0.5 / 0.6))
    near(logRatio(0.4, 0, 1), 0)
    near(logRatio(0.4, 0.1, 0.5), (Math.log(0.5 / 0.4) + Math.log(0.5 / 0.6)) / 2)
  })

  it("keeps what an edge promises below certainty", () => {
    near(logRatio(0.95, 0.2, 1), Math.log(0.99 / 0.95))
    near(logRatio(0.05, -0.2, 1), Math.log(0.01 / 0.05))
  })

  it("adds events up: two wins at even odds and one loss, by hand", () => {
    const own = betsFrom([
      entry({ event: "a", condition: "a1" }),
      entry({ event: "b", condition: "b1" }),
      entry({ event: "c", condition: "c1", payout: 0 }),
    ])
    const { ratios, withoutBest, events } = likelihoodOf(own, 0.25)
    assert.strictEqual(events, 3)
    near(ratios[at(0.1)]!, 2 * Math.log(1.2) + Math.log(0.8))
    near(withoutBest[at(0.1)]!, Math.log(1.2) + Math.log(0.8))
    near(ratios[noEdge]!, 0)
  })

  it("looks up what a bet adds to within a ten-thousandth of a dollar of price", () => {
    for (const price of [0.0213, 0.3337, 0.5, 0.77771, 0.96]) {
      const { ratios } = likelihoodOf(betsFrom([entry({ price })]), 0)
      for (const [i, edge] of edges.entries()) {
        assert.approximately(ratios[i]!, logRatio(price, edge, 1), 0.003)
      }
    }
  })

  it("counts the first purchase of a market and no other", () => {
    const once = betsFrom([entry({})])
    const often = betsFrom([
      entry({}),
      ...Array.from({ length: 20 }, (_, i) => entry({ atMs: 1001 + i, price: 0.4 })),
      entry({ atMs: 1500, outcomeIndex: 1, payout: 0 }),
    ])
    assert.deepStrictEqual(likelihoodOf(often, 0.2).ratios, likelihoodOf(once, 0.2).ratios)
  })

  it("leaves out what was not bought or not known by then", () => {
    const own = betsFrom(
      [
        entry({}),
        entry({ condition: "m2", event: "e2", resolvedAtMs: 20_000 }),
        entry({ condition: "m3", event: "e3", atMs: 15_000, resolvedAtMs: 16_000 }),
        entry({ condition: "m4", event: "e4", payout: null, resolvedAtMs: null }),
      ],
      10_000,
    )
    assert.strictEqual(likelihoodOf(own, 0.2).bets, 1)
    assert.strictEqual(own.bets.entries, 3)
  })
})

describe("markets of one event", () => {
  const eventsOf = (
    count: number,
    sides: (i: number, event: number) => number,
    events = 1,
    exclusive = false,
  ) =>
    betsFrom(
      Array.from({ length: events }, (_, event) =>
        Array.from({ length: count }, (_unused, i) =>
          entry({
            event: `e${event}`,
            condition: `e${event}m${i}`,
            outcomeIndex: sides(i, event),
            exclusive,
          }),
        ),
      ).flat(),
    )
  const weightOf = (own: ReturnType<typeof eventsOf>, rho: number) => weightsFrom(own, rho)[0]!

  /** What chance alone makes of the design effect: a standard deviation, over fair sides. */
  const byChance = (count: number, events: number, rho: number) =>
    (2 * rho * Math.sqrt((count * (count - 1)) / 2)) / (count * Math.sqrt(events))

  it("count as one when they move together and are always bought on one side", () => {
    const weight = weightOf(
      eventsOf(6, () => 0, 5),
      1,
    )
    near(weight, 1 / (6 - byChance(6, 5, 1)))
    assert.approximately(
      6 *
        weightOf(
          eventsOf(6, () => 0, 100),
          1,
        ),
      1,
      0.03,
    )
  })

  it("count in full when nothing ties them, or when bets on both sides cancel", () => {
    near(
      weightOf(
        eventsOf(6, () => 0),
        0,
      ),
      1,
    )
    near(
      weightOf(
        eventsOf(6, (i) => i % 2),
        0.3,
      ),
      1,
    )
  })

  it("count by the design effect between those", () => {
    near(
      weightOf(
        eventsOf(4, () => 0, 3),
        0.2,
      ),
      1 / (1 + 3 * 0.2 - byChance(4, 3, 0.2)),
    )
  })

  it("count by the wallet's whole record: one-sided in one event, two-sided in the next, is free", () => {
    const own = eventsOf(3, (i, event) => (event % 4 === 0 ? 0 : i % 2), 4)
    near(weightOf(own, 0.3), 1)
  })

  it("count for less in an event far beyond the wallet's usual", () => {
    const own = eventsOf(8, (i, event) => (event === 0 ? 0 : i % 2), 12)
    near(weightsFrom(own, 0.5)[0]!, 2 / (1 + 7 * 0.5))
    near(weightsFrom(own, 0.5)[1]!, 1)
  })

  it("in a race count less when bought against each other", () => {
    assert.isBelow(
      weightOf(
        eventsOf(2, (i) => i, 100, true),
        0,
      ),
      0.53,
    )
    near(
      weightOf(
        eventsOf(2, () => 0, 1, true),
        0,
      ),
      1,
    )
  })

  it("that repeat each other hardly add evidence", () => {
    const evidenceOf = (count: number) =>
      likelihoodOf(
        eventsOf(count, () => 0, 40),
        0.9,
      ).ratios[at(0.1)]!
    assert.isBelow(evidenceOf(8), 1.15 * evidenceOf(1))
  })
})

describe("the promise of prices", () => {
  it("is found again where longshots are too dear and favourites too cheap", () => {
    const chance = chanceOf(11)
    const truth = { ...trusted, slope: 1.2 }
    const { bets, markets } = betsFrom(
      Array.from({ length: 12_000 }, (_, i) => {
        const price = 0.05 + 0.9 * chance()
        const payout = chance() < calibrated(truth, price) ? 1 : 0
        return entry({ event: `e${i}`, condition: `m${i}`, price, payout })
      }),
    )
    const model = finished(pricesInSteps([bets], markets.size))
    assert.approximately(model.slope, 1.2, 0.05)
    assert.approximately(model.shift, 0, 0.05)
    assert.isBelow(doubt(model, 0.8), 0.02)
    assert.isAbove(model.bands[9]!.paid, model.bands[9]!.promised)
    assert.strictEqual(
      model.bands.reduce((sum, one) => sum + one.bets, 0),
      12_000,
    )
  })

  it("does not take what one wallet knows of markets that others leave alone for a bias", () => {
    const chance = chanceOf(12)
    const markets = new Markets()
    const bought = (names: Partial<Entry>, edge: number): Entry => {
      const price = 0.2 + 0.6 * chance()
      return entry({ ...names, price, payout: chance() < price + edge ? 1 : 0 })
    }
    const walletOf = (wallet: string, entries: ReadonlyArray<Entry>) =>
      recordOf({ wallet, entries, copies: [], exclusions: [], completeShare: 1 }, 10_000, markets)
    const records = Array.from({ length: 30 }, (_, i) =>
      walletOf(
        `w${i}`,
        Array.from({ length: 200 }, (_one, n) => bought({ event: `e${n}`, condition: `m${n}` }, 0)),
      ),
    )
    const alone = Array.from({ length: 300 }, (_, n) =>
      bought({ event: `a${n}`, condition: `a${n}` }, 0.15),
    )
    records.push(walletOf("insider", alone))
    const ranks = markets.eventRanks()
    const bets = records.map((record) => betsOf(record, markets, ranks))
    const { shift } = finished(pricesInSteps(bets, markets.size))
    assert.isBelow(Math.abs(shift), 0.04)
  })

  it("is trusted as it stands while nothing is known", () => {
    const model = finished(pricesInSteps([], 0))
    assert.deepStrictEqual([model.shift, model.slope], [0, 1])
    near(calibrated(model, 0.3), 0.3)
  })

  it("has the same grid on both sides of none", () => {
    near(edges[noEdge]!, 0)
    near(edges[0]! + edges.at(-1)!, 0)
  })
})
