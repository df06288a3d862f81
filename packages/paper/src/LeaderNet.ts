/**
 * What a leader is known to hold of a token under a strategy: bought less sold, over the fills decided
 * so far. A sale asks for it, and adding all its fills up again would take longer with each of them.
 *
 * Promises: the sum is the one the rows give at that moment of the transaction. It is remembered only once
 * what it counts is committed: a move that is rolled back leaves nothing behind but a sum to be read again.
 * Limits: {@link mostKept} sums; then all are read again.
 */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Run } from "@evaluator/sqlite/InOneStep"
import type { Copy } from "./CopyRow.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

const mostKept = 4096

const keyOf = ({ fill, strategy }: Copy): string => `${strategy} ${fill.wallet} ${fill.token}`

const signedSize = ({ fill }: Copy): number => (fill.side === "BUY" ? fill.size : -fill.size)

export class LeaderNet {
  private readonly sums = new Map<string, number>()
  /** Tokens a move has touched that is not committed yet, or never will be, and the newest such move. */
  private readonly awaited = new Map<string, number>()
  private moves = 0

  /** In millionths of a share, the copy's own fill left out. */
  of(run: Run, copy: Copy): number {
    const key = keyOf(copy)
    const known = this.sums.get(key)
    if (known !== undefined) return known
    const [row] = run<{ net: number }>(
      `SELECT coalesce(sum(CASE side WHEN 'BUY' THEN leader_size ELSE -leader_size END), 0) AS net
        FROM copies WHERE strategy = ? AND wallet = ? AND token = ?
          AND state <> 'detected' AND fill_id <> ?`,
      copy.strategy,
      hexToBytes(copy.fill.wallet),
      tokenToBytes(copy.fill.token),
      hexToBytes(copy.fillId),
    )
    const { net } = row!
    // What this transaction itself has moved may be rolled back, and a decided copy counts for the others.
    if (!this.awaited.has(key) && copy.state === "detected") this.keep(key, net)
    return net
  }

  /** The copy leaves `detected` in the caller's transaction. */
  decided(sql: SqlClient.SqlClient, copy: Copy): Effect.Effect<void> {
    const key = keyOf(copy)
    const before = this.sums.get(key)
    const move = ++this.moves
    this.sums.delete(key)
    if (this.awaited.size >= mostKept) this.awaited.clear()
    this.awaited.set(key, move)
    return sql.afterCommit(
      Effect.sync(() => {
        if (this.awaited.get(key) !== move) return
        this.awaited.delete(key)
        if (before !== undefined) this.keep(key, before + signedSize(copy))
      }),
    )
  }

  private keep(key: string, sum: number) {
    if (this.sums.size >= mostKept) this.sums.clear()
    this.sums.set(key, sum)
  }
}
