/**
 * How copying one wallet went: its follows and how far they are known, outcomes, open shares, profit.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToToken, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { Cell, Section } from "@evaluator/domain/report/Section"

/** Most rows of open lots shown. */
export const lotsShown = 50

export const makeWalletPage = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

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
    const [result] = yield* sql<{ pnl: number }>`SELECT coalesce(sum(pnl), 0) AS pnl FROM results
      WHERE wallet = ${id}`
    const copied = outcomes.find((row) => row.outcome === "COPIED")?.copies ?? 0
    const all = outcomes.reduce((total, row) => total + row.copies, 0)
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
        says: [
          `Of ${all} fills made while it was followed, ${copied} were copied.`,
          `The shares that are gone made ${formatMicro(result!.pnl)} USDC after fees.`,
        ],
        rows: outcomes.map((row) => ({ ...row })),
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
