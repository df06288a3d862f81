/**
 * What the last judgement read of each wallet, so that the next one reads only what changed.
 *
 * Who writes a wallet's first purchases or copies says so here, and they are read again. Only what was
 * read whole is remembered, and only for later moments; nothing is stored, after a start all is read
 * once. Limits: `verdicts.remembered_rows` of either kind of all wallets together, 18 bytes a purchase
 * and 36 a copy; the rows of further wallets are read at each judgement. The names of all conditions met
 * come on top.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import {
  type CopyColumns,
  type PurchaseColumns,
  readCopies,
  readPurchases,
} from "../stores/JudgedRows.ts"

interface Remembered<A> {
  readonly rows: A
  readonly asOfMs: number
}

interface Rows {
  readonly market: Uint32Array
  readonly whole: boolean
}

/** One kind of rows by wallet. */
class Kept<A extends Rows> {
  readonly wallets = new Map<string, Remembered<A>>()
  size = 0
  /** Times that something was written: what is read meanwhile may be old. */
  writes = 0

  forget(wallet: string): void {
    this.writes += 1
    this.size -= this.wallets.get(wallet)?.rows.market.length ?? 0
    this.wallets.delete(wallet)
  }

  at(wallet: string, asOfMs: number): A | null {
    const known = this.wallets.get(wallet)
    return known !== undefined && known.asOfMs <= asOfMs ? known.rows : null
  }

  keep(wallet: string, rows: A, asOfMs: number, most: number): void {
    const size = this.size - (this.wallets.get(wallet)?.rows.market.length ?? 0)
    if (!rows.whole || size + rows.market.length > most) return
    this.size = size + rows.market.length
    this.wallets.set(wallet, { rows, asOfMs })
  }
}

/** Of one file. */
class Memory {
  readonly purchases = new Kept<PurchaseColumns>()
  readonly copies = new Kept<CopyColumns>()
  /** Conditions by number, and their numbers. */
  readonly conditions: Array<string> = []
  private readonly numbers = new Map<string, number>()
  readonly numberOf = (condition: Uint8Array): number => {
    const name = bytesToHex(condition)
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    this.numbers.set(name, this.conditions.length)
    return this.conditions.push(name) - 1
  }
}

const files = new WeakMap<SqlClient.SqlClient, Memory>()

const memory = Effect.map(SqlClient.SqlClient, (sql) => {
  const known = files.get(sql)
  if (known !== undefined) return known
  const fresh = new Memory()
  files.set(sql, fresh)
  return fresh
})

/** First purchases of the wallet were written; a copy's middle price hangs on them, too. */
export const purchasesWritten = (wallet: Uint8Array) =>
  Effect.map(memory, ({ copies, purchases }) => {
    purchases.forget(bytesToHex(wallet))
    copies.forget(bytesToHex(wallet))
  })

/** Solo copies of the wallet were written. */
export const copiesWritten = (wallet: Uint8Array) =>
  Effect.map(memory, ({ copies }) => copies.forget(bytesToHex(wallet)))

/** Names of all conditions met so far, by number. */
export const conditionsMet: Effect.Effect<
  ReadonlyArray<string>,
  never,
  SqlClient.SqlClient
> = Effect.map(memory, ({ conditions }) => conditions)

const recalled = Effect.fnUntraced(function* <A extends Rows>(
  kept: Kept<A>,
  wallet: Uint8Array,
  asOfMs: number,
  read: Effect.Effect<A, never, SqlClient.SqlClient>,
) {
  const name = bytesToHex(wallet)
  const known = kept.at(name, asOfMs)
  if (known !== null) return known
  const { writes } = kept
  const rows = yield* read
  const { verdicts } = yield* EvaluationSettings
  if (kept.writes === writes) kept.keep(name, rows, asOfMs, verdicts.remembered_rows)
  return rows
})

/** A wallet's rows as they were visible at a moment. */
export const rowsOf = Effect.fnUntraced(function* (wallet: Uint8Array, asOfMs: number) {
  const { copies, numberOf, purchases } = yield* memory
  return {
    purchases: yield* recalled(purchases, wallet, asOfMs, readPurchases(wallet, asOfMs, numberOf)),
    copies: yield* recalled(copies, wallet, asOfMs, readCopies(wallet, asOfMs, numberOf)),
  }
})
