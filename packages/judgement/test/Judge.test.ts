import { assert, describe, it } from "@effect/vitest"
import type { WalletEvidence } from "@evaluator/judgement/Evidence"
import { judge } from "@evaluator/judgement/Judge"
import type { Judgement, Verdict } from "@evaluator/judgement/Judgement"
import { standard } from "@evaluator/judgement/Settings"
import { asOfMs, dayMs, populationOf } from "./Populations.ts"

const quick = { ...standard, shuffledRounds: 0, randomRounds: 20 }

const namesOf = ({ wallets }: Judgement, verdict: Verdict): ReadonlyArray<string> =>
  wallets.filter((one) => one.verdict === verdict).map(({ wallet }) => wallet)

const skilled = populationOf({
  seed: 3,
  wallets: 80,
  skilled: 4,
  edge: 0.14,
  events: 170,
  busy: 0.8,
})
const judged = judge(skilled, asOfMs, quick)
const of = (judgement: Judgement, wallet: string) =>
  judgement.wallets.find((one) => one.wallet === wallet)!

/** One wallet's evidence changed, the rest as it was. */
const but = (wallet: string, change: (one: WalletEvidence) => WalletEvidence) =>
  judge(
    skilled.map((one) => (one.wallet === wallet ? change(one) : one)),
    asOfMs,
    quick,
  )

