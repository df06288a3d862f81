/**
 * Counter-postings for what turned out not to be so: payouts that the venue corrected, and leader's
 * purchases that failed after we had followed them. The copy ends `reversed`; nothing that was
 * written before is changed.
 *
 * Promises: a correction leaves each lot paid what the payouts of now pay it; a purchase taken back
 * leaves cash, fees and profit as if it had not been, whatever became of its shares, and has no part in
 * later corrections. What the cash of
 * the book cannot cover yet, or shares promised to a sale, waits: the caller asks again.
 * Does not: bring back what followed a leader's sale that failed: our own sale was filled.
 * Every method runs in the caller's transaction.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToBareHex,
  bytesToHex,
  bytesToToken,
  type ConditionId,
  type FillId,
  hexToBytes,
  type WalletAddress,
} from "@evaluator/domain/Id"
import { type Price, proceeds, shares } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { CopyState } from "@evaluator/domain/paper/CopyState"
import { utcDay } from "@evaluator/domain/paper/Gates"
import { correctionEntries, reversalEntries } from "@evaluator/domain/paper/Ledger"
import { BookModes } from "./BookModes.ts"
import { Copies } from "./Copies.ts"
import { PaperBook } from "./PaperBook.ts"
import { makeTellSettled, nothingSold, soldOf } from "./Settlements.ts"

interface LotRow {
  readonly id: number
  readonly book: string
  readonly strategy: Strategy
  readonly fill_id: Uint8Array
  readonly wallet: Uint8Array
  readonly condition_id: Uint8Array
  readonly token: Uint8Array
  readonly outcome_index: number
  readonly open_size: number
  readonly open_cost: number
  readonly open_fee: number
}

interface PaidRow extends LotRow {
  readonly paid_size: number
  readonly paid: number
}

interface TradedRow extends LotRow {
  readonly state: CopyState
  readonly profit: number
  readonly fees: number
}

/** What a counter-closing adds to the closings of its lot. */
interface Counter {
  readonly size: number
  readonly cost: number
  readonly buyFee: number
  readonly proceeds: number
  readonly saleFee: number
}

export class Reversals extends Context.Service<
  Reversals,
  {
    /** Pays or takes back what the payouts of now differ by; false when something has to wait. */
    readonly correct: (
      condition: ConditionId,
      payouts: ReadonlyArray<Price>,
    ) => Effect.Effect<boolean>
    /** Takes back the purchases that followed a fill which failed; false when something has to wait. */
    readonly takeBack: (fillId: FillId, reason: string) => Effect.Effect<boolean>
  }
