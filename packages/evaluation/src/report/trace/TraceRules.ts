/**
 * `ADDRESS:gates` and `ADDRESS:rules`: for each gate's number where it was taken from, and the settlements of
 * our copies that approve or stop a wallet.
 *
 * Limits: the newest {@link settlementsTraced} settlements.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { personaWindowDays } from "@evaluator/domain/wallet/Classify"
import { dayMs, type Features } from "@evaluator/domain/wallet/FeatureWindow"
import type { Persona } from "@evaluator/domain/wallet/Persona"
import { confidenceOf } from "@evaluator/domain/wallet/PersonaConfidence"
import type { RulesReason } from "@evaluator/domain/wallet/RuleGates"
import { lifetimeWindow } from "../../stores/Judgements.ts"
import { toldPurchases } from "../../stores/SpreadEdge.ts"
import { plural, when } from "../Words.ts"
import { numbersAt, windowName } from "./TraceNumbers.ts"

/** As many as the rules read. */
const settlementsTraced = 10_000

/** The number of a window that a gate measures; what is left out is no number of a window. */
const gateNumbers: Readonly<Record<string, keyof Features>> = {
  STAGE1_TOO_FEW_TRADES: "tradeCount",
  INSUFFICIENT_ALL_TIME_ROI: "roi",
  STAGE1_RECENT_LOSS: "realizedMicro",
  SNIPER_INSIDER: "winRate",
  NOISE_TRADER: "tradesPerWeek",
  NEWS_SNIPER: "burstiness",
  BOT_SWARM_MICRO: "tradesPerDay",
  JACKPOT_GAMBLER: "topMarketProfitShare",
}

const otherwise: Readonly<Record<string, string>> = {
  KNOWN_BOT: "the configured list personas.known_bots",
  STAGE1_TOO_YOUNG: "whole days from the first fill to the judgement",
  STAGE1_INACTIVE: "whole days from the last fill to the judgement",
  LIQUIDITY_PROVIDER: "of the first purchases below, those with price ≤ mid",
  TAIL_RISK_SELLER: "largestLossMicro ÷ meanWinMicro of the window",
}

