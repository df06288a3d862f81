/**
 * Chosen on one span, judged on the next: what our settled solo copies earned of purchases that wallets
 * made while they were FOLLOW, beside those of all others since the first FOLLOW was said.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export interface EarnedSince {
  readonly wallets: number
  readonly copies: number
  /** Profit per dollar that the copies cost. */
  readonly rate: number
}

export interface OutOfTime {
  readonly followed: EarnedSince | null
  readonly others: EarnedSince | null
}

export const readOutOfTime: Effect.Effect<OutOfTime, never, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ followed: 0 | 1; rate: number; copies: number; wallets: number }>`
      WITH earned AS (SELECT fill, sum(pnl) AS pnl FROM copy_settlements
        WHERE strategy = 'solo' GROUP BY fill)
      SELECT EXISTS (SELECT 1 FROM verdicts v WHERE v.wallet = c.wallet AND v.verdict = 'FOLLOW'
          AND v.at_ms <= c.leader_at_ms AND (v.until_ms IS NULL OR v.until_ms > c.leader_at_ms))
          AS followed, sum(e.pnl) * 1.0 / sum(c.cost) AS rate, count(*) AS copies,
        count(DISTINCT c.wallet) AS wallets
      FROM copy_results c JOIN earned e ON e.fill = c.fill
      WHERE c.strategy = 'solo' AND c.outcome = 'COPIED' AND c.side = 'BUY' AND c.cost > 0
        AND c.leader_at_ms >= (SELECT min(at_ms) FROM verdicts WHERE verdict = 'FOLLOW')
      GROUP BY 1`
    const of = (followed: 0 | 1): EarnedSince | null => {
      const row = rows.find((one) => one.followed === followed)
      return row === undefined ? null : { wallets: row.wallets, copies: row.copies, rate: row.rate }
    }
    return { followed: of(1), others: of(0) }
  },
).pipe(Effect.orDie)

const earned = ({ copies, rate, wallets }: EarnedSince): string =>
  `${copies} settled copies of ${wallets} wallets earned ${(100 * rate).toFixed(1)} %`

export const outOfTimeSays = ({ followed, others }: OutOfTime): string =>
  followed === null
    ? "Out of time: no copy of a purchase made while its wallet was FOLLOW has settled yet."
    : `Out of time, of purchases made while their wallet was FOLLOW ${earned(followed)} of their cost; of all others since ${others === null ? "none has settled" : earned(others)}.`