>()("paper/Reversals") {
  static readonly layer = Layer.effect(
    Reversals,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tellSettled = yield* makeTellSettled
      const copies = yield* Copies
      const modes = yield* BookModes
      const { post } = yield* PaperBook

      /** Of a lot `l`. */
      const takenBack = sql`EXISTS (SELECT 1 FROM closings v
        WHERE v.lot_id = l.id AND v.cause = 'taken back')`

      const cashOf = (book: string) =>
        sql<{ amount: number }>`SELECT amount FROM balances
          WHERE book = ${book} AND account = 'cash' AND length(token) = 0`.pipe(
          Effect.map(([row]) => row?.amount ?? 0),
        )

      const counter = Effect.fnUntraced(function* (
        lot: LotRow,
        made: { readonly id: number; readonly atMs: number },
        cause: "resolved" | "taken back",
        c: Counter,
      ) {
        const pnl = c.proceeds - c.saleFee - c.cost - c.buyFee
        yield* sql`INSERT INTO closings ${sql.insert({
          lot_id: lot.id,
          transfer_id: made.id,
          cause,
          size: c.size,
          cost: c.cost,
          buy_fee: c.buyFee,
          proceeds: c.proceeds,
          sale_fee: c.saleFee,
          pnl,
          at_ms: made.atMs,
        })}`
        yield* sql`INSERT INTO results ${sql.insert({
          book: lot.book,
          day: utcDay(made.atMs),
          wallet: lot.wallet,
          pnl,
        })} ON CONFLICT (book, day, wallet) DO UPDATE SET pnl = results.pnl + excluded.pnl`
        return pnl
      })

      /** Moves a copy to `reversed`, and tells the other lane what that changed of its result. */
      const reversed = Effect.fnUntraced(function* (
        lot: LotRow,
        from: CopyState,
        cause: "resolved" | "taken back",
        pnl: number,
        reason: string,
      ) {
        const now = yield* Clock.currentTimeMillis
        const key = { fillId: bytesToBareHex(lot.fill_id) as FillId, strategy: lot.strategy }
        const [row] = yield* sql<{
          pnl: number
        }>`UPDATE copies SET pnl = coalesce(pnl, 0) + ${pnl}, reason = ${reason}
          WHERE fill_id = ${lot.fill_id} AND strategy = ${lot.strategy} RETURNING pnl`
        // Of a copy that had not ended nothing was told: its parts that were sold count, too.
        const untold = from === "filled" ? row!.pnl : pnl
        const sold = yield* soldOf(sql, key)
        const stands = cause === "taken back" ? nothingSold : sold
        const told = from === "filled" ? nothingSold : sold
        if (from === "filled") yield* copies.move(key, "filled", "closed", { closed_at_ms: now })
        if (from !== "reversed") yield* copies.move(key, "closed", "reversed", {})
        yield* modes.mark(lot.book)
        if (untold === 0 && stands.size === told.size) return
        yield* tellSettled({
          fill: key.fillId,
          strategy: lot.strategy,
          wallet: bytesToHex(lot.wallet) as WalletAddress,
          condition: bytesToHex(lot.condition_id) as ConditionId,
          pnlMicro: untold,
          cause: "resolved",
          sold: { size: stands.size - told.size, fee: stands.fee - told.fee },
        })
      })

      const headOf = (lot: LotRow, kind: "payout" | "void", reason: string) => ({
        book: lot.book,
        strategy: lot.strategy,
        kind,
        fillId: bytesToBareHex(lot.fill_id),
        reason,
      })

      const correct: Reversals["Service"]["correct"] = Effect.fnUntraced(function* (
        condition,
        payouts,
      ) {
        const rows = yield* sql<PaidRow & { state: CopyState }>`SELECT l.*, c.state,
              sum(x.size) AS paid_size, sum(x.proceeds) AS paid
            FROM lots l JOIN closings x ON x.lot_id = l.id AND x.cause = 'resolved'
            JOIN copies c ON c.fill_id = l.fill_id AND c.strategy = l.strategy
            WHERE l.condition_id = ${hexToBytes(condition)} AND l.open_size = 0
              AND NOT ${takenBack}
            GROUP BY l.id ORDER BY l.id`
        let done = true
        for (const lot of rows) {
          const at = payouts[lot.outcome_index]
          if (at === undefined) continue
          const owed = proceeds(shares(lot.paid_size), at) - lot.paid
          if (owed === 0) continue
          if (owed < 0 && (yield* cashOf(lot.book)) < -owed) {
            done = false
            continue
          }
          const reason = `the venue corrected the payout to ${at} millionths`
          const made = yield* post(headOf(lot, "payout", reason), correctionEntries(owed))
          const pnl = yield* counter(lot, made, "resolved", {
            size: 0,
            cost: 0,
            buyFee: 0,
            proceeds: owed,
            saleFee: 0,
          })
          yield* reversed(lot, lot.state, "resolved", pnl, reason)
        }
        return done
      }, Effect.orDie)

      const takeBackLot = Effect.fnUntraced(function* (lot: TradedRow, reason: string) {
        const { open_size: openSize, open_cost: openCost, open_fee: openFee, profit, fees } = lot
        const [promised] = yield* sql`SELECT 1 FROM reservations WHERE book = ${lot.book}
          AND state = 'pending' AND size > 0 AND wallet = ${lot.wallet} AND token = ${lot.token}
          LIMIT 1`
        const owed = openCost + openFee - profit + fees
        if (promised !== undefined || (yield* cashOf(lot.book)) + owed < 0) return false
        const token = bytesToToken(lot.token)
        const made = yield* post(
          headOf(lot, "void", reason),
          reversalEntries({ token, openSize, openCost, openFee, profit, fees }),
        )
        const pnl = yield* counter(lot, made, "taken back", {
          size: openSize,
          cost: openCost,
          buyFee: openFee,
          proceeds: openCost - profit,
          saleFee: -openFee - fees,
        })
        yield* sql`UPDATE lots SET open_size = 0, open_cost = 0, open_fee = 0 WHERE id = ${lot.id}`
        yield* reversed(lot, lot.state, "taken back", pnl, reason)
        return true
      })

      const takeBack: Reversals["Service"]["takeBack"] = Effect.fnUntraced(function* (
        fillId,
        reason,
      ) {
        const inFlight = yield* sql`SELECT 1 FROM copies
          WHERE fill_id = ${hexToBytes(fillId)} AND outcome IS NULL LIMIT 1`
        let done = inFlight.length === 0
        const rows = yield* sql<TradedRow>`SELECT l.*, c.state,
              coalesce(sum(x.proceeds - x.cost), 0) AS profit,
              coalesce(sum(x.sale_fee + x.buy_fee), 0) AS fees
            FROM lots l JOIN copies c ON c.fill_id = l.fill_id AND c.strategy = l.strategy
            LEFT JOIN closings x ON x.lot_id = l.id
            WHERE l.fill_id = ${hexToBytes(fillId)} AND NOT ${takenBack}
            GROUP BY l.id ORDER BY l.id`
        for (const lot of rows) done = (yield* takeBackLot(lot, reason)) && done
        return done
      }, Effect.orDie)

      return Reversals.of({ correct, takeBack })
    }),
  )
}
