/**
 * Chosen on one span, judged on the next: what our settled solo copies earned of purchases that wallets
 * made while they were FOLLOW, beside those of all others since the first FOLLOW was said, and beside as
 * many wallets drawn at random, each over the spans of the one it stands for.
 *
 * Drawn are wallets of which a copy of a purchase within those spans settled; the newest judgement seeds
 * the draws, so they stay until there is another. One wallet's copies are held in memory at a time.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { chanceFrom } from "@evaluator/judgement/Controls"
import type { JudgementSettings } from "@evaluator/judgement/Settings"

export interface EarnedSince {
  readonly wallets: number
  readonly copies: number
  /** Profit per dollar that the copies cost. */
  readonly rate: number
}

/** Profit per dollar of as many wallets at random: over all draws, and where 80 % of them lie. */
export interface DrawnSince {
  readonly draws: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

export interface OutOfTime {
  readonly followed: EarnedSince | null
  readonly others: EarnedSince | null
  /** Null without a followed wallet that has a settled copy. */
  readonly random: DrawnSince | null
}

interface Span {
  readonly fromMs: number
  /** Not in it any more; infinite while it lasts. */
  readonly toMs: number
}

interface Earned {
  readonly copies: number
  readonly cost: number
  readonly pnl: number
}

const nothing: Earned = { copies: 0, cost: 0, pnl: 0 }

const plus = (a: Earned, b: Earned): Earned => ({
  copies: a.copies + b.copies,
  cost: a.cost + b.cost,
  pnl: a.pnl + b.pnl,
})

/** By wallet, when it was FOLLOW. */
const followSpans = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ wallet: Uint8Array; at_ms: number; until_ms: number | null }>`
    SELECT wallet, at_ms, until_ms FROM verdicts WHERE verdict = 'FOLLOW' ORDER BY at_ms, id`
  const spans = new Map<string, Array<Span>>()
  for (const { at_ms: fromMs, until_ms: untilMs, wallet } of rows) {
    const name = bytesToHex(wallet)
    const span = { fromMs, toMs: untilMs ?? Number.POSITIVE_INFINITY }
    const known = spans.get(name)
    if (known === undefined) spans.set(name, [span])
    else known.push(span)
  }
  return spans
})

/** What settled copies of a wallet's purchases from `fromMs` on earned within spans. */
const earnedBy = Effect.fnUntraced(function* (wallet: Uint8Array, fromMs: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ at_ms: number; cost: number; pnl: number }>`
    SELECT c.leader_at_ms AS at_ms, c.cost, e.pnl FROM copy_results c
    JOIN (SELECT fill, sum(pnl) AS pnl FROM copy_settlements
      WHERE wallet = ${wallet} AND strategy = 'solo' GROUP BY fill) e ON e.fill = c.fill
    WHERE c.wallet = ${wallet} AND c.strategy = 'solo' AND c.leader_at_ms >= ${fromMs}
      AND c.outcome = 'COPIED' AND c.side = 'BUY' AND c.cost > 0
    ORDER BY c.leader_at_ms`
  /** All before the row of the same place. */
  const before: Array<Earned> = [nothing]
  for (const { cost, pnl } of rows) before.push(plus(before.at(-1)!, { copies: 1, cost, pnl }))
  const placeOf = (ms: number): number => {
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (rows[middle]!.at_ms < ms) low = middle + 1
      else high = middle
    }
    return low
  }
  return (spans: ReadonlyArray<Span>): Earned => {
    let sum = nothing
    for (const { fromMs: from, toMs } of spans) {
      const [first, end] = [before[placeOf(from)]!, before[placeOf(toMs)]!]
      sum = plus(sum, {
        copies: end.copies - first.copies,
        cost: end.cost - first.cost,
        pnl: end.pnl - first.pnl,
      })
    }
    return sum
  }
})

const totalOf = (parts: ReadonlyArray<Earned>): EarnedSince | null => {
  const { copies, cost, pnl } = parts.reduce(plus, nothing)
  return copies === 0 ? null : { wallets: parts.length, copies, rate: pnl / cost }
}

/** `stands`: for each followed wallet, what every wallet that may stand for it earned. */
const drawn = (
  stands: ReadonlyArray<ReadonlyArray<Earned>>,
  rounds: number,
  chance: () => number,
): DrawnSince | null => {
  if (stands.length === 0 || rounds === 0) return null
  const rates = Array.from({ length: rounds }, () => {
    const { cost, pnl } = stands
      .map((some) => some[Math.floor(chance() * some.length)]!)
      .reduce(plus, nothing)
    return pnl / cost
  }).toSorted((a, b) => a - b)
  return {
    draws: rounds,
    mean: rates.reduce((sum, rate) => sum + rate, 0) / rounds,
    low: rates[Math.floor(0.1 * rounds)]!,
    high: rates[Math.floor(0.9 * rounds)]!,
  }
}

export const readOutOfTime: Effect.Effect<OutOfTime, never, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const spans = yield* followSpans
    const [model] = yield* sql<{ id: number; settings: string }>`SELECT id, settings
      FROM skill_models ORDER BY id DESC LIMIT 1`
    if (spans.size === 0 || model === undefined) {
      return { followed: null, others: null, random: null }
    }
    const fromMs = Math.min(...[...spans.values()].map(([first]) => first!.fromMs))
    const copied = yield* sql<{ wallet: Uint8Array }>`SELECT DISTINCT wallet FROM copy_results
      WHERE strategy = 'solo' AND outcome = 'COPIED' AND leader_at_ms >= ${fromMs}
      ORDER BY wallet`
    const [followed, others]: [Array<Earned>, Array<Earned>] = [[], []]
    const stands = new Map([...spans.keys()].map((name) => [name, [] as Array<Earned>] as const))
    const chosen: Array<string> = []
    for (const { wallet } of copied) {
      const earned = yield* earnedBy(wallet, fromMs)
      const name = bytesToHex(wallet)
      const own = earned(spans.get(name) ?? [])
      const all = earned([{ fromMs, toMs: Number.POSITIVE_INFINITY }])
      if (own.copies > 0) {
        followed.push(own)
        chosen.push(name)
      }
      if (all.copies > own.copies) {
        others.push({
          copies: all.copies - own.copies,
          cost: all.cost - own.cost,
          pnl: all.pnl - own.pnl,
        })
      }
      for (const [stood, some] of stands) {
        const instead = earned(spans.get(stood)!)
        if (instead.copies > 0) some.push(instead)
      }
    }
    const { randomRounds, seed } = JSON.parse(model.settings) as JudgementSettings
    return {
      followed: totalOf(followed),
      others: totalOf(others),
      random: drawn(
        chosen.map((name) => stands.get(name)!),
        randomRounds,
        chanceFrom(`out of time ${model.id}`, seed),
      ),
    }
  },
).pipe(Effect.orDie)

const rateOf = (rate: number): string => `${(100 * rate).toFixed(1)} %`

const earned = ({ copies, rate, wallets }: EarnedSince): string =>
  `${copies} settled copies of ${wallets} wallets earned ${rateOf(rate)}`

export const outOfTimeSays = ({ followed, others, random }: OutOfTime): string =>
  followed === null
    ? "Out of time: no copy of a purchase made while its wallet was FOLLOW has settled yet."
    : `Out of time, of purchases made while their wallet was FOLLOW ${earned(followed)} of their cost; ${
        random === null
          ? ""
          : `as many wallets at random over the same spans earned ${rateOf(random.mean)}, ${rateOf(random.low)} to ${rateOf(random.high)} in 80 % of ${random.draws} draws; `
      }of all others since ${others === null ? "none has settled" : earned(others)}.`
