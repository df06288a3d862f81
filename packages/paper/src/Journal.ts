/**
 * The journal of a book of paper money: transfers with their postings, and the balances they make.
 *
 * Promises: the entries of a transfer sum to zero in each currency; balances move with the postings
 * in one transaction and are checked after each, none below zero that may not be, and every currency
 * touched still summing to zero over the book. Otherwise the transaction dies and nothing happened.
 * Rows of transfers and postings are never changed.
 */
import { Array as Arr, Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, tokenToBytes } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { type Account, type Entry, neverNegative, unbalanced } from "@evaluator/domain/paper/Ledger"

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

/** Writes one transfer in the caller's transaction. */
export type Post = (head: TransferHead, entries: ReadonlyArray<Entry>) => Effect.Effect<Transferred>

export const makeJournal: Effect.Effect<Post, never, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient

    const writeTransfer = Effect.fnUntraced(function* (head: TransferHead) {
      const atMs = yield* Clock.currentTimeMillis
      const [row] = yield* sql<{ id: number }>`INSERT INTO transfers ${sql.insert({
        book: head.book,
        kind: head.kind,
        strategy: head.strategy,
        fill_id: head.fillId === null ? null : hexToBytes(head.fillId),
        at_ms: atMs,
        reason: head.reason,
      })} RETURNING id`
      return { id: row!.id, atMs }
    })

    /** The balances as they are after the entries, or death. */
    const checkBalances = Effect.fnUntraced(function* (
      book: string,
      what: string,
      tokens: ReadonlyArray<Uint8Array>,
      after: ReadonlyArray<{ readonly account: Account; readonly amount: number }>,
    ) {
      const below = after.find((row) => row.amount < 0 && neverNegative.has(row.account))
      if (below !== undefined) {
        return yield* Effect.die(
          new Error(`${what} would leave ${below.account} of ${book} at ${below.amount}`),
        )
      }
      const [off] = yield* sql<{ total: number }>`SELECT sum(amount) AS total FROM balances
        WHERE book = ${book} AND ${sql.in("token", tokens)}
        GROUP BY token HAVING total <> 0 LIMIT 1`
      if (off !== undefined) {
        return yield* Effect.die(
          new Error(`after ${what} the balances of ${book} are off by ${off.total}`),
        )
      }
    })

    return Effect.fnUntraced(function* (head, entries) {
      const wrong = unbalanced(entries)
      if (wrong.length > 0 || !Arr.isReadonlyArrayNonEmpty(entries)) {
        return yield* Effect.die(new Error(`a ${head.kind} does not balance in ${wrong.join()}`))
      }
      const transferred = yield* writeTransfer(head)
      const rows = Arr.map(entries, ({ account, token, amount }) => ({
        account,
        token: token === null ? usdcToken : tokenToBytes(token),
        amount,
      }))
      const postings = Arr.map(rows, (row) => ({ transfer_id: transferred.id, ...row }))
      const changes = Arr.map(rows, (row) => ({ book: head.book, ...row }))
      yield* sql`INSERT INTO postings ${sql.insert(postings)}`
      const after = yield* sql<{ account: Account; amount: number }>`
        INSERT INTO balances ${sql.insert(changes)}
        ON CONFLICT (book, token, account) DO UPDATE SET amount = balances.amount + excluded.amount
        RETURNING account, amount`
      yield* checkBalances(
        head.book,
        `transfer ${transferred.id} (${head.kind})`,
        rows.map((row) => row.token),
        after,
      )
      return transferred
    }, Effect.orDie)
  },
)