describe("a judgement", () => {
  it("follows wallets with an edge and hardly another", () => {
    const followed = namesOf(judged, "FOLLOW")
    assert.isAtLeast(followed.filter((name) => name < "w004").length, 3)
    assert.isAtMost(followed.filter((name) => name >= "w004").length, 1)
  })

  it("puts the edge and the profit of copies where they are", () => {
    const { edge, copyProfit, sample, localFdr } = of(judged, "w001")
    assert.isBelow(localFdr, 0.05)
    assert.isBelow(edge.low, 0.14)
    assert.isAbove(edge.high, 0.11)
    assert.isTrue(copyProfit.low < copyProfit.mean && copyProfit.mean < copyProfit.high)
    assert.approximately(copyProfit.mean, (edge.mean - 0.02) * 2.2, 0.1)
    assert.isAbove(sample.events, 100)
    assert.strictEqual(sample.entries, sample.copies)
  })

  it("follows nobody, or one by bad luck, where nobody has an edge", () => {
    const sizes = [21, 22].map((seed) => {
      const wallets = populationOf({ seed, wallets: 50, skilled: 0, edge: 0, events: 100 })
      return namesOf(judge(wallets, asOfMs, quick), "FOLLOW").length
    })
    assert.isAtMost(
      sizes.reduce((sum, size) => sum + size, 0),
      1,
    )
  })

  it("says why, for and against", () => {
    const best = of(judged, "w001")
    assert.include(
      best.reasonsFor.map(({ code }) => code),
      "pays",
    )
    const worst = of(judged, "w020")
    assert.notStrictEqual(worst.verdict, "FOLLOW")
    const against = worst.reasonsAgainst.find(({ code }) => code === "pays")!
    assert.isAbove(against.metric, against.threshold)
  })

  it("does not depend on the order of wallets and rows", () => {
    const turned = skilled.toReversed().map((one) => ({
      ...one,
      entries: one.entries.toReversed(),
      copies: one.copies.toReversed(),
    }))
    const again = judge(turned, asOfMs, quick)
    assert.deepStrictEqual(
      again.wallets.map(({ wallet, verdict }) => [wallet, verdict]),
      judged.wallets.map(({ wallet, verdict }) => [wallet, verdict]),
    )
    for (const [i, { localFdr }] of again.wallets.entries()) {
      assert.approximately(localFdr, judged.wallets[i]!.localFdr, 1e-9)
    }
  })

  it("does not change by rows from after its moment", () => {
    const middle = asOfMs - 60 * dayMs
    const then = skilled.map((one) => ({
      ...one,
      entries: one.entries
        .filter(({ atMs }) => atMs <= middle)
        .map((entry) =>
          entry.resolvedAtMs! <= middle ? entry : { ...entry, payout: null, resolvedAtMs: null },
        ),
      copies: one.copies.filter(({ settledAtMs }) => settledAtMs <= middle),
    }))
    assert.deepStrictEqual(judge(skilled, middle, quick), judge(then, middle, quick))
  })

  it("does not depend on what wallets are called", () => {
    const renamed = judge(
      skilled.map((one) => ({ ...one, wallet: `x${one.wallet}` })),
      asOfMs,
      quick,
    )
    assert.deepStrictEqual(
      renamed.wallets.map(({ localFdr }) => localFdr),
      judged.wallets.map(({ localFdr }) => localFdr),
    )
  })

  it("refuses what an exclusion refuses, whatever the evidence", () => {
    const one = of(
      but("w001", (evidence) => ({ ...evidence, exclusions: ["MICRO_TRADER"] })),
      "w001",
    )
    assert.strictEqual(one.verdict, "AVOID")
    assert.strictEqual(one.reasonsAgainst[0]!.code, "excluded:MICRO_TRADER")
  })

  it("waits for a whole history and for copies of our own", () => {
    const half = but("w001", (evidence) => ({ ...evidence, completeShare: 0.5 }))
    assert.strictEqual(of(half, "w001").verdict, "WATCH")
    const bare = but("w001", (evidence) => ({ ...evidence, copies: [] }))
    assert.strictEqual(of(bare, "w001").verdict, "WATCH")
  })

  it("does not follow where copying costs more than the edge", () => {
    const dear = but("w001", (evidence) => ({
      ...evidence,
      copies: evidence.copies.map((copy) => ({
        ...copy,
        outlay: { aShare: Math.min(0.99, copy.outlay!.middle + 0.2), middle: copy.outlay!.middle },
      })),
    }))
    assert.notStrictEqual(of(dear, "w001").verdict, "FOLLOW")
    assert.isAbove(of(dear, "w001").localFdr, 0.9)
  })

  it("takes the slippage for the cost where nothing else is known of a copy", () => {
    const without = (slippage: number) =>
      of(
        but("w001", (evidence) => ({
          ...evidence,
          copies: evidence.copies.map(({ outlay: _outlay, ...copy }) => ({ ...copy, slippage })),
        })),
        "w001",
      )
    assert.strictEqual(without(0.002).verdict, "FOLLOW")
    assert.isAbove(without(0.25).localFdr, 0.9)
  })

  it("does not follow where our own copies say otherwise", () => {
    const losing = but("w001", (evidence) => ({
      ...evidence,
      copies: evidence.copies.map((copy, i) => ({
        ...copy,
        pnlMicro: i % 2 === 0 ? -20_000_000 : -5_000_000,
      })),
    }))
    assert.strictEqual(of(losing, "w001").verdict, "WATCH")
    assert.include(
      of(losing, "w001").reasonsAgainst.map(({ code }) => code),
      "copies-agree",
    )
  })

  it("counts wallets that act together once, and follows the one that comes first", () => {
    const leader = skilled.find(({ wallet }) => wallet === "w001")!
    const twins = ["w901", "w902"].map((wallet, i): WalletEvidence => ({
      ...leader,
      wallet,
      entries: leader.entries.map((entry) => ({ ...entry, atMs: entry.atMs + 5000 * (i + 1) })),
    }))
    const together = judge([...skilled, ...twins], asOfMs, quick)
    assert.deepStrictEqual(together.population.clusters, [
      { first: "w001", members: ["w001", "w901", "w902"] },
    ])
    assert.strictEqual(of(together, "w001").verdict, "FOLLOW")
    assert.strictEqual(of(together, "w901").verdict, "WATCH")
    assert.approximately(of(together, "w902").localFdr, of(judged, "w001").localFdr, 0.02)
  })

  it("does not follow a wallet that one event carries", () => {
    const ordinary = skilled.find(({ wallet }) => wallet === "w028")!
    const lucky: WalletEvidence = {
      ...ordinary,
      wallet: "w999",
      entries: [
        ...ordinary.entries.slice(0, 40),
        ...Array.from({ length: 60 }, (_, i) => ({
          event: "scoop",
          condition: `scoop${i}`,
          outcomeIndex: i % 2,
          atMs: 100 * dayMs,
          price: 0.4,
          payout: 1,
          resolvedAtMs: 101 * dayMs,
          costMicro: 1_000_000,
        })),
      ],
    }
    const one = of(judge([...skilled, lucky], asOfMs, quick), "w999")
    assert.isBelow(one.localFdr, 0.1)
    assert.strictEqual(one.verdict, "WATCH")
    assert.strictEqual(one.reasonsAgainst[0]!.code, "one-event")
  })

  it("shows what luck alone would be followed for, the same for the same seed", () => {
    const settings = { ...standard, shuffledRounds: 2 }
    const few = skilled.slice(0, 28)
    const { random, shuffled } = judge(few, asOfMs, settings).population.controls
    assert.strictEqual(shuffled.followed.length, 2)
    assert.isAtMost(Math.max(...shuffled.followed), 1)
    assert.isTrue(random.low <= random.mean && random.mean <= random.high)
    assert.isAbove(random.followed!, random.high)
    assert.deepStrictEqual(judge(few, asOfMs, settings).population.controls.shuffled, shuffled)
  })

  it("tells no best of outcomes drawn anew when nobody could be followed", () => {
    const uncopied = skilled.slice(0, 28).map((one) => ({ ...one, copies: [] }))
    const { shuffled } = judge(uncopied, asOfMs, { ...standard, shuffledRounds: 2 }).population
      .controls
    assert.deepStrictEqual(shuffled, { rounds: 2, followed: [0, 0], best: [null, null] })
  })

  it("of nobody is nobody", () => {
    const none = judge([], asOfMs, quick)
    assert.deepStrictEqual(none.wallets, [])
    assert.strictEqual(none.population.controls.random.draws, 0)
  })
})
