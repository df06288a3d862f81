/**
 * Worlds to calibrate judgement on: few wallets with a true edge, every adverse behaviour, the rest
 * without skill, all of them busy alike. Prices are fair up to a stated error.
 *
 * The figures are those of the study the service's method was chosen by: 500 wallets, 120 days,
 * 3 % skilled with an edge of 5 to 15 cents, 60 to 600 entries a wallet, heavy-tailed stakes, several
 * entries per event.
 */
import type { WorldChanges } from "../WorldParameters.ts"
import type { Behaviour } from "./Behaviour.ts"
import { adverse, ordinary } from "./Behaviours.ts"

export interface CalibrationOptions {
  readonly seed: number
  readonly epochMs?: number
  readonly days?: number
  readonly wallets?: number
  /** Share of the wallets with a true edge. */
  readonly skilled?: number
  /** `[low, high]`, price units. */
  readonly edge?: readonly [number, number]
  readonly correlation?: number
  /** Most that a price is off: a favourite–longshot bias. */
  readonly bias?: number
  /** Share of the wallets with an adverse behaviour, spread evenly over the kinds. */
  readonly adverse?: number
  /** Behaviours brought by others, beside those. */
  readonly behaviours?: ReadonlyArray<Behaviour>
}

const kinds = Object.values(adverse)

export const calibrationWorld = (options: CalibrationOptions): WorldChanges => {
  const { seed, epochMs, days = 120, wallets = 500, skilled = 0.03, behaviours = [] } = options
  const { edge = [0.05, 0.15], correlation = 0.25, bias = 0.02 } = options
  const since = [days, days] as const
  /** Sixty to six hundred entries in 120 days, of about four looks in five. */
  const drawing: Behaviour = {
    ...ordinary,
    choice: "draw",
    participation: 0.12,
    looksPerDay: [0.65, 6.2],
    band: [0.1, 0.9],
    holdsToEnd: 0.9,
    trims: 0,
    usdc: [20, 600],
    sizeSpread: 1,
    sinceDays: since,
  }
  const gifted = Math.round(skilled * wallets)
  const each = Math.round(((options.adverse ?? 0.3) * wallets) / kinds.length)
  const hostile = kinds.map((kind): Behaviour => {
    const whole = Math.max(1, Math.round(each / kind.group)) * kind.group
    if (kind.name === adverse.micro.name) return { ...kind, traders: whole }
    const participation = kind.name === adverse.news.name ? 0.02 : kind.participation
    return { ...kind, traders: whole, participation, sinceDays: since }
  })
  const taken = gifted + hostile.reduce((sum, { traders }) => sum + traders, 0)
  return {
    seed,
    ...(epochMs === undefined ? {} : { epochMs }),
    pastDays: days,
    liveTradesPerSecond: null,
    eventsPerDay: 8,
    quickEventEveryMs: 0,
    correlation,
    bias,
    behaviours: [
      { ...drawing, name: "with an edge", standing: "skilled", traders: gifted, edge },
      ...hostile,
      { ...drawing, name: "without an edge", traders: Math.max(0, wallets - taken) },
      ...behaviours,
    ],
  }
}
