/**
 * The numbers that the sentences of `wallet` print, counted again: by title, for each sentence of a section
 * and then for each text in its rows, the numbers that have to stand in it, in order.
 *
 * Sentences of "Rules" tell what the rules measured at their last look, which leaves a row only of a wallet
 * that moved: they are not counted.
 */
import { personaThresholds as limits } from "@evaluator/testkit/PersonaThresholds"
import { recounts } from "./Recounts.ts"
import { n, type Row, type Rows, type Shown, sumOf, type Traced } from "./Traced.ts"

export const notCounted: ReadonlyArray<string> = ["Rules"]

interface Given {
  readonly section: Shown
  /** The section's rows as counted again. */
  readonly again: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly traced: Traced
  /** Rows that `why` shows for another part of the wallet. */
  readonly elsewhere: (part: string, title: string) => Rows
}
type Sentences = ReadonlyArray<ReadonlyArray<number>>
type Sayings = (given: Given) => Sentences

/** Names, dates and addresses are no numbers. */
const names =
  /0x[0-9a-f]+|\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\dZ)?|(?:verdict|model)-\d+|\b[A-Z][A-Z0-9]*_\w+/g

/** As printed, with what may be missing to the number for rounding. */
export const printedNumbers = (sentence: string) =>
  [...sentence.replaceAll(names, "").matchAll(/-?\d+(?:\.(\d+))?/g)].map(([text, decimals]) => ({
    value: Number(text),
    within: 0.5 * 10 ** -(decimals?.length ?? 0),
  }))

export const sentencesOf = ({ says, rows }: Shown): ReadonlyArray<string> => [
  ...says,
  ...rows.flatMap(({ text }) => (typeof text === "string" ? [text] : [])),
]

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

const reason = (code: string, row: Readonly<Record<string, unknown>>): ReadonlyArray<number> => {
  const [metric, threshold] = [Number(row["metric"]), Number(row["threshold"])]
  const inHundreds = ["history", "pays", "one-event", "cost"].includes(code)
  if (code.startsWith("excluded:")) return []
  if (code === "acts-together") return [metric]
  return inHundreds ? [100 * metric, 100 * threshold] : [metric, threshold]
}

const verdict: Sayings = ({ again, section, traced }) => {
  const names = ["local_fdr", "edge", "edge_low", "edge_high", "copy_profit", "copy_profit_low"]
  const all = [...names, "copy_profit_high", "entries", "events", "copies", "complete_share"]
  const asked: Shown = { ...section, rows: all.map((number) => ({ number })) }
  const counted = recounts["Its numbers"]!(asked, traced)
  const of = (name: string) => Number(counted[all.indexOf(name)]?.["value"])
  const span = (name: string) => [100 * of(`${name}_low`), 100 * of(`${name}_high`)]
  return [
    [],
    [100 * of("local_fdr")],
    [100 * of("copy_profit"), 30, ...span("copy_profit")],
    [100 * of("edge"), ...span("edge")],
    [of("entries"), of("events"), of("copies"), 100 * of("complete_share")],
    ...section.rows.map(({ code }, at) => reason(String(code), again[at]!)),
  ]
}

const promises: Sayings = ({ again }) =>
  again.map((row) => {
    const [pnl, cost] = [Number(row["realized_usdc"]), Number(row["realized_cost_usdc"])]
    const copies = Number(row["realized_copies"])
    return [
      100 * Number(row["promised"]),
      ...(copies === 0 ? [] : [copies, pnl, (100 * pnl) / cost]),
    ]
  })

const purchases: Sayings = ({ traced }) => {
  const all = traced("Its first purchases")
  const decided = all.filter(({ payout }) => payout !== null)
  const bets = decided.filter((row) => n(row, "mid") > 5000 && n(row, "mid") < 995_000)
  const events = new Set(bets.map(({ event }) => event)).size
  const certain = decided.length - bets.length
  return [[all.length, decided.length, events, ...(certain === 0 ? [] : [certain, 0, 1])]]
}

const solo: Sayings = ({ traced }) => {
  const all = traced("Solo copies as reported")
  if (all.length === 0) return [[]]
  const copied = all.filter(({ outcome }) => outcome === "COPIED")
  const bought = copied.filter(({ side }) => side === "BUY")
  const settled = copied.filter(({ pnl }) => pnl !== null)
  const missed = Map.groupBy(
    all.filter(({ outcome }) => outcome !== "COPIED"),
    ({ outcome }) => String(outcome),
  )
  const counts = [...missed]
    .map(([outcome, some]) => [outcome, some.length] as const)
    .toSorted(([a, more], [b, fewer]) => fewer - more || (a < b ? -1 : 1))
  const slips = bought.map(
    (row) => ((n(row, "cost") - n(row, "fee")) * 1e6) / n(row, "size") - n(row, "leader_price"),
  )
  const total = (rows: Rows, name: string) => sumOf(rows.map((row) => n(row, name)))
  const depths = bought.map((row) => n(row, "depth") / 1e6).toSorted((a, b) => a - b)
  return [
    [
      all.length,
      copied.length,
      (100 * copied.length) / all.length,
      ...counts.map(([, count]) => count),
    ],
    ...(bought.length === 0
      ? [[]]
      : [
          [
            sumOf(slips) / slips.length / 10_000,
            (100 * total(bought, "fee")) / total(bought, "cost"),
          ],
          [median(depths), depths[Math.floor((depths.length - 1) / 4)]!],
        ]),
    [settled.length, total(settled, "pnl") / 1e6, total(settled, "cost") / 1e6],
  ]
}

