/**
 * The only writer of paper money: reservations, lots and closings, each with its transfer in the
 * journal (`Journal.ts`).
 *
 * Promises: a reservation is a pending transfer that is posted by the fill, voided by the undo or expired
 * by age, once; shares leave their lots first in, first out, by wallet; what a sale or payout closes is
 * booked with it. What would break the ledger dies, and the caller's transaction with it.
 * Does not: decide anything, or move a copy's state. Every method runs in the caller's transaction.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToBareHex,
  type ConditionId,
  type TokenId,
  type WalletAddress,
} from "@evaluator/domain/Id"
import type { Walk } from "@evaluator/domain/market/BookWalk"
import { proceeds, shares, type Price } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { utcDay } from "@evaluator/domain/paper/Gates"
import {
  type Closing,
  closeLots,
  type Entry,
  fundEntries,
  type Lot,
  payoutEntries,
  promiseSharesEntries,
  purchaseEntries,
  reserveCashEntries,
  saleEntries,
} from "@evaluator/domain/paper/Ledger"
import type { Copy, CopyKey } from "./CopyRow.ts"
import { inOneStep, type Run } from "@evaluator/sqlite/InOneStep"
import { post as postTransfer, type TransferHead, type Transferred } from "./Journal.ts"
import { hexToBytes, tokenToBytes } from "./RowBytes.ts"

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
    /** Writes a transfer that follows from none of what is below: a correction, or what is taken back. */
    readonly post: (head: TransferHead, entries: ReadonlyArray<Entry>) => Effect.Effect<Transferred>
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
    /** Takes a copy's pending promise back, which ends as `as`; false when there is none. */
    readonly release: (
      copy: Copy,
      as: "voided" | "expired",
      reason: string,
    ) => Effect.Effect<boolean>
    /** Books a purchase out of its reservation: the copy's lot is open afterwards. */
    readonly buy: (copy: Copy, walk: Walk, outcomeIndex: number) => Effect.Effect<void>
    /** Books a sale out of its promise; answers with the copies whose shares it closed. */
    readonly sell: (copy: Copy, walk: Walk) => Effect.Effect<ReadonlyArray<ClosedCopy>>
    /** Pays the shares of a lot out at the resolution, `at` per share. */
    readonly payOut: (lot: OpenLot, at: Price) => Effect.Effect<ClosedCopy>
    /**
     * At most `limit` open lots of a condition's first `outcomes`, oldest first, without those whose book
     * has promised shares of the same wallet and token to a sale.
     */
    readonly payableLots: (
      condition: ConditionId,
      limit: number,
      outcomes: number,
    ) => Effect.Effect<ReadonlyArray<OpenLot>>
  }
