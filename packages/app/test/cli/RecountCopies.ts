/**
 * What `wallet` prints of our copies, counted from the rows that `why ADDRESS:copies` and its like show.
 */
import { n, type Recount, type Row, type Rows, sumOf, usd } from "./Traced.ts"

export const copies: Recount = (section, traced) =>
  section.rows.map((row) => ({
    copies: traced("Every copy of it").filter(
      (one) =>
        one["strategy"] === row["strategy"] && (one["outcome"] ?? "in flight") === row["outcome"],
    ).length,
  }))

const bars = ["leader", "latency", "spread", "depth", "fee", "resolution", "open", "remainder"]

export const close: Recount = (section, traced) =>
  section.rows.map((row) => {
    const ours = traced("Every copy of it").filter(
      (one) =>
        one["strategy"] === "solo" &&
        one["origin"] === "fill" &&
        one["side"] === row["side"] &&
        one["leader_usdc"] !== undefined,
    )
    const total = (bar: string) => sumOf(ours.map((one) => n(one, `${bar}_usdc`)))
    const shares = sumOf(ours.map((one) => n(one, "size"))) / 1e6
    return {
      copies: ours.length,
      slippage_usdc_per_share: -(total("latency") + total("spread") + total("depth")) / shares,
      fee_usdc_per_share: -total("fee") / shares,
      ...Object.fromEntries(bars.map((bar) => [`${bar}_usdc`, total(bar)])),
    }
  })

export const curve: Recount = (section, traced) => {
  const results = traced("What books made by day")
  const funds = traced("What was put into the books")
  const address = section.why!.split(":")[0]!
  const dayOf = (row: Row) => Date.parse(String(row["day"])) / 86_400_000
  const days = [...new Set(results.map((row) => n(row, "day")))].toSorted((a, b) => a - b)
  const until = (rows: Rows, book: (name: string) => boolean, day: number, value: string) =>
    sumOf(
      rows.flatMap((row) =>
        book(String(row["book"])) && n(row, "day") <= day ? [n(row, value)] : [],
      ),
    )
  const own = (name: string) => name === `solo:${address}`
  const first = Math.min(...results.flatMap((r) => (own(String(r["book"])) ? [n(r, "day")] : [])))
  const since = results.filter((row) => n(row, "day") >= first)
  const returned = (book: (name: string) => boolean, day: number) => {
    const capital = until(funds, book, day, "amount")
    return capital === 0 ? 0 : until(since, book, day, "pnl") / capital
  }
  let [peak, put] = [0, 0]
  const falls = new Map<number, number>()
  for (const day of days.filter((one) => one >= first)) {
    const capital = until(funds, own, day, "amount")
    const equity = capital + until(since, own, day, "pnl")
    peak = Math.max(peak + capital - put, equity)
    put = capital
    falls.set(day, (peak - equity) / peak)
  }
  const millionth = (value: number) => Math.round(value * 1e6) / 1e6
  return section.rows.map((row) => {
    const day = dayOf(row)
    return {
      equity_usdc: usd(until(funds, own, day, "amount") + until(since, own, day, "pnl")),
      return: millionth(returned(own, day)),
      drawdown: millionth(falls.get(day)!),
      leaders_return: millionth(returned((name) => name === `careless:${address}`, day)),
      cash_return: 0,
      followed_return: millionth(returned((name) => name.startsWith("solo:"), day)),
    }
  })
}

export const later: Recount = (section, traced) =>
  section.rows.map((row) => {
    const looks = traced("Its settled purchases, later").filter(
      (one) => one["after_ms"] === row["after_ms"],
    )
    const made = looks.map(
      (one) =>
        Math.floor((n(one, "returned") * n(one, "size")) / n(one, "bought")) -
        n(one, "gross") -
        n(one, "fee"),
    )
    return {
      after_ms: n(row, "after_ms"),
      purchases: looks.length,
      missed: looks.filter((one) => one["size"] === 0).length,
      pnl_usdc: usd(sumOf(made)),
      pnl_now_usdc: usd(sumOf(looks.map((one) => n(one, "pnl")))),
    }
  })

const hops: Readonly<Record<string, readonly [string, string]>> = {
  "trade → visible": ["leader_at_ms", "visible_at_ms"],
  "visible → detected": ["visible_at_ms", "detected_at_ms"],
  "detected → decided": ["detected_at_ms", "reserved_at_ms"],
  "decided → priced": ["reserved_at_ms", "priced_at_ms"],
}

export const fast: Recount = (section, traced) =>
  section.rows.map((row) => {
    const [from, to] = hops[String(row["hop"])]!
    const spans = traced("Every copy of it")
      .filter((one) => one["strategy"] === "portfolio" && one["origin"] === "fill")
      .flatMap((one) => (one[from] == null || one[to] == null ? [] : [n(one, to) - n(one, from)]))
      .toSorted((a, b) => a - b)
    const at = (part: number) => spans[Math.max(0, Math.ceil(spans.length * part) - 1)]
    return { copies: spans.length, p50: at(0.5), p99: at(0.99) }
  })

export const lots: Recount = (section, traced) =>
  section.rows.map((_, at) => traced("Lots that are open")[at] ?? {})
