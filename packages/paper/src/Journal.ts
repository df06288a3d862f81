/**
 * The journal of a book of paper money: transfers with their postings, and the balances they make.
 *
 * Promises: the entries of a transfer sum to zero in each currency; balances move with the postings
 * in one transaction and are checked after each, none below zero that may not be, and every currency
 * touched still summing to zero over the book. Otherwise it throws, and the transaction dies with it.
 * Rows of transfers and postings are never changed.
 */
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { type Account, type Entry, neverNegative, unbalanced } from "@evaluator/domain/paper/Ledger"
import type { Run } from "@evaluator/sqlite/InOneStep"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

/** USDC in tables that also name tokens. */
export const usdcToken = new Uint8Array(0)

export interface TransferHead {
  readonly book: string
  readonly strategy: Strategy
  readonly kind: "fund" | "reserve" | "promise" | "void" | "buy" | "sell" | "payout"
  readonly fillId: string | null
  readonly reason: string | null
}

/** Where and when a transfer was written. */
export interface Transferred {
  readonly id: number
  readonly atMs: number
}

const listOf = (count: number, one: string): string =>
  Array.from({ length: count }, () => one).join()

const textsFor = (entries: number) => ({
  postings: `INSERT INTO postings (transfer_id, account, token, amount)
    VALUES ${listOf(entries, "(?, ?, ?, ?)")}`,
  balances: `INSERT INTO balances (book, account, token, amount)
    VALUES ${listOf(entries, "(?, ?, ?, ?)")}
    ON CONFLICT (book, token, account) DO UPDATE SET amount = balances.amount + excluded.amount
    RETURNING account, amount`,
  off: `SELECT sum(amount) AS total FROM balances
    WHERE book = ? AND token IN (${listOf(entries, "?")})
    GROUP BY token HAVING total <> 0 LIMIT 1`,
})

/** By the number of entries: there are few. */
const texts = new Map<number, ReturnType<typeof textsFor>>()
const textsOf = (entries: number) => {
  const known = texts.get(entries) ?? textsFor(entries)
  texts.set(entries, known)
  return known
}

/** Writes one transfer in the caller's transaction. */
export const post = (
  run: Run,
  head: TransferHead,
  entries: ReadonlyArray<Entry>,
  atMs: number,
): Transferred => {
  const { book, kind } = head
  const wrong = unbalanced(entries)
  if (wrong.length > 0 || entries.length === 0) {
    throw new Error(`a ${kind} does not balance in ${wrong.join()}`)
  }
  const [transfer] = run<{ id: number }>(
    `INSERT INTO transfers (book, kind, strategy, fill_id, at_ms, reason)
      VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
    book,
    kind,
    head.strategy,
    head.fillId === null ? null : hexToBytes(head.fillId),
    atMs,
    head.reason,
  )
  const { id } = transfer!
  const text = textsOf(entries.length)
  const tokens = entries.map(({ token }) => (token === null ? usdcToken : tokenToBytes(token)))
  const rowsOf = (first: number | string) =>
    entries.flatMap(({ account, amount }, index) => [first, account, tokens[index], amount])
  run(text.postings, ...rowsOf(id))
  const after = run<{ account: Account; amount: number }>(text.balances, ...rowsOf(book))
  const what = `transfer ${id} (${kind})`
  const below = after.find((row) => row.amount < 0 && neverNegative.has(row.account))
  if (below !== undefined) {
    throw new Error(`${what} would leave ${below.account} of ${book} at ${below.amount}`)
  }
  const [off] = run<{ total: number }>(text.off, book, ...tokens)
  if (off !== undefined) {
    throw new Error(`after ${what} the balances of ${book} are off by ${off.total}`)
  }
  return { id, atMs }
}
