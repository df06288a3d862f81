/**
 * What a leader is known to hold of a token under a strategy: bought less sold and given up, over the
 * fills and exits decided so far, without those that failed. A sale asks for it, and adding all its fills up again would take
 * longer with each of them.
 *
 * Limits: {@link mostKept} sums; then all are read again.
 */
import type { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { TokenId, WalletAddress } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { Run } from "@evaluator/sqlite/InOneStep"
import { RememberedReads } from "@evaluator/sqlite/RememberedReads"
import type { Copy } from "./CopyRow.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

const mostKept = 4096

const keyOf = ({ fill, strategy }: Copy): string => `${strategy} ${fill.wallet} ${fill.token}`

const signedSize = ({ fill }: Copy): number => (fill.side === "BUY" ? fill.size : -fill.size)

/** SQL over a row of `copies`: what it adds to what its leader is known to hold. */
const change = `CASE WHEN state = 'detected' OR (detected_via = 'feed' AND EXISTS (
    SELECT 1 FROM streamed_fills s
    WHERE s.fill_id = copies.fill_id AND s.state <> 'announced')) THEN 0
  WHEN side = 'BUY' THEN leader_size ELSE -leader_size END`

/** A token that a leader is known to hold under a strategy. */
export interface LeaderToken {
  readonly strategy: Strategy
  readonly condition_id: Uint8Array
  readonly token: Uint8Array
  readonly outcome_index: number
}

/**
 * Which of the tokens the wallet is known to have held at `atMs`, by strategy; not one of which a purchase
 * made by then is on its way, for nobody knows yet whether we hold any of it.
 */
export const leaderHeldAt = (
  run: Run,
  strategies: ReadonlyArray<Strategy>,
  {
    atMs,
    tokens,
    wallet,
  }: {
    readonly wallet: WalletAddress
    readonly tokens: ReadonlyArray<TokenId>
    readonly atMs: number
  },
): ReadonlyArray<LeaderToken> =>
  run<LeaderToken>(
    `SELECT strategy, condition_id, token, outcome_index FROM copies
      WHERE strategy IN (${strategies.map(() => "?").join()}) AND wallet = ?
        AND token IN (${tokens.map(() => "?").join()}) AND leader_at_ms <= ?
      GROUP BY strategy, token HAVING sum(${change}) > 0 AND NOT max(side = 'BUY'
        AND state IN ('detected', 'reviewed', 'reserved', 'priced', 'compensating'))
      ORDER BY strategy, outcome_index`,
    ...strategies,
    hexToBytes(wallet),
    ...tokens.map(tokenToBytes),
    atMs,
  )

const boughtSince = (run: Run, { fill, strategy }: Copy): number => {
  const [row] = run<{ size: number }>(
    `SELECT coalesce(sum(${change}), 0) AS size FROM copies
      WHERE strategy = ? AND wallet = ? AND token = ? AND leader_at_ms > ? AND side = 'BUY'`,
    strategy,
    hexToBytes(fill.wallet),
    tokenToBytes(fill.token),
    fill.atMs,
  )
  return row!.size
}

export class LeaderNet {
  private readonly sums = new RememberedReads<number>(mostKept)

  /** In millionths of a share, the copy's own fill left out; of an exit also what was bought after it. */
  of(run: Run, copy: Copy): number {
    return this.inAll(run, copy) - (copy.origin === "fill" ? 0 : boughtSince(run, copy))
  }

  private inAll(run: Run, copy: Copy): number {
    const key = keyOf(copy)
    const known = this.sums.known(key)
    if (known !== undefined) return known
    const [row] = run<{ net: number }>(
      `SELECT coalesce(sum(${change}), 0) AS net
        FROM copies WHERE strategy = ? AND wallet = ? AND token = ? AND fill_id <> ?`,
      copy.strategy,
      hexToBytes(copy.fill.wallet),
      tokenToBytes(copy.fill.token),
      hexToBytes(copy.fillId),
    )
    const { net } = row!
    // One that is decided already counts for the others.
    return copy.state === "detected" ? this.sums.keep(key, net) : net
  }

  /** The copy leaves `detected` in the caller's transaction. */
  decided(sql: SqlClient.SqlClient, copy: Copy): Effect.Effect<void> {
    return this.sums.touched(sql, keyOf(copy), (before) => before + signedSize(copy))
  }

  /** The fill of a decided copy is marked as failed in the caller's transaction. */
  failed(sql: SqlClient.SqlClient, copy: Copy): Effect.Effect<void> {
    return this.sums.touched(sql, keyOf(copy), (before) => before - signedSize(copy))
  }
}
