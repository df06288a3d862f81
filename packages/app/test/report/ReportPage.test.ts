import { assert, describe, it } from "@effect/vitest"
import type { SkillReport } from "@evaluator/evaluation/report/Skill"
import { type ReportFacts, reportPage, walkBand } from "@evaluator/app/report/ReportPage"

const nothing: ReportFacts = {
  atMs: 0,
  venue: null,
  version: "1",
  funnel: { markets: 0, trades: 0 },
  skill: null,
  curve: [],
  receipts: [],
}

const skill: SkillReport = {
  atMs: 1_700_000_000_000,
  model: 3,
  wallets: 2,
  follow: 1,
  watch: 1,
  avoid: 0,
  said: [
    {
      wallet: `0x${"a".repeat(40)}`,
      verdict: "FOLLOW",
      localFdr: 0.04,
      edge: [0.05, 0.02, 0.08],
      copyProfit: [0.07, 0.01, 0.13],
      events: 40,
      copies: 20,
      completeShare: 1,
      reasonsFor: [{ code: "x", metric: 1, threshold: 2, text: `a <script> & "so" on` }],
      reasonsAgainst: [],
    },
  ],
  promises: [
    {
      wallet: `0x${"a".repeat(40)}`,
      verdict: "FOLLOW",
      atMs: 0,
      promised: [0.07, 0.01, 0.13],
      realized: 0.05,
      copies: 12,
    },
    {
      wallet: `0x${"b".repeat(40)}`,
      verdict: "WATCH",
      atMs: 0,
      promised: [0.02, -0.01, 0.04],
      realized: -0.5,
      copies: 1,
    },
  ],
  outOfTime: {
    followed: { wallets: 1, copies: 12, rate: 0.05 },
    others: { wallets: 4, copies: 40, rate: -0.02 },
    random: { draws: 125, mean: -0.01, low: -0.05, high: 0.03 },
  },
  population: {
    wallets: 2,
    clusters: [],
    prior: { edges: [-0.05, 0, 0.05], shares: [0.1, 0.8, 0.1] },
    prices: {
      shift: 0,
      slope: 1,
      variance: { shift: 0, slope: 0, both: 0 },
      bands: [{ from: 0.5, to: 0.6, bets: 12, promised: 0.55, paid: 0.54, modelled: 0.55 }],
    },
    rho: 0.2,
    cost: 0.02,
    controls: {
      random: { followed: 0.05, mean: -0.02, low: -0.06, high: 0.02, draws: 200 },
      shuffled: { rounds: 3, followed: [0, 0, 1], best: [0.3, 0.2, 0.1] },
    },
  },
}
const point = (day: string, made: number) => ({
  day,
  equity_usdc: "1000.000000",
  return: made,
  drawdown: 0,
  leaders_return: made * 2,
  cash_return: 0,
  followed_return: null,
})
const full: ReportFacts = {
  ...nothing,
  venue: "the embedded venue with seed 1",
  skill,
  curve: [point("2026-01-01", 0.01), point("2026-01-02", -0.02), point("2026-01-03", 0.03)],
}

describe("the report", () => {
  it("needs nothing but itself", () => {
    for (const facts of [nothing, full]) {
      const page = reportPage(facts)
      assert.notMatch(page, /https?:|<script|<link|<img|@import|url\(|\ssrc=|\shref=/)
      assert.notMatch(page, /NaN|undefined|Infinity|null/)
      assert.match(page, /^<!doctype html>/)
    }
  })

  it("draws and says what stands behind every drawing", () => {
    const page = reportPage(full)
    assert.strictEqual(page.match(/<svg /g)!.length, page.match(/<\/svg>/g)!.length)
    assert.strictEqual(page.match(/<svg /g)!.length, 5)
    assert.include(page, "1 FOLLOW, 1 WATCH, 0 AVOID")
    assert.include(page, "2 of them lie within their 80 % interval")
    assert.include(page, "12 settled copies of 1 wallets earned 5.0 %")
    assert.include(page, "since 40 settled copies of 4 wallets earned -2.0 %")
    const [kept, lost] = skill.promises
    const far = { ...lost!, copies: 400, realized: -0.5 }
    assert.include(
      reportPage({ ...full, skill: { ...skill, promises: [kept!, far] } }),
      "1 of them lie within",
    )
    assert.include(page, "follows 0, 0, 1 wallets in 3 rounds")
    assert.include(page, "80 % of 200 draws between -6.0 % and 2.0 %")
  })

  it("keeps each label inside its drawing and each day once", () => {
    const page = reportPage(full)
    const labels = [
      ...page.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)" text-anchor="(\w+)">([^<]*)</g),
    ]
    assert.isAbove(labels.length, 30)
    for (const [, x, , anchor, said] of labels) {
      const wide = said!.length * 6.5
      const ends = Number(x) + (anchor === "end" ? 0 : anchor === "start" ? wide : wide / 2)
      assert.isAtMost(ends, 640, said)
    }
    const days = labels.map(([, , , , said]) => said).filter((said) => said!.startsWith("2026-"))
    assert.deepStrictEqual(days, ["2026-01-01", "2026-01-02", "2026-01-03"])
  })

  it("draws its lines below their names", () => {
    const [drawing] = reportPage(full).match(/<svg [^>]*by day.*?<\/svg>/)!
    const names = [...drawing.matchAll(/text-anchor="start">|y="([\d.]+)" text-anchor="start"/g)]
    const lowest = Math.max(...names.map(([, y]) => Number(y ?? 0)))
    const tops = [...drawing.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y))
    assert.isAbove(lowest, 40)
    assert.isAbove(Math.min(...tops), lowest)
  })

  it("compares with random wallets only where copies have settled", () => {
    const { controls } = skill.population
    const random = { followed: null, mean: 0, low: 0, high: 0, draws: 0 }
    const population = { ...skill.population, controls: { ...controls, random } }
    const page = reportPage({ ...full, skill: { ...skill, population } })
    assert.include(page, "too few copies have settled")
    assert.notInclude(page, "0 draws")
  })

  it("says what is missing where there is nothing to draw", () => {
    const page = reportPage(nothing)
    assert.include(page, "No wallet was judged yet")
    assert.include(page, "No copy has settled yet")
    assert.include(page, "No purchase of ours has filled yet")
  })

  it("takes no text of a row for markup", () => {
    assert.include(reportPage(full), "a &lt;script&gt; &amp; &quot;so&quot; on")
  })

  it("draws a band that widens with the days by their own scatter", () => {
    const { high, low } = walkBand([0.01, 0.01, 0.04])
    assert.closeTo(high[0]! - low[0]!, 2 * 1.2816 * 0.0152753, 1e-5)
    assert.closeTo((high[2]! - low[2]!) / (high[0]! - low[0]!), Math.sqrt(3), 1e-9)
    assert.deepStrictEqual(walkBand([]), { low: [], high: [] })
  })
})
