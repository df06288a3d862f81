/**
 * The only writer of paper money: reservations, lots and closings, each with its transfer in the
 * journal ({@link makeJournal}).
 *
 * Promises: a reservation is a pending transfer that is posted by the fill or voided by the undo,
 * once; shares leave their lots first in, first out, by wallet; what a sale or payout closes is
 * booked with it. What would break the ledger dies, and the caller's transaction with it.
 * Does not: decide anything, or move a copy's state. Every method runs in the caller's transaction.
 */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToBareHex,
  type ConditionId,
  hexToBytes,
  type TokenId,
  tokenToBytes,
  type WalletAddress,
} from "@evaluator/domain/Id"
import type { Walk } from "@evaluator/domain/market/BookWalk"
import { proceeds, shares, type Price } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { utcDay } from "@evaluator/domain/paper/Gates"
import {
  type Closing,
  closeLots,
  fundEntries,
  type Lot,
  payoutEntries,
  promiseSharesEntries,
  purchaseEntries,
  reserveCashEntries,
  saleEntries,
} from "@evaluator/domain/paper/Ledger"
import type { Copy, CopyKey } from "./CopyRow.ts"
import { makeJournal, type TransferHead } from "./Journal.ts"

/** A copy whose shares were closed, wholly or in part. */
export interface ClosedCopy extends CopyKey {
  readonly wallet: WalletAddress
  readonly pnl: number
  /** None of its shares are left. */
  readonly last: boolean
}

export interface OpenLot extends Lot, CopyKey {
  readonly book: string
  readonly wallet: WalletAddress
  readonly token: TokenId
  readonly outcomeIndex: number
}

interface Reservation {
  readonly id: number
  readonly token: TokenId
  readonly theme: string
  readonly cash: number
  readonly size: number
}

export class PaperBook extends Context.Service<
  PaperBook,
  {
    /** Grows with every transfer of a book, also one rolled back: while it stands, so does its money. */
    readonly version: (book: string) => number
    /** Sets the balances of a book to the sums of their postings, which are the truth. */
    readonly rebuildBalances: (book: string) => Effect.Effect<void>
    /** Puts the bankroll into a book that has none yet. */
    readonly fund: (book: string, strategy: Strategy, amount: number) => Effect.Effect<void>
    /** Promises cash to a purchase; `exposure` is the part that counts against the caps. */
    readonly reserveCash: (
      copy: Copy,
      order: { readonly theme: string; readonly cash: number; readonly exposure: number },
    ) => Effect.Effect<number>
    /** Promises shares to a sale. */
    readonly promiseShares: (
      copy: Copy,
      order: { readonly theme: string; readonly size: number },
    ) => Effect.Effect<number>
    /** Takes a copy's pending promise back; false when there is none. */
    readonly release: (copy: Copy, reason: string) => Effect.Effect<boolean>
    /** Books a purchase out of its reservation: the copy's lot is open afterwards. */
    readonly buy: (copy: Copy, walk: Walk, outcomeIndex: number) => Effect.Effect<void>
    /** Books a sale out of its promise; answers with the copies whose shares it closed. */
    readonly sell: (copy: Copy, walk: Walk) => Effect.Effect<ReadonlyArray<ClosedCopy>>
    /** Pays the shares of a lot out at the resolution, `at` per share. */
    readonly payOut: (lot: OpenLot, at: Price) => Effect.Effect<ClosedCopy>
    /** At most `limit` open lots of a condition, oldest first. */
    readonly openLots: (
      condition: ConditionId,
      limit: number,
    ) => Effect.Effect<ReadonlyArray<OpenLot>>
  }
