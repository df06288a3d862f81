/**
 * The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere.
 *
 * Promises: every drawing says under it what it shows, from how many rows, and what would be needed
 * where it shows nothing yet.
 */
import { DateTime } from "effect"
import { outOfTimeSays } from "@evaluator/evaluation/report/OutOfTime"
import type { SaidOfWallet, SkillReport } from "@evaluator/evaluation/report/Skill"
import type { CurvePoint } from "@evaluator/paper/EquityCurve"
import type { ReceiptFigures } from "@evaluator/paper/Fidelity"
import { bars, escaped, lines, scatter, waterfall } from "./Charts.ts"
import { style } from "./Style.ts"

type Promised = SkillReport["promises"][number]
type RandomControl = SkillReport["population"]["controls"]["random"]

export interface ReportFacts {
  readonly atMs: number
  readonly venue: string | null
  readonly version: string
  readonly funnel: Readonly<Record<string, number>>
  readonly skill: SkillReport | null
  /** Solo: each wallet with a bankroll of its own. */
  readonly curve: ReadonlyArray<CurvePoint>
  readonly receipts: ReadonlyArray<ReceiptFigures>
}

const when = (ms: number): string =>
  `${DateTime.formatIso(DateTime.makeUnsafe(ms)).slice(0, 16).replace("T", " ")} UTC`
const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`
const cents = (price: number): string => (100 * price).toFixed(1)

const section = (title: string, body: string): string =>
  `<section><h2>${escaped(title)}</h2>${body}</section>`
const note = (text: string): string => `<p class="note">${escaped(text)}</p>`

export const reportPage = (facts: ReportFacts): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Trader Evaluator report</title><style>${style}</style></head><body><main><h1>Whom to follow, and why</h1>${note(`Made ${when(facts.atMs)} by version ${facts.version}${facts.venue === null ? "" : `, from ${facts.venue}`}. Copies are on paper.`)}${[
    verdictSection(facts.skill),
    equitySection(facts.curve),
    promiseSection(facts.skill),
    priceSection(facts.skill?.population ?? null),
    receiptSection(facts.receipts),
    controlSection(facts.skill),
    funnelSection(facts.funnel),
  ].join("")}</main></body></html>\n`

