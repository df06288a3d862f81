/**
 * The verdict on a wallet: gates that exclude it, personas that make it followable.
 *
 * Gates are checked in a fixed order and all that fail are reported, each with code, metric,
 * threshold and the evidence in words. A wallet is `classified` when it has a persona and no failed
 * gate, `excluded` when a gate failed, and `waiting` when nothing excludes it and no persona fits:
 * no persona is not "followable". Stage 1 looks at the whole history, stage 2 at 180 days.
 */
import { dayMs, type Features } from "./FeatureWindow.ts"
import { type WalletFeatures } from "./Features.ts"
import {
  type FailedGate,
  number,
  percent,
  type PersonaThresholds,
  type SpreadEdge,
  stageOne,
  stageTwo,
} from "./Gates.ts"
import type { Persona, Trait } from "./Persona.ts"
import { confidenceOf } from "./PersonaConfidence.ts"
import { topicOf } from "./WalletScore.ts"

/** Days of history that stage 2 looks at. */
export const personaWindowDays = 180

export interface PersonaCheck {
  readonly persona: Persona
  /** What keeps the wallet from this persona; empty when it fits. */
  readonly lacks: ReadonlyArray<string>
}

export interface Classification {
  readonly verdict: "classified" | "excluded" | "waiting"
  /** The first persona that fits, also when a gate excludes the wallet. */
  readonly persona: Persona | null
  /** How probable it is that the persona is right, 0 … 1; null when the wallet is not `classified`. */
  readonly confidence: number | null
  readonly failed: ReadonlyArray<FailedGate>
  readonly checks: ReadonlyArray<PersonaCheck>
  readonly traits: ReadonlyArray<Trait>
}

export interface Subject {
  readonly wallet: string
  readonly features: WalletFeatures
  /** Over the window that stage 2 looks at. */
  readonly spreadEdge: SpreadEdge
  readonly nowMs: number
}

export const classify = (subject: Subject, limits: PersonaThresholds): Classification => {
  const { features, nowMs, spreadEdge, wallet } = subject
  const recent = features.windows.get(personaWindowDays) ?? features.life
  const ageDays =
    features.firstFillMs === null ? 0 : Math.floor((nowMs - features.firstFillMs) / dayMs)
  const failed = [
    ...stageOne(wallet, features, ageDays, nowMs, limits),
    ...stageTwo(recent, ageDays, spreadEdge, limits),
  ]
  const checks = personaChecks(recent, limits)
  const persona = checks.find((check) => check.lacks.length === 0)?.persona ?? null
  if (persona !== null && recent.roi < limits.min_roi) {
    failed.push({
      code: "INSUFFICIENT_PNL",
      stage: 2,
      metric: recent.roi,
      threshold: limits.min_roi,
      evidence: `earned ${percent(recent.roi)} on the cost of its ${recent.closedLots} closed lots in ${recent.windowDays} days, at least ${percent(limits.min_roi)} is asked`,
    })
  }
  const verdict = failed.length > 0 ? "excluded" : persona === null ? "waiting" : "classified"
  const confidence =
    verdict === "classified" && persona !== null ? confidenceOf(persona, recent) : null
  return { verdict, persona, confidence, failed, checks, traits: traitsOf(recent, limits) }
}

const personaChecks = (f: Features, limits: PersonaThresholds): ReadonlyArray<PersonaCheck> => {
  const check = (persona: Persona, conditions: ReadonlyArray<readonly [boolean, string]>) => ({
    persona,
    lacks: conditions.filter(([holds]) => !holds).map(([, says]) => says),
  })
  const wins = f.winRate
  const winSays = wins === null ? "it has no closed lot" : `it wins ${percent(wins)} of its lots`
  return [
    check("INFORMED_SPECIALIST", [
      [
        f.activePositions <= limits.specialist_max_positions,
        `it holds ${f.activePositions} positions, at most ${limits.specialist_max_positions}`,
      ],
      [
        f.concentration >= limits.specialist_min_concentration,
        `its three largest markets are ${percent(f.concentration)} of its volume, at least ${percent(limits.specialist_min_concentration)}`,
      ],
      [
        wins !== null && wins >= limits.specialist_min_win_rate,
        `${winSays}, at least ${percent(limits.specialist_min_win_rate)}`,
      ],
    ]),
    check("CONSISTENT_GENERALIST", [
      [
        f.uniqueMarkets >= limits.generalist_min_markets,
        `it traded ${f.uniqueMarkets} markets, at least ${limits.generalist_min_markets}`,
      ],
      [
        wins !== null &&
          wins >= limits.generalist_min_win_rate &&
          wins <= limits.generalist_max_win_rate,
        `${winSays}, between ${percent(limits.generalist_min_win_rate)} and ${percent(limits.generalist_max_win_rate)}`,
      ],
      [
        f.maxDrawdown <= limits.generalist_max_drawdown,
        `its drawdown is ${percent(f.maxDrawdown)}, at most ${percent(limits.generalist_max_drawdown)}`,
      ],
      [
        f.sharpe >= limits.generalist_min_sharpe,
        `its Sharpe ratio is ${number(f.sharpe)}, at least ${limits.generalist_min_sharpe}`,
      ],
    ]),
    check("PATIENT_ACCUMULATOR", [
      [
        f.meanHoldHours >= limits.accumulator_min_hold_hours,
        `it holds a lot for ${number(f.meanHoldHours)} hours, at least ${limits.accumulator_min_hold_hours}`,
      ],
      [
        f.tradesPerWeek <= limits.accumulator_max_trades_per_week,
        `it makes ${number(f.tradesPerWeek)} fills a week, at most ${limits.accumulator_max_trades_per_week}`,
      ],
      [
        f.roi >= limits.accumulator_min_roi,
        `it earned ${percent(f.roi)}, at least ${percent(limits.accumulator_min_roi)}`,
      ],
    ]),
  ]
}

const traitsOf = (f: Features, limits: PersonaThresholds): ReadonlyArray<Trait> => {
  const traits: Array<Trait> = []
  const topic = topicOf(f, limits.topic_lane_min_ratio)
  if (topic !== null) traits.push({ key: "TOPIC_LANE", value: topic })
  if (f.tradeCount > 0 && f.extremePriceRatio >= limits.bonder_min_ratio) {
    traits.push({ key: "BONDER", value: "1" })
  }
  if (f.meanTradeMicro >= limits.whale_min_trade) traits.push({ key: "WHALE", value: "1" })
  return traits
}