>()("paper/PaperBook") {
  static readonly layer = Layer.effect(
    PaperBook,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      const journal = yield* makeJournal
      const versions = new Map<string, number>()
      const version = (book: string) => versions.get(book) ?? 0
      const post: typeof journal = (head, entries) =>
        Effect.suspend(() => {
          versions.set(head.book, version(head.book) + 1)
          return journal(head, entries)
        })

      const headOf = (copy: Copy, kind: TransferHead["kind"], reason: string | null = null) => ({
        book: copy.book,
        strategy: copy.strategy,
        kind,
        fillId: copy.fillId,
        reason,
      })

      const rebuildBalances = Effect.fnUntraced(function* (book: string) {
        versions.set(book, version(book) + 1)
        yield* sql`DELETE FROM balances WHERE book = ${book}`
        yield* sql`INSERT INTO balances (book, token, account, amount)
          SELECT t.book, o.token, o.account, sum(o.amount)
          FROM postings o JOIN transfers t ON t.id = o.transfer_id
          WHERE t.book = ${book} GROUP BY o.token, o.account`
      }, Effect.orDie)

      const fund = Effect.fnUntraced(function* (book: string, strategy: Strategy, amount: number) {
        const known = yield* sql`SELECT 1 FROM balances WHERE book = ${book} LIMIT 1`
        if (known.length > 0 || amount === 0) return
        const head = { book, strategy, kind: "fund", fillId: null, reason: "bankroll" } as const
        yield* post(head, fundEntries(amount))
      }, Effect.orDie)

      const remember = Effect.fnUntraced(function* (
        copy: Copy,
        made: { readonly id: number; readonly atMs: number },
        order: { theme: string; cash: number; exposure: number; size: number },
      ) {
        yield* sql`INSERT INTO reservations ${sql.insert({
          id: made.id,
          book: copy.book,
          strategy: copy.strategy,
          fill_id: hexToBytes(copy.fillId),
          state: "pending",
          wallet: hexToBytes(copy.fill.wallet),
          condition_id: hexToBytes(copy.fill.condition),
          token: tokenToBytes(copy.fill.token),
          at_ms: made.atMs,
          ...order,
        })}`
        return made.id
      }, Effect.orDie)

      const reserveCash: PaperBook["Service"]["reserveCash"] = Effect.fnUntraced(
        function* (copy, order) {
          const made = yield* post(headOf(copy, "reserve"), reserveCashEntries(order.cash))
          return yield* remember(copy, made, { ...order, size: 0 })
        },
      )

      const promiseShares: PaperBook["Service"]["promiseShares"] = Effect.fnUntraced(
        function* (copy, order) {
          const entries = promiseSharesEntries(copy.fill.token, order.size)
          const made = yield* post(headOf(copy, "promise"), entries)
          return yield* remember(copy, made, { ...order, cash: 0, exposure: 0 })
        },
      )

      const end = Effect.fnUntraced(function* (copy: Copy, state: "posted" | "voided") {
        const [row] = yield* sql<Omit<Reservation, "token">>`
          UPDATE reservations SET state = ${state}
          WHERE fill_id = ${hexToBytes(copy.fillId)} AND strategy = ${copy.strategy}
            AND state = 'pending' RETURNING id, theme, cash, size`
        return row === undefined ? null : { ...row, token: copy.fill.token }
      }, Effect.orDie)

      const endPosted = Effect.fnUntraced(function* (copy: Copy) {
        const reservation: Reservation | null = yield* end(copy, "posted")
        return reservation === null
          ? yield* Effect.die(new Error(`copy ${copy.fillId} has no pending reservation to post`))
          : reservation
      })

      const release: PaperBook["Service"]["release"] = Effect.fnUntraced(function* (copy, reason) {
        const reservation: Reservation | null = yield* end(copy, "voided")
        if (reservation === null) return false
        const entries =
          reservation.cash > 0
            ? reserveCashEntries(-reservation.cash)
            : promiseSharesEntries(reservation.token, -reservation.size)
        yield* post(headOf(copy, "void", reason), entries)
        return true
      })

      const buy: PaperBook["Service"]["buy"] = Effect.fnUntraced(function* (
        copy,
        walk,
        outcomeIndex,
      ) {
        const reservation = yield* endPosted(copy)
        const { token, wallet, condition } = copy.fill
        const { size, gross, fee } = walk
        const made = yield* post(
          headOf(copy, "buy"),
          purchaseEntries({ token, reserved: reservation.cash, size, gross, fee }),
        )
        yield* sql`INSERT INTO lots ${sql.insert({
          book: copy.book,
          strategy: copy.strategy,
          fill_id: hexToBytes(copy.fillId),
          wallet: hexToBytes(wallet),
          condition_id: hexToBytes(condition),
          theme: reservation.theme,
          token: tokenToBytes(token),
          outcome_index: outcomeIndex,
          opened_at_ms: made.atMs,
          size,
          cost: gross,
          fee,
          open_size: size,
          open_cost: gross,
          open_fee: fee,
        })}`
      }, Effect.orDie)

      /** Writes closings and what follows from them: the lots, and the day's result of the wallet. */
      const close = Effect.fnUntraced(function* (
        lots: ReadonlyArray<OpenLot>,
        closings: ReadonlyArray<Closing>,
        made: { readonly id: number; readonly atMs: number },
        cause: "sold" | "resolved",
      ) {
        const closed: Array<ClosedCopy> = []
        for (const closing of closings) {
          const lot = lots.find((one) => one.id === closing.lot)!
          yield* sql`INSERT INTO closings ${sql.insert({
            lot_id: lot.id,
            transfer_id: made.id,
            cause,
            size: closing.size,
            cost: closing.cost,
            buy_fee: closing.buyFee,
            proceeds: closing.proceeds,
            sale_fee: closing.saleFee,
            pnl: closing.pnl,
            at_ms: made.atMs,
          })}`
          yield* sql`UPDATE lots SET open_size = open_size - ${closing.size},
            open_cost = open_cost - ${closing.cost}, open_fee = open_fee - ${closing.buyFee}
            WHERE id = ${lot.id}`
          yield* sql`INSERT INTO results ${sql.insert({
            book: lot.book,
            day: utcDay(made.atMs),
            wallet: hexToBytes(lot.wallet),
            pnl: closing.pnl,
          })} ON CONFLICT (book, day, wallet) DO UPDATE SET pnl = results.pnl + excluded.pnl`
          const { fillId, strategy, wallet } = lot
          closed.push({ fillId, strategy, wallet, pnl: closing.pnl, last: closing.last })
        }
        return closed
      }, Effect.orDie)

      const sell: PaperBook["Service"]["sell"] = Effect.fnUntraced(function* (copy, walk) {
        const reservation = yield* endPosted(copy)
        const { token, wallet } = copy.fill
        const rows = yield* sql<LotRow>`SELECT * FROM lots
          WHERE book = ${copy.book} AND open_size > 0 AND wallet = ${hexToBytes(wallet)}
            AND token = ${tokenToBytes(token)} ORDER BY id`
        const lots = rows.map((row) => toOpenLot(row, wallet, token))
        const { size, gross, fee } = walk
        const closings = closeLots(lots, { size, proceeds: gross, fee })
        if (closings === null) {
          return yield* Effect.die(new Error(`copy ${copy.fillId} sells more than its lots hold`))
        }
        const basis = closings.reduce((total, closing) => total + closing.cost, 0)
        const made = yield* post(
          headOf(copy, "sell"),
          saleEntries({ token, promised: reservation.size, size, gross, fee, basis }),
        )
        return yield* close(lots, closings, made, "sold")
      }, Effect.orDie)

      const payOut: PaperBook["Service"]["payOut"] = Effect.fnUntraced(function* (lot, at) {
        const amount = proceeds(shares(lot.openSize), at)
        const closings = closeLots([lot], { size: lot.openSize, proceeds: amount, fee: 0 })!
        const { book, strategy, fillId } = lot
        const made = yield* post(
          { book, strategy, kind: "payout", fillId, reason: null },
          payoutEntries({ token: lot.token, size: lot.openSize, amount, basis: lot.openCost }),
        )
        const [closed] = yield* close([lot], closings, made, "resolved")
        return closed!
      })

      const openLots = Effect.fnUntraced(function* (condition: ConditionId, limit: number) {
        const rows = yield* sql<LotRow & { wallet_hex: string; token_hex: string }>`
          SELECT *, lower(hex(wallet)) AS wallet_hex, hex(token) AS token_hex FROM lots
          WHERE condition_id = ${hexToBytes(condition)} AND open_size > 0 ORDER BY id LIMIT ${limit}`
        return rows.map((row) =>
          toOpenLot(
            row,
            `0x${row.wallet_hex}` as WalletAddress,
            BigInt(`0x${row.token_hex}`).toString(10) as TokenId,
          ),
        )
      }, Effect.orDie)

      return PaperBook.of({
        version,
        rebuildBalances,
        fund,
        reserveCash,
        promiseShares,
        release,
        buy,
        sell,
        payOut,
        openLots,
      })
    }),
  )
}

interface LotRow {
  readonly id: number
  readonly book: string
  readonly strategy: Strategy
  readonly fill_id: Uint8Array
  readonly outcome_index: number
  readonly open_size: number
  readonly open_cost: number
  readonly open_fee: number
}

const toOpenLot = (row: LotRow, wallet: WalletAddress, token: TokenId): OpenLot => ({
  id: row.id,
  book: row.book,
  strategy: row.strategy,
  fillId: bytesToBareHex(row.fill_id) as OpenLot["fillId"],
  wallet,
  token,
  outcomeIndex: row.outcome_index,
  openSize: row.open_size,
  openCost: row.open_cost,
  openFee: row.open_fee,
})
