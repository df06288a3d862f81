/**
 * What takers were really charged, out of `usdc_size` of their fills against the market's schedule:
 * `fee = shares × rate × (p × (1 − p))^exponent`. Tells in which direction the venue rounds.
 */
import { Effect, Result } from "effect"
import { tradingParametersOf } from "../wire/ClobMarketRow.ts"
import type { JsonObject } from "../wire/Json.ts"
import { conditionOf } from "../wire/Scalar.ts"
import type { Probe } from "./Probe.ts"
import { judge, open } from "./Probe.ts"
import { Prober } from "./Prober.ts"
import { rowsIn } from "./Sample.ts"

/** Fees are told in steps of 0.00001. */
const step = 1e-5
const mostMarkets = 8

/** Which ways of rounding the exact fee give the one charged. */
const waysOf = (charged: number, exact: number): ReadonlyArray<string> => {
  const units = exact / step
  const ways = [
    ["nearest", Math.round(units)],
    ["down", Math.floor(units)],
    ["up", Math.ceil(units)],
  ] as const
  const fitting = ways.filter(([, whole]) => Math.abs(charged - whole * step) < step / 10)
  return fitting.length === 0 ? ["none"] : fitting.map(([way]) => way)
}

export const feeProbe: Probe = {
  id: "taker-fees",
  assumption:
    "a taker's usdc_size differs from size × price by the market's fee, rounded to 0.00001",
  needs: ["data", "clob"],
  ask: ({ fills }) =>
    Effect.gen(function* () {
      const prober = yield* Prober
      const wallets = Array.from(new Set(fills.map((fill) => fill.wallet))).slice(0, 3)
      const rows: Array<JsonObject> = []
      for (const user of wallets) {
        const { json } = yield* prober.askGood("data", "/v2/activity", [
          ["user", user],
          ["type", "TRADE"],
          ["limit", "100"],
        ])
        rows.push(...rowsIn(json, "data").filter((row) => row["type"] === "TRADE"))
      }
      const counts = new Map<string, number>()
      let total = 0
      const markets = Array.from(new Set(rows.map((row) => String(row["condition_id"]))))
      for (const text of markets.slice(0, mostMarkets)) {
        const condition = conditionOf(text)
        if (condition === null) continue
        const { json } = yield* prober.askGood("clob", `/clob-markets/${condition}`)
        const market = tradingParametersOf(json)
        if (Result.isFailure(market) || market.success.fee.rate === 0) continue
        const { exponent, rate } = market.success.fee
        for (const row of rows.filter((each) => each["condition_id"] === text)) {
          const [size, price, usdc] = ["size", "price", "usdc_size"].map((name) =>
            Number(row[name]),
          )
          const charged = Math.abs(usdc! - size! * price!)
          // A maker pays nothing and tells nothing.
          if (!(charged >= step)) continue
          const exact = size! * (rate / 1e6) * (price! * (1 - price!)) ** exponent
          total += 1
          for (const way of waysOf(charged, exact)) counts.set(way, (counts.get(way) ?? 0) + 1)
        }
      }
      if (total === 0) return open("no fill with a fee among those looked at")
      const says = Array.from(counts, ([way, count]) => `${way} ${count}`).join(", ")
      const fitted = total - (counts.get("none") ?? 0)
      return judge(fitted >= total * 0.9, `of ${total} fills rounding fits ${says}`)
    }),
}