const coverage: Sayings = ({ again, section }) => {
  const of = (name: string) =>
    Number(again[section.rows.findIndex(({ number }) => number === name)]?.["value"])
  const complete = section.says[0]!.includes("through")
  return [
    complete ? [100 * of("share")] : [],
    [of("marketsWithoutFacts"), of("markets"), of("unresolved")],
    [of("feedGaps")],
  ]
}

const history: Sayings = ({ elsewhere, traced }) => [
  [elsewhere("fills", "Its fills").length, traced("Its other deeds").length],
  [],
  ...traced("How its feeds were read").map((feed) =>
    feed["complete_through_ms"] === null ? [n(feed, "pages")] : [],
  ),
]

const hundredfold = (f: Row | undefined, name: string): number => 100 * n(f, name)

/** What a gate's evidence tells, of the numbers of its judgement. */
const evidence = (
  gate: Row,
  { all, recent }: Readonly<Record<"all" | "recent", Row | undefined>>,
  { known, ageDays }: Readonly<Record<"known" | "ageDays", number>>,
): ReadonlyArray<number> => {
  const [metric, threshold] = [n(gate, "metric"), n(gate, "threshold")]
  const closed = n(recent, "closedLots")
  const wins = closed === 0 ? 0 : hundredfold(recent, "winRate")
  const told: Readonly<Record<string, ReadonlyArray<number>>> = {
    KNOWN_BOT: [],
    INSUFFICIENT_ALL_TIME_ROI: [hundredfold(all, "roi"), n(all, "closedLots"), 100 * threshold],
    STAGE1_RECENT_LOSS: [-metric, 30],
    SNIPER_INSIDER: [ageDays, wins, closed, n(recent, "tradeCount")],
    NOISE_TRADER: [n(recent, "tradesPerWeek"), hundredfold(recent, "roi")],
    NEWS_SNIPER: [hundredfold(recent, "burstiness")],
    LIQUIDITY_PROVIDER: [hundredfold(recent, "buySellBalance"), 100 * metric, known],
    BOT_SWARM_MICRO: [n(recent, "tradesPerDay"), n(recent, "meanTradeMicro") / 1e6],
    TAIL_RISK_SELLER: [wins, metric],
    JACKPOT_GAMBLER: [hundredfold(recent, "topMarketProfitShare"), wins, closed],
    INSUFFICIENT_PNL: [hundredfold(recent, "roi"), closed, 180, 100 * threshold],
  }
  return told[String(gate["code"])] ?? [metric, threshold]
}

/** What keeps a wallet from a persona, by the words it is told in. */
const lack = (words: string, persona: string, f: Row | undefined): ReadonlyArray<number> => {
  const specialist = persona === "INFORMED_SPECIALIST"
  const least = specialist
    ? [100 * limits.specialist_min_win_rate]
    : [100 * limits.generalist_min_win_rate, 100 * limits.generalist_max_win_rate]
  const told: ReadonlyArray<readonly [RegExp, ReadonlyArray<number>]> = [
    [/positions/, [n(f, "activePositions"), limits.specialist_max_positions]],
    [/three largest/, [hundredfold(f, "concentration"), 100 * limits.specialist_min_concentration]],
    [/no closed lot/, least],
    [/it wins/, [hundredfold(f, "winRate"), ...least]],
    [/it traded/, [n(f, "uniqueMarkets"), limits.generalist_min_markets]],
    [/drawdown/, [hundredfold(f, "maxDrawdown"), 100 * limits.generalist_max_drawdown]],
    [/Sharpe/, [n(f, "sharpe"), limits.generalist_min_sharpe]],
    [/holds a lot/, [n(f, "meanHoldHours"), limits.accumulator_min_hold_hours]],
    [/fills a week/, [n(f, "tradesPerWeek"), limits.accumulator_max_trades_per_week]],
    [/it earned/, [hundredfold(f, "roi"), 100 * limits.accumulator_min_roi]],
  ]
  return told.find(([pattern]) => pattern.test(words))?.[1] ?? [Number.NaN]
}