>()("paper/PaperBook") {
  static readonly layer = Layer.effect(
    PaperBook,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      const versions = new Map<string, number>()
      const version = (book: string) => versions.get(book) ?? 0
      const post: typeof postTransfer = (run, head, entries, atMs) => {
        versions.set(head.book, version(head.book) + 1)
        return postTransfer(run, head, entries, atMs)
      }
      const step = <A>(write: (run: Run, nowMs: number) => A): Effect.Effect<A> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          inOneStep(sql, (run) => write(run, now)),
        ).pipe(Effect.orDie)

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

      const fund: PaperBook["Service"]["fund"] = (book, strategy, amount) =>
        step((run, now) => {
          const known = run("SELECT 1 FROM balances WHERE book = ? LIMIT 1", book)
          if (known.length > 0 || amount === 0) return
          const head = { book, strategy, kind: "fund", fillId: null, reason: "bankroll" } as const
          post(run, head, fundEntries(amount), now)
        })

      const remember = (
        run: Run,
        { book, fill, fillId, strategy }: Copy,
        made: Transferred,
        order: { theme: string; cash: number; exposure: number; size: number },
      ) => {
        run(
          `INSERT INTO reservations (id, book, strategy, fill_id, state, wallet, condition_id, token,
            at_ms, theme, cash, exposure, size) VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)`,
          made.id,
          book,
          strategy,
          hexToBytes(fillId),
          hexToBytes(fill.wallet),
          hexToBytes(fill.condition),
          tokenToBytes(fill.token),
          made.atMs,
          order.theme,
          order.cash,
          order.exposure,
          order.size,
        )
        return made.id
      }

      const reserveCash: PaperBook["Service"]["reserveCash"] = (copy, order) =>
        step((run, now) => {
          const made = post(run, headOf(copy, "reserve"), reserveCashEntries(order.cash), now)
          return remember(run, copy, made, { ...order, size: 0 })
        })

      const promiseShares: PaperBook["Service"]["promiseShares"] = (copy, order) =>
        step((run, now) => {
          const entries = promiseSharesEntries(copy.fill.token, order.size)
          const made = post(run, headOf(copy, "promise"), entries, now)
          return remember(run, copy, made, { ...order, cash: 0, exposure: 0 })
        })

      const end = (
        run: Run,
        copy: Copy,
        state: "posted" | "voided" | "expired",
      ): Reservation | null => {
        const [row] = run<Omit<Reservation, "token">>(
          `UPDATE reservations SET state = ? WHERE fill_id = ? AND strategy = ?
            AND state = 'pending' RETURNING id, theme, cash, size`,
          state,
          hexToBytes(copy.fillId),
          copy.strategy,
        )
        return row === undefined ? null : { ...row, token: copy.fill.token }
      }

      const endPosted = (run: Run, copy: Copy): Reservation => {
        const reservation = end(run, copy, "posted")
        if (reservation !== null) return reservation
        throw new Error(`copy ${copy.fillId} has no pending reservation to post`)
      }

      const release: PaperBook["Service"]["release"] = (copy, as, reason) =>
        step((run, now) => {
          const reservation = end(run, copy, as)
          if (reservation === null) return false
          const entries =
            reservation.cash > 0
              ? reserveCashEntries(-reservation.cash)
              : promiseSharesEntries(reservation.token, -reservation.size)
          post(run, headOf(copy, "void", reason), entries, now)
          return true
        })

      const buy: PaperBook["Service"]["buy"] = (copy, { size, gross, fee }, outcomeIndex) =>
        step((run, now) => {
          const reservation = endPosted(run, copy)
          const { token, wallet, condition } = copy.fill
          const entries = purchaseEntries({ token, reserved: reservation.cash, size, gross, fee })
          const made = post(run, headOf(copy, "buy"), entries, now)
          run(
            `INSERT INTO lots (book, strategy, fill_id, wallet, condition_id, theme, token,
              outcome_index, opened_at_ms, size, cost, fee, open_size, open_cost, open_fee)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            copy.book,
            copy.strategy,
            hexToBytes(copy.fillId),
            hexToBytes(wallet),
            hexToBytes(condition),
            reservation.theme,
            tokenToBytes(token),
            outcomeIndex,
            made.atMs,
            size,
            gross,
            fee,
            size,
            gross,
            fee,
          )
        })

      /** Writes closings and what follows from them: the lots, and the day's result of the wallet. */
      const close = (
        run: Run,
        lots: ReadonlyArray<OpenLot>,
        closings: ReadonlyArray<Closing>,
        made: Transferred,
        cause: "sold" | "resolved",
      ): ReadonlyArray<ClosedCopy> =>
        closings.map((closing) => {
          const lot = lots.find((one) => one.id === closing.lot)!
          const { size, cost, buyFee, pnl } = closing
          run(
            `INSERT INTO closings (lot_id, transfer_id, cause, size, cost, buy_fee, proceeds, sale_fee,
              pnl, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            lot.id,
            made.id,
            cause,
            size,
            cost,
            buyFee,
            closing.proceeds,
            closing.saleFee,
            pnl,
            made.atMs,
          )
          run(
            `UPDATE lots SET open_size = open_size - ?, open_cost = open_cost - ?,
              open_fee = open_fee - ? WHERE id = ?`,
            size,
            cost,
            buyFee,
            lot.id,
          )
          run(
            `INSERT INTO results (book, day, wallet, pnl) VALUES (?, ?, ?, ?)
              ON CONFLICT (book, day, wallet) DO UPDATE SET pnl = results.pnl + excluded.pnl`,
            lot.book,
            utcDay(made.atMs),
            hexToBytes(lot.wallet),
            pnl,
          )
          const { fillId, strategy, wallet } = lot
          return { fillId, strategy, wallet, pnl, last: closing.last }
        })

      const sell: PaperBook["Service"]["sell"] = (copy, { size, gross, fee }) =>
        step((run, now) => {
          const reservation = endPosted(run, copy)
          const { token, wallet } = copy.fill
          const rows = run<LotRow>(
            `SELECT * FROM lots
              WHERE book = ? AND open_size > 0 AND wallet = ? AND token = ? ORDER BY id`,
            copy.book,
            hexToBytes(wallet),
            tokenToBytes(token),
          )
          const lots = rows.map((row) => toOpenLot(row, wallet, token))
          const closings = closeLots(lots, { size, proceeds: gross, fee })
          if (closings === null)
            throw new Error(`copy ${copy.fillId} sells more than its lots hold`)
          const basis = closings.reduce((total, closing) => total + closing.cost, 0)
          const promised = reservation.size
          const entries = saleEntries({ token, promised, size, gross, fee, basis })
          const made = post(run, headOf(copy, "sell"), entries, now)
          return close(run, lots, closings, made, "sold")
        })

      const payOut: PaperBook["Service"]["payOut"] = (lot, at) =>
        step((run, now) => {
          const amount = proceeds(shares(lot.openSize), at)
          const closings = closeLots([lot], { size: lot.openSize, proceeds: amount, fee: 0 })!
          const { book, strategy, fillId, token, openSize, openCost } = lot
          const made = post(
            run,
            { book, strategy, kind: "payout", fillId, reason: null },
            payoutEntries({ token, size: openSize, amount, basis: openCost }),
            now,
          )
          return close(run, [lot], closings, made, "resolved")[0]!
        })

      const payableLots = Effect.fnUntraced(function* (
        condition: ConditionId,
        limit: number,
        outcomes: number,
      ) {
        const rows = yield* sql<LotRow & { wallet_hex: string; token_hex: string }>`
          SELECT *, lower(hex(wallet)) AS wallet_hex, hex(token) AS token_hex FROM lots l
          WHERE condition_id = ${hexToBytes(condition)} AND open_size > 0
            AND outcome_index < ${outcomes} AND NOT EXISTS (SELECT 1 FROM reservations r
              WHERE r.book = l.book AND r.state = 'pending' AND r.size > 0
                AND r.wallet = l.wallet AND r.token = l.token)
          ORDER BY id LIMIT ${limit}`
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
        post: (head, entries) => step((run, now) => post(run, head, entries, now)),
        rebuildBalances,
        fund,
        reserveCash,
        promiseShares,
        release,
        buy,
        sell,
        payOut,
        payableLots,
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
