/**
 * What the rows of each section of `wallet` print, counted again from the rows that `why` shows for it:
 * by title, the section's rows with the numbers one gets.
 *
 * The product's own arithmetic is used in one place: what a judgement of all wallets says of one is
 * what `why verdict-N` works out again by the stored model; its counts are counted here.
 */
import { close, copies, curve, fast, later, lots } from "./RecountCopies.ts"
import { recountFeatures } from "./RecountFeatures.ts"
import { scores } from "./RecountScores.ts"
import { n, type Recount, type Row, sumOf, usd } from "./Traced.ts"

const medianOf = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

/** Rows of a table that nothing is worked out from, under their key. */
const asStored =
  (title: string, key: string): Recount =>
  (section, traced) =>
    section.rows.map((row) => traced(title).find((one) => one[key] === row[key]) ?? {})

const verdict: Recount = (section, traced) => {
  const again = traced("Worked out again from these rows")
  const edge = n(
    again.find(({ number }) => number === "edge"),
    "again",
  )
  const entries = traced("Evidence of skill").filter(
    (row) => row["payout"] !== null && n(row, "mid") > 0.005 && n(row, "mid") < 0.995,
  )
  const copies = traced("How it can be copied").filter(
    (row) => row["pnl_usdc"] !== null && n(row, "cost_usdc") > 0,
  )
  const thresholds: Readonly<Record<string, number>> = {
    events: 10,
    copies: 10,
    history: 0.9,
    pays: 0.1,
    "one-event": 0.6,
    cost: edge,
    "copies-agree": -2.33,
    "acts-together": 1,
  }
  return section.rows.map((row) => {
    const code = String(row["code"])
    const counted: Readonly<Record<string, number>> = {
      events: new Set(entries.map(({ event }) => event)).size,
      copies: copies.length,
    }
    const metric =
      counted[code] ??
      n(
        again.find(({ number }) => number === code),
        "again",
      )
    return { metric, threshold: code.startsWith("excluded:") ? 0 : thresholds[code] }
  })
}

/** Of a history, how much is complete. */
const shareOf = (reach: Row | undefined): number => {
  const first = n(reach, "first_fill_ms")
  return reach?.["complete_through_ms"] === null
    ? 0
    : Math.min(1, (n(reach, "complete_through_ms") - first) / (n(reach, "weighed_at_ms") - first))
}

/** Bets, decided events and copies are counted; what the model says is what it says again. */
const verdictNumbers: Recount = (section, traced) => {
  const again = traced("Worked out again from these rows")
  const entries = traced("Evidence of skill")
  const counted: Readonly<Record<string, number>> = {
    entries: entries.length,
    events: new Set(
      entries
        .filter((row) => row["payout"] !== null && n(row, "mid") > 0.005 && n(row, "mid") < 0.995)
        .map(({ event }) => event),
    ).size,
    copies: traced("How it can be copied").filter(
      (row) => row["pnl_usdc"] !== null && n(row, "cost_usdc") > 0,
    ).length,
    complete_share: shareOf(traced("How far its rows went then")[0]),
  }
  return section.rows.map(({ number: name }) => ({
    value:
      counted[String(name)] ??
      n(
        again.find(({ number }) => number === name),
        "again",
      ),
  }))
}

const coverage: Recount = (section, traced) => {
  const [reach] = traced("How far its rows reached")
  const markets = traced("Markets it went into")
  const values: Readonly<Record<string, number>> = {
    share: shareOf(reach),
    fills: n(reach, "fills"),
    markets: markets.length,
    marketsWithoutFacts: markets.filter(({ event }) => event === null || event === "").length,
    unresolved: markets.filter((row) => row["outcome_seen_at_ms"] === null).length,
    feedGaps: traced("Copies that a feed, a book or time prevented").length,
  }
  return section.rows.map((row) => ({ value: values[String(row["number"])] }))
}

const habits: Recount = (section, traced) => {
  const fills = traced("The fills its habits are told from")
  const entries = traced("Its first purchases")
  const sizes = fills.map((row) => (n(row, "price") * n(row, "size")) / 1e6)
  const times = fills.map((row) => n(row, "at_ms"))
  const last = new Map<unknown, Row>()
  let [again, flips] = [0, 0]
  for (const fill of fills) {
    const before = last.get(fill["condition"])
    if (before !== undefined && fill["side"] === "BUY") {
      again += 1
      const same = before["outcome_index"] === fill["outcome_index"]
      if (same === (before["side"] === "SELL")) flips += 1
    }
    last.set(fill["condition"], fill)
  }
  const ranked = sizes.toSorted((a, b) => a - b)
  const gini =
    sumOf(ranked.map((one, at) => (2 * (at + 1) - ranked.length - 1) * one)) /
    (ranked.length * sumOf(ranked))
  const known = entries.filter(({ payout }) => payout !== null)
  const made = known.map((row) => ((n(row, "payout") - n(row, "price")) * n(row, "size")) / 1e6)
  const beside = known.map((row) => ((n(row, "mid") - n(row, "price")) * n(row, "size")) / 1e6)
  const wins = made.filter((one) => one > 0)
  const told = entries.filter((row) => n(row, "mid_from") > 0)
  const newestWeek = fills.map((_, at) => times[at]! >= times.at(-1)! - 7 * 86_400_000)
  const values: Readonly<Record<string, number>> = {
    flipRate: flips / again,
    sizeGini: gini,
    medianGapSeconds: medianOf(times.slice(1).map((at, i) => (at - times[i]!) / 1000)),
    betterThanMid: told.filter((row) => n(row, "price") < n(row, "mid")).length / told.length,
    executionShare: sumOf(beside) / sumOf(made),
    lossAgainstWin: Math.max(0, ...made.map((one) => -one)) / (sumOf(wins) / wins.length),
    topMarketShare: Math.max(...wins) / sumOf(wins),
    largestFill: Math.max(...sizes.filter((_, at) => newestWeek[at])) / medianOf(sizes),
  }
  return section.rows.map((row) => ({ value: values[String(row["habit"])] }))
}

