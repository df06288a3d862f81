/**
 * Values read from rows, remembered for as long as the rows stand: for what is asked many times between
 * two changes.
 *
 * Promises: a value is what the rows give at that moment of the transaction, and is remembered only while
 * nothing that was written about its key is uncommitted. Whoever writes such rows says so by `touched`, in
 * its transaction; one rolled back leaves nothing behind but a value to be read again.
 * Limits: `most` values; then all are read again.
 */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"

export class RememberedReads<V> {
  private readonly values = new Map<string, V>()
  /** Keys that a write has touched which is not committed yet, or never will be, and the newest such write. */
  private readonly awaited = new Map<string, number>()
  private readonly most: number
  private written = 0

  constructor(most: number) {
    this.most = most
  }

  known(key: string): V | undefined {
    return this.values.get(key)
  }

  /** Grows with every write. */
  get writes(): number {
    return this.written
  }

  /** Remembers what was read since `writes` was what it is given as; now, in one step, when absent. */
  keep(key: string, value: V, since = this.written): V {
    if (this.awaited.has(key) || since !== this.written) return value
    if (this.values.size >= this.most) this.values.clear()
    this.values.set(key, value)
    return value
  }

  /** Rows of the key are written in the caller's transaction; `next` says what a value known before becomes. */
  touched(sql: SqlClient.SqlClient, key: string, next?: (before: V) => V): Effect.Effect<void> {
    const before = this.values.get(key)
    const write = ++this.written
    this.values.delete(key)
    if (this.awaited.size >= this.most) this.awaited.clear()
    this.awaited.set(key, write)
    return sql.afterCommit(
      Effect.sync(() => {
        if (this.awaited.get(key) !== write) return
        this.awaited.delete(key)
        if (before !== undefined && next !== undefined) this.keep(key, next(before))
      }),
    )
  }
}
