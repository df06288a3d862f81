/**
 * The trading mode of each book of paper money, in rows, so that a restart keeps it.
 *
 * A book is marked in the transaction that closes shares of it: its equity (cash, promised cash, open
 * shares at cost), the highest there was, and the mode that follows. A change leaves an audit row, and
 * a halt an event, but for the books of `careless`.
 * Does not: value open shares at market prices; a fall shows when it is realised.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { WalletAddress } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import {
  buysBelow,
  drawdownOf,
  nextMode,
  type TradingMode,
} from "@evaluator/domain/paper/TradingMode"
import { EventLog } from "@evaluator/runtime/EventLog"
import { inOneStep } from "@evaluator/sqlite/InOneStep"
import { modeLimits, PaperSettings } from "./PaperSettings.ts"

export interface BookMode {
  readonly mode: TradingMode
  /** Parts per million below the peak, and the figure below which the book may buy. */
  readonly drawdown: number
  readonly buysBelow: number
}

interface ModeRow {
  readonly book: string
  readonly mode: TradingMode
  readonly peak: number
  readonly equity: number
}

const modeRows = "SELECT book, mode, peak, equity FROM book_modes"

export class BookModes extends Context.Service<
  BookModes,
  {
    /** As it was committed last. Answers from memory. */
    readonly of: (book: string) => BookMode
    /** Marks a book after its shares were closed, in the caller's transaction. */
    readonly mark: (book: string) => Effect.Effect<void>
    /** Makes a book active again from where it is: its peak is forgotten. In the caller's transaction. */
    readonly forgive: (book: string) => Effect.Effect<boolean>
  }
>()("paper/BookModes") {
  static readonly layer = Layer.effect(
    BookModes,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      const limits = modeLimits(yield* PaperSettings)

      const modes = new Map<string, BookMode>()
      const remember = ({ book, mode, equity, peak }: ModeRow) =>
        void modes.set(book, {
          mode,
          drawdown: drawdownOf(equity, peak),
          buysBelow: buysBelow(mode, limits),
        })
      const rows = yield* sql.unsafe<ModeRow>(modeRows).pipe(Effect.orDie)
      rows.forEach(remember)
      const untouched: BookMode = {
        mode: "ACTIVE",
        drawdown: 0,
        buysBelow: buysBelow("ACTIVE", limits),
      }
      const of = (book: string): BookMode => modes.get(book) ?? untouched

      const tell = Effect.fnUntraced(function* (book: string, mode: TradingMode, ppm: number) {
        const reason = `${ppm / 10_000} % below its peak`
        const now = yield* Clock.currentTimeMillis
        yield* sql`INSERT INTO audits ${sql.insert({ at_ms: now, verb: mode, subject: book, reason })}`
        yield* Effect.logWarning(`the book ${book} is ${mode}: ${reason}`)
        const [strategy, wallet] = book.split(":") as [Strategy, WalletAddress?]
        // What the control does is no news of the wallet.
        if (mode !== "HALTED" || strategy === "careless") return
        yield* log.append([
          wallet === undefined
            ? { type: "PortfolioHalted", payload: { reason, untilMs: null } }
            : { type: "WalletHalted", payload: { wallet, reason, untilMs: null } },
        ])
      })

      const mark = Effect.fnUntraced(function* (book: string) {
        const now = yield* Clock.currentTimeMillis
        const marked = yield* inOneStep(sql, (run) => {
          const [sums] = run<{ equity: number; capital: number }>(
            `SELECT sum(amount) FILTER (WHERE account IN ('cash', 'reserved', 'positions')) AS equity,
              -sum(amount) FILTER (WHERE account = 'capital') AS capital
            FROM balances WHERE book = ? AND length(token) = 0`,
            book,
          )
          const { equity, capital } = sums!
          const [before] = run<ModeRow>(`${modeRows} WHERE book = ?`, book)
          const peak = Math.max(before?.peak ?? capital, equity)
          const mode = nextMode(before?.mode ?? "ACTIVE", drawdownOf(equity, peak), limits)
          run(
            `INSERT INTO book_modes (book, mode, peak, equity, changed_at_ms) VALUES (?, ?, ?, ?, ?)
              ON CONFLICT (book) DO UPDATE SET mode = excluded.mode, peak = excluded.peak,
              equity = excluded.equity, changed_at_ms = excluded.changed_at_ms`,
            book,
            mode,
            peak,
            equity,
            now,
          )
          return { book, mode, peak, equity, before: before?.mode ?? "ACTIVE" }
        })
        yield* sql.afterCommit(Effect.sync(() => remember(marked)))
        const { before, equity, mode, peak } = marked
        if (mode !== before) yield* tell(book, mode, drawdownOf(equity, peak))
      }, Effect.orDie)

      const forgive = Effect.fnUntraced(function* (book: string) {
        const rows = yield* sql<ModeRow>`UPDATE book_modes SET mode = 'ACTIVE', peak = equity
          WHERE book = ${book} AND mode <> 'ACTIVE' RETURNING book, mode, peak, equity`
        yield* sql.afterCommit(Effect.sync(() => rows.forEach(remember)))
        return rows.length > 0
      }, Effect.orDie)

      return BookModes.of({ of, mark, forgive })
    }),
  )
}