const rules: Recount = (section, traced) =>
  section.rows.map((row) => {
    const atMs = n(row, "at_ms")
    const move = traced("What its moves rest on").find((one) => one["at_ms"] === atMs)
    const judgedMs = n(move, "numbers_at_ms")
    const fills = traced("Its fills, and when they were seen").filter(
      (one) =>
        n(one, "seen_at_ms") <= judgedMs &&
        n(one, "at_ms") <= judgedMs &&
        n(one, "at_ms") >= judgedMs - 30 * 86_400_000,
    )
    const metric = row["reason"] === "passes_discovery" ? fills.length : n(move, "metric")
    return { at_ms: n(move, "at_ms"), metric, threshold: n(move, "threshold") }
  })

const numbers: Recount = (section, traced) => {
  const ledger = traced("The ledger the numbers are of")
  const closings = traced("Lots it closed")
  const held = traced("What it still held")
  const [again] = traced("Worked out again from these rows")
  return again === undefined
    ? []
    : section.rows.map(({ window }) =>
        recountFeatures(
          ledger,
          closings,
          held,
          n(again, "as_of_ms"),
          window === "all" ? null : Number.parseInt(String(window), 10),
        ),
      )
}

const purchases: Recount = (section, traced) =>
  section.rows.map((row) => {
    const entry = traced("Its first purchases").find(({ fill }) => fill === row["fill"])
    const dollars = (name: string) => n(entry, name) / 1e6
    return {
      outcome_index: n(entry, "outcome_index"),
      mid_from: n(entry, "mid_from"),
      price: dollars("price"),
      mid: dollars("mid"),
      mid_error: dollars("mid_error"),
      payout: dollars("payout"),
    }
  })

const solo: Recount = (section, traced) =>
  section.rows.map((row) => {
    const copy = traced("Solo copies as reported").find(({ fill }) => fill === row["fill"])
    const buys = copy?.["side"] === "BUY"
    const gross = buys ? n(copy, "cost") - n(copy, "fee") : n(copy, "fee") - n(copy, "cost")
    const worse = (gross * 1e6) / n(copy, "size") - n(copy, "leader_price")
    return {
      cost_usdc: usd(n(copy, "cost")),
      slippage: usd(buys ? worse : -worse),
      depth_usdc: usd(n(copy, "depth")),
      sold: usd(n(copy, "sold")),
      sale_fee_usdc: usd(n(copy, "sale_fee")),
      pnl_usdc: usd(n(copy, "pnl")),
    }
  })

const promises: Recount = (section, traced) =>
  section.rows.map((row) => {
    const said = traced("What its verdicts promised").find(({ id }) => id === row["id"])
    const fromMs = n(said, "at_ms")
    const within = traced("Solo copies as reported").filter(
      (one) =>
        one["pnl"] !== null &&
        one["outcome"] === "COPIED" &&
        n(one, "leader_at_ms") >= fromMs &&
        n(one, "leader_at_ms") < fromMs + 30 * 86_400_000,
    )
    return {
      promised: n(said, "promised"),
      promised_low: n(said, "promised_low"),
      promised_high: n(said, "promised_high"),
      realized_usdc: usd(sumOf(within.map((one) => n(one, "pnl")))),
      realized_cost_usdc: usd(sumOf(within.map((one) => n(one, "cost")))),
      realized_copies: within.length,
    }
  })

const gates: Recount = (section, traced) => {
  const dates = traced("When it traded")[0]
  const told = traced("What it paid against the middle price")
  const days = (name: string) =>
    Math.floor((n(dates, "judged_at_ms") - n(dates, name)) / 86_400_000)
  return section.rows.map((row) => {
    const code = String(row["code"])
    const gate = traced("What its gates measured").find((one) => one["code"] === code)
    const special: Readonly<Record<string, number>> = {
      STAGE1_TOO_YOUNG: days("first_fill_ms"),
      LIQUIDITY_PROVIDER:
        told.filter((row) => n(row, "price") <= n(row, "mid")).length / told.length,
      STAGE1_INACTIVE: days("last_fill_ms"),
      TAIL_RISK_SELLER: n(gate, "largest_loss") / n(gate, "mean_win"),
    }
    const { since_ms, stage, threshold } = gate ?? {}
    return { since_ms, stage, threshold, metric: special[code] ?? n(gate, "value") }
  })
}

const fills: Recount = (section, traced) =>
  section.rows.map((row) => {
    const fill = traced("Its fills").find((one) => one["fill"] === row["fill"])
    return { price: n(fill, "price") / 1e6, size: n(fill, "size") / 1e6 }
  })

export const recounts: Readonly<Record<string, Recount>> = {
  "Should it be followed?": verdict,
  "Its numbers": verdictNumbers,
  "How far the rows go": coverage,
  "What was said before, and what became of it": promises,
  "Evidence of skill": purchases,
  "How it can be copied": solo,
  Habits: habits,
  "What is known of its history": asStored("How its feeds were read", "feed"),
  "Gates and personas": gates,
  Numbers: numbers,
  Scores: scores,
  Rules: rules,
  Following: asStored("The follow history", "from_ms"),
  "Newest fills": fills,
  "Followed by the fast lane": asStored("How it is watched", "from_ms"),
  Copies: copies,
  "How close": close,
  "What its own book made": curve,
  "Had we been slower": later,
  "How fast": fast,
  "Open shares": lots,
}