const verdictSection = (skill: SkillReport | null): string => {
  if (skill === null) return section("Verdicts", note("No wallet was judged yet."))
  const rows = skill.said.map(verdictRow).join("")
  return section(
    "Verdicts",
    `${note(`${skill.wallets} wallets judged together at ${when(skill.atMs)}: ${skill.follow} FOLLOW, ${skill.watch} WATCH, ${skill.avoid} AVOID. Below the best ${skill.said.length}. Luck: the probability that copying does not pay. Edge: cents a share beyond what prices promise. Profit: of a dollar in copies over the next 30 days. Intervals hold 80 %.`)}<div class="wide"><table><thead><tr><th>wallet</th><th>verdict</th><th>luck</th><th>edge, cents</th><th>profit</th><th>events</th><th>copies</th><th>known</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  )
}

const interval = (
  [mean, low, high]: readonly [number, number, number],
  say: (value: number) => string,
): string => `${say(mean)} <small>${say(low)} … ${say(high)}</small>`

const reasonList = (title: string, reasons: SaidOfWallet["reasonsFor"]): string =>
  reasons.length === 0
    ? ""
    : `<h3>${title}</h3><ul>${reasons.map((reason) => `<li>${escaped(reason.text)}</li>`).join("")}</ul>`

const verdictRow = (said: SaidOfWallet): string =>
  `<tr><td><details><summary><code>${escaped(said.wallet)}</code></summary>${reasonList("For", said.reasonsFor)}${reasonList("Against", said.reasonsAgainst)}</details></td><td class="${said.verdict.toLowerCase()}">${said.verdict}</td><td>${percent(said.localFdr)}</td><td>${interval(said.edge, cents)}</td><td>${interval(said.copyProfit, percent)}</td><td>${said.events}</td><td>${said.copies}</td><td>${percent(said.completeShare)}</td></tr>`

/** Where chance alone may have put the sum by each day: 80 % of a walk with the days' own scatter. */
export const walkBand = (
  sums: ReadonlyArray<number>,
): { readonly low: ReadonlyArray<number>; readonly high: ReadonlyArray<number> } => {
  const steps = sums.map((sum, index) => sum - (sums[index - 1] ?? 0))
  const mean = steps.reduce((total, step) => total + step, 0) / Math.max(1, steps.length)
  const variance =
    steps.reduce((total, step) => total + (step - mean) ** 2, 0) / Math.max(1, steps.length - 1)
  const reach = (index: number) => 1.2816 * Math.sqrt(variance * (index + 1))
  return {
    low: sums.map((sum, index) => sum - reach(index)),
    high: sums.map((sum, index) => sum + reach(index)),
  }
}

const equitySection = (curve: ReadonlyArray<CurvePoint>): string => {
  if (curve.length === 0) return section("What copies earned", note("No copy has settled yet."))
  const ours = curve.map((point) => point.return)
  const drawn = [
    { name: "our copies, all followed wallets", look: "ours", values: ours },
    {
      name: "the same at the leader's price, no fee",
      look: "leaders",
      values: curve.map((point) => point.leaders_return),
    },
    { name: "cash", look: "control", values: curve.map((point) => point.cash_return) },
  ]
  const days = curve.map((point) => point.day)
  return section(
    "What copies earned",
    `${lines("Return on the capital put in, by day", days, drawn, walkBand(ours))}${note(`Return of the solo books on the capital put in, ${curve.length} days with results. The band holds 80 % of where a walk with the same daily scatter would be around our line.`)}`,
  )
}

/**
 * The interval is of what is to be expected; so few copies stray besides, each by about a dollar a
 * dollar, as an even bet does.
 */
const within = ({ copies, promised: [mean, low, high], realized }: Promised): boolean => {
  const stray = 1.2816 / Math.sqrt(copies)
  return (
    realized >= mean - Math.hypot(mean - low, stray) &&
    realized <= mean + Math.hypot(high - mean, stray)
  )
}

const promiseSection = (skill: SkillReport | null): string => {
  const promises = skill?.promises ?? []
  const title = "What was promised, and what came"
  if (promises.length === 0) {
    return section(title, note("No verdict has settled copies after it yet."))
  }
  const held = promises.filter(within).length
  const points = promises.map(
    ({ copies, promised: [mean, low, high], realized, verdict, wallet }) => ({
      x: mean,
      y: realized,
      xLow: low,
      xHigh: high,
      look: verdict.toLowerCase(),
      says: `${wallet} ${verdict}: promised ${percent(mean)}, ${copies} copies earned ${percent(realized)}`,
    }),
  )
  return section(
    title,
    `${scatter("Profit per dollar: promised across, realised up", points, { x: "promised", y: "realised" })}${note(`${promises.length} verdicts with settled copies of fills within 30 days after them; on the dotted line promise and outcome agree. ${held} of them lie within their 80 % interval, widened by what so few copies stray (a dollar a dollar each, as an even bet does); four of five are to be expected.`)}`,
  )
}

const priceSection = (model: SkillReport["population"] | null): string => {
  const title = "How prices pay"
  const known = model?.prices.bands.filter(({ bets }) => bets > 0) ?? []
  if (known.length === 0) return section(title, note("No market was decided yet."))
  const points = known.map((band) => ({
    x: band.promised,
    y: band.paid,
    look: "watch",
    says: `bought at ${cents(band.promised)} cents, paid ${cents(band.paid)} (${band.bets} purchases)`,
  }))
  return section(
    title,
    `${scatter("Paid per share: price across, paid up", points, { x: "price", y: "paid" })}${note(`What purchases at a price paid over all wallets: ${known.reduce((sum, band) => sum + band.bets, 0)} first purchases in a market. Skill is measured against this line, not against the prices themselves.`)}`,
  )
}

const steps = ["leader", "latency", "spread", "depth", "fee", "resolution", "open"] as const

const centsAShare = (usdc: string | number | null): string =>
  usdc === null ? "unknown" : `${(100 * Number(usdc)).toFixed(2)} cents`

const receiptSection = (receipts: ReadonlyArray<ReceiptFigures>): string => {
  const title = "From the leader's price to our result"
  const bought = receipts.find((receipt) => receipt.side === "BUY")
  if (bought === undefined) return section(title, note("No purchase of ours has filled yet."))
  const drawn = steps.map((step) => {
    const value = Number(bought[`${step}_usdc`])
    return { name: step, value, says: value.toFixed(2) }
  })
  return section(
    title,
    `${waterfall("USDC, solo purchases in sum", drawn)}${note(`${bought.copies} solo purchases: what the shares cost at the leader's price, what latency, spread, depth and fee took, what they brought. Slippage ${centsAShare(bought.slippage_usdc_per_share)} and fee ${centsAShare(bought.fee_usdc_per_share)} a share.`)}`,
  )
}

const randomSays = ({ draws, followed, high, low, mean }: RandomControl): string =>
  draws === 0
    ? "Random wallets: too few copies have settled to compare anything."
    : `Random wallets: ${
        followed === null
          ? "FOLLOW has no settled copies to compare"
          : `copies of FOLLOW earned ${percent(followed)} a dollar`
      }; as many wallets at random ${percent(mean)}, 80 % of ${draws} draws between ${percent(low)} and ${percent(high)}.`

const controlSection = (skill: SkillReport | null): string => {
  const title = "Controls"
  if (skill === null) return section(title, note("No wallet was judged yet."))
  const { prior, controls } = skill.population
  const { random, shuffled } = controls
  const drawn = prior.edges.map((edge, index) => ({
    name: `${(100 * edge).toFixed(1)} cents`,
    value: prior.shares[index]!,
    says: percent(prior.shares[index]!),
  }))
  return section(
    title,
    `<ul><li>${escaped(outOfTimeSays(skill.outOfTime))}</li><li>${escaped(randomSays(random))}</li><li>${escaped(`Shuffled outcomes: with outcomes drawn anew by the prices the same method follows ${shuffled.followed.join(", ") || "none"} wallets in ${shuffled.rounds} rounds; it follows ${skill.follow} with the real ones.`)}</li></ul>${bars("Share of wallets at each edge, cents a share", drawn)}${note("How edges are spread over all wallets, as estimated from them.")}`,
  )
}

const funnelSection = (funnel: Readonly<Record<string, number>>): string => {
  const drawn = Object.entries(funnel)
    .filter(([stage]) => stage !== "trades")
    .map(([stage, count]) => ({
      name: stage.replaceAll("_", " "),
      value: Math.log10(1 + count),
      says: String(count),
    }))
  return section(
    "The funnel",
    `${bars("Distinct ids that ever reached each stage, logarithmic", drawn)}${note(`Bars are logarithmic; ${funnel["trades"] ?? 0} fills were read.`)}`,
  )
}
