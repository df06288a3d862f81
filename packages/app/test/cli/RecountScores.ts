/** What `wallet` prints of WScores, counted from the rows that `why ADDRESS:scores` shows. */
import { n, type Recount, sumOf } from "./Traced.ts"

export const scores: Recount = (section, traced) => {
  const drifts = traced("How prices went after its fills")
  const [last] = traced("Its last fill when it was scored")
  const clamp = (value: number) => Math.min(1, Math.max(0, value))
  return section.rows.map((row) => {
    const of = traced("What the scores were made of").find(
      (one) => one["window_days"] === row["window_days"],
    )
    const fromMs = n(of, "at_ms") - n(of, "window_days") * 86_400_000
    const within = drifts.filter((one) => n(one, "at_ms") >= fromMs)
    const cents = sumOf(within.map((one) => n(one, "drift"))) / within.length / 10_000
    const inLane = of?.["top_domain"] !== "unknown" && n(of, "top_domain_ratio") >= 0.65
    const lane = inLane
      ? {
          lane_roi_percent: 100 * n(of, "top_domain_roi"),
          lane_profitable_markets: n(of, "top_domain_profitable_markets"),
          lane_markets: n(of, "top_domain_closed_markets"),
        }
      : null
    const skill = lane ?? {
      lane_profitable_markets: n(of, "profitable_markets"),
      lane_markets: n(of, "closed_markets"),
    }
    const idle = (n(of, "at_ms") - n(last, "at_ms")) / 86_400_000
    const boardMs = of?.["leaderboard_at_ms"]
    const onBoard =
      boardMs === null
        ? 0
        : Number(boardMs) > n(of, "at_ms")
          ? row["on_leaderboard"]
          : Number(n(of, "at_ms") - Number(boardMs) <= 30 * 86_400_000)
    const parts = {
      edge: clamp(Math.max(0, n(of, "roi")) / 0.2),
      consistency: clamp(1 - (50 * n(of, "max_drawdown")) / 10),
      market_skill:
        skill.lane_markets === 0 ? 0 : skill.lane_profitable_markets / skill.lane_markets,
      timing: clamp((cents + 10) / 20),
      behaviour: clamp(1 - 0.5 * n(of, "extreme_price_ratio") - 0.5 * n(of, "burstiness")),
    }
    const weights = {
      edge: 0.3,
      consistency: 0.25,
      market_skill: 0.2,
      timing: 0.15,
      behaviour: 0.1,
    }
    const names = (Object.keys(parts) as Array<keyof typeof parts>).filter(
      (name) => row[name] !== null,
    )
    const raw =
      sumOf(names.map((name) => weights[name] * parts[name])) /
      sumOf(names.map((name) => weights[name]))
    const rate = n(of, "win_rate")
    const factors = {
      hit_rate_factor: rate < 0.45 ? 0.5 : rate < 0.52 ? 0.8 : 1,
      trust_factor: n(of, "age_days") < 90 ? 0.8 : 1,
      obscurity_factor: onBoard === 1 ? 1 : 1.2,
      lane_factor:
        lane !== null && lane.lane_roi_percent > 0 && n(of, "top_domain_roi") >= n(of, "roi")
          ? 1.1
          : 1,
      recency_factor: 2 ** (-idle / 30),
    }
    const product = Object.values(factors).reduce((all, one) => all * one, 1)
    return {
      ...parts,
      ...factors,
      window_days: n(of, "window_days"),
      at_ms: n(of, "at_ms"),
      ...lane,
      deviation: 50 * n(of, "max_drawdown"),
      profitable_markets: n(of, "profitable_markets"),
      markets: n(of, "closed_markets"),
      noise: 0.5 * n(of, "extreme_price_ratio") + 0.5 * n(of, "burstiness"),
      age_days: n(of, "age_days"),
      on_leaderboard: onBoard,
      idle_days: idle,
      wscore: clamp(raw * product),
      raw,
      roi_percent: 100 * n(of, "roi"),
      hit_rate: rate,
      trade_count: n(of, "trade_count"),
      drift_cents: cents,
      drift_fills: within.length,
    }
  })
}