export const traceGates = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const gates = yield* sql<{
    code: string
    stage: number
    metric: number
    threshold: number
    since_ms: number
  }>`
    SELECT code, stage, metric, threshold, since_ms FROM wallet_gates WHERE wallet = ${wallet}
    ORDER BY position`
  const stored = yield* sql<{ window_days: number; features: string }>`SELECT window_days, features
    FROM wallet_features WHERE wallet = ${wallet} ORDER BY window_days`
  const [facts] = yield* sql<{
    judged_at_ms: number | null
    first_fill_ms: number | null
    last_fill_ms: number | null
  }>`SELECT judged_at_ms, first_fill_ms, last_fill_ms FROM wallets WHERE wallet = ${wallet}`
  const [sure] = yield* sql<{ persona: Persona; persona_confidence: number }>`SELECT persona,
    persona_confidence FROM wallets WHERE wallet = ${wallet} AND persona_confidence IS NOT NULL`
  const numbers = stored.map((row) => ({
    days: row.window_days,
    features: JSON.parse(row.features) as Features,
  }))
  const rows = gates.map((gate): Readonly<Record<string, Cell>> => {
    const name = gateNumbers[gate.code]
    const unit = gate.code === "STAGE1_RECENT_LOSS" ? 1_000_000 : 1
    // Stage 1 looks at the whole history but for a recent loss, stage 2 at the longest window.
    const widest = Math.max(...numbers.map(({ days }) => days))
    const ofGate = numbers.find(({ days, features }) =>
      unit !== 1
        ? features.realizedMicro / unit === gate.metric
        : days === (gate.stage === 1 ? lifetimeWindow : widest),
    )
    return {
      ...gate,
      from: name === undefined ? (otherwise[gate.code] ?? "") : `numbers: ${name}`,
      window: ofGate === undefined ? null : windowName(ofGate.days),
      value:
        name === undefined || ofGate === undefined
          ? null
          : (ofGate.features[name] as number) / unit,
      largest_loss: ofGate?.features.largestLossMicro ?? null,
      mean_win: ofGate?.features.meanWinMicro ?? null,
    }
  })
  const judgedMs = facts?.judged_at_ms ?? 0
  const told = yield* toldPurchases(wallet, judgedMs - personaWindowDays * dayMs, judgedMs)
  return [
    {
      title: "What its gates measured",
      says: [
        `Judged at ${when(facts?.judged_at_ms ?? null)}; the rows behind these numbers: why ${bytesToHex(wallet)}:numbers.`,
      ],
      rows,
    },
    { title: "When it traded", says: [], rows: facts === undefined ? [] : [{ ...facts }] },
    {
      title: "What it paid against the middle price",
      says: [
        `First purchases of the ${personaWindowDays} days before it was judged whose middle is told by trades of others; prices in millionths.`,
      ],
      rows: told.map(({ fill, ...row }) => ({ fill: bytesToBareHex(fill), ...row })),
    },
    {
      title: "How sure its persona is",
      says: [
        "By the numbers of the window it was given by, as the page says them and worked out again.",
      ],
      rows: numbers.flatMap(({ days, features }) =>
        sure === undefined || days !== personaWindowDays ? [] : [sureness(sure, features)],
      ),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

const sureness = (
  {
    persona,
    persona_confidence,
  }: { readonly persona: Persona; readonly persona_confidence: number },
  recent: Features,
): Readonly<Record<string, Cell>> => ({
  persona,
  closedLots: recent.closedLots,
  sharpe: recent.sharpe,
  observedDays: recent.observedDays,
  topMarketProfitShare: recent.topMarketProfitShare,
  said: persona_confidence,
  again: confidenceOf(persona, recent),
})

/** The number of a window that a reason measures. */
const ruleNumbers: Partial<Record<RulesReason, readonly [days: number, name: keyof Features]>> = {
  not_enough_trades_for_discovery: [30, "tradeCount"],
  passes_discovery: [30, "tradeCount"],
  too_active_for_discovery: [30, "tradesPerDay"],
  too_many_markets_for_discovery: [30, "uniqueMarkets"],
  holding_too_short_for_discovery: [30, "medianHoldMinutes"],
  size_profile_too_uneven: [30, "sizeCv"],
  bursty_or_speed_like: [30, "burstiness"],
  live_drawdown_breach: [90, "maxDrawdown"],
  live_theme_concentration: [30, "topDomainRatio"],
}

/** Where the others are taken from, in words. */
const ruleSources: Partial<Record<RulesReason, string>> = {
  not_enough_settled_copies: "copies below that settled within rules.evidence_window",
  copy_profit_too_low: "profit of these copies below ÷ their number",
  copies_earned: "profit of these copies below ÷ their number",
  waits_for_a_person: "profit of these copies below ÷ their number",
  copy_drawdown_too_high: "the deepest fall of rules.evidence_bankroll and their daily profit",
  copy_drawdown_breach: "the deepest fall of rules.evidence_bankroll and their daily profit",
  copies_lose: "profit of these copies below ÷ their number",
  live_inactive: "whole days since its last fill",
  live_style_drift: "numbers of 30 days against those of its approval",
  evidence_against: "local_fdr of its verdict",
  anomaly_win_rate: "winRate of 7 days against 90",
  anomaly_week_drawdown: "realizedMicro of 7 days ÷ capitalMicro",
  anomaly_pace: "tradesPerDay of 7 days over 90",
  anomaly_size: "the habit largestFill",
}

/** Judgements whose numbers are worked out again at most: each walks the whole ledger. */
const judgementsTraced = 5

interface Move {
  readonly at_ms: number
  readonly from_state: string
  readonly to_state: string
  readonly reason: RulesReason
  readonly metric: number | null
  readonly threshold: number | null
  readonly numbers_at_ms: number | null
}

/** By its judgement, what the number of a move's reason is when it is worked out again. */
const againOf = Effect.fnUntraced(function* (wallet: Uint8Array, moves: ReadonlyArray<Move>) {
  const windows = [7, 30, 90]
  const moments = moves.flatMap(({ numbers_at_ms: atMs, reason }) =>
    atMs === null || ruleNumbers[reason] === undefined ? [] : [atMs],
  )
  const found = new Map<number, ReadonlyMap<number, Features>>()
  for (const atMs of [...new Set(moments)].slice(0, judgementsTraced)) {
    found.set(atMs, yield* numbersAt(wallet, atMs, windows))
  }
  return ({ numbers_at_ms: atMs, reason }: Move): Cell => {
    const [days, name] = ruleNumbers[reason] ?? []
    return days === undefined || atMs === null
      ? null
      : ((found.get(atMs)?.get(days)?.[name!] as number | undefined) ?? null)
  }
})

const sourceOf = (reason: RulesReason): string => {
  const [days, name] = ruleNumbers[reason] ?? []
  return days === undefined ? (ruleSources[reason] ?? "") : `${name} of ${days} days`
}

export const traceRules = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const moves = yield* sql<Move>`SELECT at_ms, from_state, to_state, reason, metric, threshold,
      numbers_at_ms FROM rule_transitions WHERE wallet = ${wallet} ORDER BY id DESC LIMIT 20`
  if (moves.length === 0) return []
  const again = yield* againOf(wallet, moves)
  const fills = yield* sql<{ id: Uint8Array; at_ms: number; seen_at_ms: number }>`SELECT id, at_ms,
      seen_at_ms FROM trades WHERE wallet = ${wallet}
    ORDER BY at_ms DESC LIMIT ${settlementsTraced}`
  const settled = yield* sql<{ fill: Uint8Array } & Record<string, Cell>>`SELECT fill, pnl, cause,
      sold, sale_fee, at_ms FROM copy_settlements
    WHERE wallet = ${wallet} AND strategy = 'solo' ORDER BY at_ms DESC LIMIT ${settlementsTraced}`
  return [
    {
      title: "What its moves rest on",
      says: [
        `Money is in millionths. A number of a window is of the judgement at numbers_at, and is worked out again from the ledger as it was stored then, for the newest ${judgementsTraced}.`,
      ],
      rows: moves.map((move) => ({ ...move, again: again(move), from: sourceOf(move.reason) })),
    },
    {
      title: "What our solo copies of it earned",
      says: [
        `${plural(settled.length, "settlement")}, oldest first; of one fill there may be several.`,
      ],
      rows: settled.toReversed().map((row) => ({ ...row, fill: bytesToBareHex(row.fill) })),
    },
    {
      title: "Its fills, and when they were seen",
      says: [],
      rows: fills.toReversed().map((row) => ({ ...row, id: bytesToBareHex(row.id) })),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
