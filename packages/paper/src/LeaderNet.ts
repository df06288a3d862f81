/**
 * What a leader is known to hold of a token under a strategy: bought less sold, over the fills decided
 * so far, without those that failed. A sale asks for it, and adding all its fills up again would take
 * longer with each of them.
 *
 * Limits: {@link mostKept} sums; then all are read again.
 */
import type { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Run } from "@evaluator/sqlite/InOneStep"
import { RememberedReads } from "@evaluator/sqlite/RememberedReads"
import type { Copy } from "./CopyRow.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

const mostKept = 4096

const keyOf = ({ fill, strategy }: Copy): string => `${strategy} ${fill.wallet} ${fill.token}`

const signedSize = ({ fill }: Copy): number => (fill.side === "BUY" ? fill.size : -fill.size)

export class LeaderNet {
  private readonly sums = new RememberedReads<number>(mostKept)

  /** In millionths of a share, the copy's own fill left out. */
  of(run: Run, copy: Copy): number {
    const key = keyOf(copy)
    const known = this.sums.known(key)
    if (known !== undefined) return known
    const [row] = run<{ net: number }>(
      `SELECT coalesce(sum(CASE side WHEN 'BUY' THEN leader_size ELSE -leader_size END), 0) AS net
        FROM copies WHERE strategy = ? AND wallet = ? AND token = ?
          AND state <> 'detected' AND fill_id <> ? AND NOT (detected_via = 'feed' AND EXISTS (
            SELECT 1 FROM streamed_fills s
            WHERE s.fill_id = copies.fill_id AND s.state <> 'announced'))`,
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
