/**
 * How copying one wallet went: its follows and how far they are known, outcomes, open shares, profit.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToToken, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { makeEquityCurve } from "./EquityCurve.ts"
import { fidelityDays, makeFidelity } from "./Fidelity.ts"
import { makeLatencyCurve } from "./LatencyCurve.ts"
import { makeLatency } from "./Latency.ts"

/** Days of the curve shown. */
const daysOfCurve = 30

/** Most rows of open lots shown. */
export const lotsShown = 50

const percent = (part: number): string => `${Math.round(part * 10_000) / 100} %`

export const makeWalletPage = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const latency = yield* makeLatency
  const fidelityOf = yield* makeFidelity
  const curveOf = yield* makeEquityCurve
  const laterOf = yield* makeLatencyCurve

  const wallet = Effect.fnUntraced(function* (address: WalletAddress) {
    const id = hexToBytes(address)
    const follows = yield* sql<Record<string, Cell>>`SELECT f.from_ms, f.to_ms, f.state, f.persona,
        w.complete_through_ms, w.next_poll_at_ms, w.polls, w.attempts, w.error
      FROM follows f JOIN watches w ON w.wallet = f.wallet AND w.from_ms = f.from_ms
      WHERE f.wallet = ${id} ORDER BY f.from_ms DESC`
    if (follows.length === 0) return []
    const outcomes = yield* sql<{ strategy: string; outcome: string; copies: number }>`
      SELECT strategy, coalesce(outcome, 'in flight') AS outcome, count(*) AS copies FROM copies
      WHERE wallet = ${id} GROUP BY strategy, outcome ORDER BY strategy, copies DESC`
    const lots = yield* sql<{
      token: Uint8Array
      open_size: number
      open_cost: number
      strategy: string
    }>`
      SELECT strategy, token, open_size, open_cost FROM lots
      WHERE wallet = ${id} AND open_size > 0 ORDER BY id LIMIT ${lotsShown}`
    const results = yield* sql<{ strategy: Strategy; pnl: number }>`
      SELECT CASE instr(book, ':') WHEN 0 THEN book ELSE substr(book, 1, instr(book, ':') - 1) END
        AS strategy, sum(pnl) AS pnl FROM results WHERE wallet = ${id} GROUP BY 1`
    const hops = yield* latency("portfolio", id)
    const { copied, fills, receipts } = yield* fidelityOf("solo", address)
    const curve = yield* curveOf("solo", address)
    const last = curve.at(-1)
    const later = yield* laterOf(address)
    const story = (strategy: Strategy) => {
      const its = outcomes.filter((row) => row.strategy === strategy)
      const copied = its.find((row) => row.outcome === "COPIED")?.copies ?? 0
      const all = its.reduce((total, row) => total + row.copies, 0)
      const pnl = results.find((row) => row.strategy === strategy)?.pnl ?? 0
      return `${strategy}: of ${all} fills made while it was followed, ${copied} were copied; the shares that are gone made ${formatMicro(pnl)} USDC after fees.`
    }
    const sections: ReadonlyArray<Section> = [
      {
        title: "Followed by the fast lane",
        why: `${address}:watch`,
        says: [
          `It is ${follows[0]!.to_ms === null ? "followed now" : "no longer followed"}; ${follows.length} follow${follows.length === 1 ? "" : "s"} in all.`,
        ],
        rows: follows,
      },
      {
        title: "Copies",
        why: `${address}:copies`,
        says: Strategy.literals
          .filter((one) => outcomes.some((row) => row.strategy === one))
          .map(story),
        rows: outcomes.map((row) => ({ ...row })),
      },
      {
        title: "How close",
        why: `${address}:copies`,
        says: [
          fills === 0
            ? `It made no fill in the last ${fidelityDays} days.`
            : `Of its ${fills} fills of the last ${fidelityDays} days its own book (solo) copied ${copied}: a fidelity of ${Math.round((copied / fills) * 1000) / 10} %.`,
          ...receipts.map(
            (one) =>
              `${one.side === "BUY" ? "A share bought cost" : "A share sold brought"} us ${one.slippage_usdc_per_share} USDC ${one.side === "BUY" ? "more" : "less"} than the leader, and ${one.fee_usdc_per_share} of fee; the receipts leave ${one.remainder_usdc}.`,
          ),
        ],
        rows: receipts.map((one) => ({ ...one })),
      },
      {
        title: "What its own book made",
        why: `${address}:results`,
        says:
          last === undefined
            ? ["Nothing of it has settled."]
            : [
                `${percent(last.return)} of its capital, ${percent(last.drawdown)} below its highest; at the leader's prices ${percent(last.leaders_return)}, in cash 0 %, all followed wallets in the mean ${percent(last.followed_return ?? last.return)}.`,
              ],
        rows: curve.slice(-daysOfCurve).map((one) => ({ ...one })),
      },
      {
        title: "Had we been slower",
        why: `${address}:later`,
        says:
          later.length === 0
            ? ["No settled purchase of it was looked at again later."]
            : later.map(
                (one) =>
                  `${one.after_ms / 1000} s later ${one.purchases} settled purchases would have made ${one.pnl_usdc} USDC instead of ${one.pnl_now_usdc}; ${one.missed} would have got nothing.`,
              ),
        rows: later.map((one) => ({ ...one })),
      },
      {
        title: "How fast",
        why: `${address}:copies`,
        says: hops.map(
          ({ hop, copies, p50, p99 }) =>
            `${hop}: ${p50 / 1000} s in the median, ${p99 / 1000} s at the 99th percentile of ${copies}.`,
        ),
        rows: hops.map((hop) => ({ ...hop })),
      },
      {
        title: "Open shares",
        why: `${address}:lots`,
        says: [
          lots.length === 0 ? "Nothing of it is held." : `${lots.length} lots of it are held.`,
        ],
        rows: lots.map((row) => ({ ...row, token: bytesToToken(row.token) })),
      },
    ]
    return sections
  }, Effect.orDie)

  return { wallet }
})
