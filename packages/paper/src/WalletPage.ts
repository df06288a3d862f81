/**
 * How copying one wallet went: its follows and how far they are known, outcomes, open shares, profit.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToToken, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { makeLatency } from "./Latency.ts"

/** Most rows of open lots shown. */
export const lotsShown = 50

export const makeWalletPage = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const latency = yield* makeLatency

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
        says: [
          `It is ${follows[0]!.to_ms === null ? "followed now" : "no longer followed"}; ${follows.length} follow${follows.length === 1 ? "" : "s"} in all.`,
        ],
        rows: follows,
      },
      {
        title: "Copies",
        says: Strategy.literals
          .filter((one) => outcomes.some((row) => row.strategy === one))
          .map(story),
        rows: outcomes.map((row) => ({ ...row })),
      },
      {
        title: "How fast",
        says: hops.map(
          ({ hop, copies, p50, p99 }) =>
            `${hop}: ${p50 / 1000} s in the median, ${p99 / 1000} s at the 99th percentile of ${copies}.`,
        ),
        rows: hops.map((hop) => ({ ...hop })),
      },
      {
        title: "Open shares",
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