const gates: Sayings = ({ again, elsewhere, section, traced }) => {
  const numbers = elsewhere("numbers", "Worked out again from these rows")
  const of = (window: string) => numbers.find((row) => row["window"] === window)
  const windows = { all: of("all"), recent: of("180 days") }
  const [dates] = traced("When it traded")
  const sure = n(traced("How sure its persona is")[0], "again")
  const ageDays = Math.floor((n(dates, "judged_at_ms") - n(dates, "first_fill_ms")) / 86_400_000)
  const known = traced("What it paid against the middle price").length
  const counted = section.rows.map((row, at) =>
    evidence({ ...row, ...(again[at] as Row) }, windows, { known, ageDays }),
  )
  const rest = section.says.slice(2 + counted.length)
  return [
    [],
    section.rows.length > 0 ? [section.rows.length] : Number.isNaN(sure) ? [] : [100 * sure],
    ...counted,
    ...rest.map((sentence) => {
      if (sentence.startsWith("Trait ")) return /WHALE|BONDER/.test(sentence) ? [1] : []
      const [, persona, lacks] = /It is no (\w+): (.*)\./.exec(sentence) ?? []
      return lacks === undefined
        ? []
        : lacks.split("; ").flatMap((words) => lack(words, persona!, windows.recent))
    }),
  ]
}

const numbers: Sayings = ({ again, section }) =>
  section.rows.map(({ window }, at) => {
    const of = (name: string) => Number(again[at]?.[name])
    return [
      ...(window === "all" ? [] : [Number.parseInt(String(window), 10)]),
      of("tradeCount"),
      of("uniqueMarkets"),
      of("closedLots"),
      of("realizedMicro") / 1e6,
      100 * of("roi"),
      ...(of("closedLots") === 0 ? [] : [100 * of("winRate")]),
      100 * of("maxDrawdown"),
    ]
  })

const scores: Sayings = ({ again, section }) =>
  section.rows.map((row, at) => {
    const of = (name: string) => Number(again[at]?.[name])
    return [
      of("window_days"),
      of("wscore"),
      of("edge"),
      of("consistency"),
      of("market_skill"),
      ...(row["timing"] === null ? [] : [of("timing"), of("drift_cents")]),
      of("drift_fills"),
      of("behaviour"),
      ...(row["lane"] === null ? [] : [of("lane_roi_percent"), of("roi_percent")]),
      of("idle_days"),
      100 * of("recency_factor"),
    ]
  })

const copies: Sayings = ({ section, traced }) =>
  section.says.map((sentence) => {
    const strategy = sentence.split(":")[0]
    const all = traced("Every copy of it").filter((one) => one["strategy"] === strategy)
    const copied = all.filter(({ outcome }) => outcome === "COPIED")
    const made = sumOf(all.map((one) => Number(one["pnl"] ?? 0)))
    return [all.length, copied.length, made / 1e6]
  })

const close: Sayings = ({ again, section, traced }) => {
  const all = traced("Every copy of it").filter(
    (one) =>
      one["strategy"] === "solo" &&
      one["origin"] === "fill" &&
      one["outcome"] !== null &&
      n(one, "leader_at_ms") > Date.now() - 7 * 86_400_000,
  )
  const copied = all.filter(({ outcome }) => outcome === "COPIED").length
  const shares = again.map((row) =>
    ["slippage_usdc_per_share", "fee_usdc_per_share", "remainder_usdc"].map((name) =>
      Number(row[name]),
    ),
  )
  return [
    section.says[0]!.includes("no fill")
      ? [7]
      : [all.length, 7, copied, (100 * copied) / all.length],
    ...shares,
  ]
}

const curve: Sayings = ({ again }) => {
  const last = again.at(-1)
  return last === undefined
    ? [[]]
    : [
        ["return", "drawdown", "leaders_return", "cash_return", "followed_return"].map(
          (name) => 100 * Number(last[name]),
        ),
      ]
}

const later: Sayings = ({ again }) =>
  again.length === 0
    ? [[]]
    : again.map((row) => [
        Number(row["after_ms"]) / 1000,
        Number(row["purchases"]),
        Number(row["pnl_usdc"]),
        Number(row["pnl_now_usdc"]),
        Number(row["missed"]),
      ])

const fast: Sayings = ({ again }) =>
  again.map((row) => [
    Number(row["p50"]) / 1000,
    Number(row["p99"]) / 1000,
    99,
    Number(row["copies"]),
  ])

export const sayings: Readonly<Record<string, Sayings>> = {
  "Should it be followed?": verdict,
  "What was said before, and what became of it": promises,
  "Evidence of skill": purchases,
  "How it can be copied": solo,
  Habits: ({ traced }) => [[traced("The fills its habits are told from").length]],
  "How far the rows go": coverage,
  "What is known of its history": history,
  "Gates and personas": gates,
  Numbers: numbers,
  Scores: scores,
  "Newest fills": ({ traced }) => [[Math.min(10, traced("Its fills").length)]],
  "Followed by the fast lane": ({ traced }) => [[traced("How it is watched").length]],
  Copies: copies,
  "How close": close,
  "What its own book made": curve,
  "Had we been slower": later,
  "How fast": fast,
  "Open shares": ({ traced }) => {
    const held = traced("Lots that are open").length
    return [held === 0 ? [] : [held]]
  },
}
