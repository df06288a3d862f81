/**
 * What the purchases of `solo` would have got had they come later: {@link laterMs} after they did, each
 * looks at the book of that moment and walks it as before. Kept beside the copy, so that profit can be
 * told as a function of latency without a second run.
 *
 * A market that closed meanwhile gives nothing, as an order in it would get.
 * Limits: `paper.later_looks` copies wait for their looks at most, more are not looked at; a look
 * without a book, or later by more than its time over {@link lateBy}, has no row, and a kill loses those
 * that wait. No copy waits for any of it.
 */
import { Clock, Context, Effect, Latch, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { transacting } from "./CommitPoints.ts"
import type { Copy } from "./CopyRow.ts"
import { isOpen, MarketReplica } from "./MarketReplica.ts"
import { OrderBooks } from "./OrderBooks.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { makePricing, walkOf } from "./Pricing.ts"
import { Supervisor } from "@evaluator/runtime/Supervisor"

export const laterMs: ReadonlyArray<number> = [1000, 5000, 15_000, 60_000]

/** Looks are taken one after the other: behind a slow book the next would tell of another moment. */
export const lateBy = 4

interface Look {
  readonly dueMs: number
  readonly afterMs: number
  readonly copy: Copy
}

export class LaterFills extends Context.Service<
  LaterFills,
  {
    /** A copy was just filled; its looks follow. */
    readonly note: (copy: Copy) => Effect.Effect<void>
  }
>()("paper/LaterFills") {
  static readonly layer = Layer.effect(
    LaterFills,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const books = yield* OrderBooks
      const markets = yield* MarketReplica
      const supervisor = yield* Supervisor
      const pricing = yield* makePricing
      const { paper } = yield* PaperSettings
      const most = paper.later_looks * laterMs.length
      const noted = yield* Latch.make(false)
      let waiting: ReadonlyArray<Look> = []

      const note = (copy: Copy) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          // The book it met is kept with its row; a look meets another.
          const bare = { ...copy, pricedBook: null }
          const looks = laterMs.map((afterMs) => ({ dueMs: now + afterMs, afterMs, copy: bare }))
          waiting = [...waiting, ...looks].toSorted((a, b) => a.dueMs - b.dueMs)
          yield* noted.open
        }).pipe(
          Effect.when(
            Effect.sync(
              () =>
                copy.strategy === "solo" &&
                copy.fill.side === "BUY" &&
                waiting.length + laterMs.length <= most,
            ),
          ),
          Effect.asVoid,
        )

      const nothing = { size: 0, gross: 0, fee: 0 } as const
      const gets = Effect.fnUntraced(function* ({ afterMs, copy, dueMs }: Look) {
        const found = yield* Effect.option(books.meet(copy.fill.token))
        const now = yield* Clock.currentTimeMillis
        const known = yield* markets.find(copy.fill.condition)
        if (known === null) return null
        if (!isOpen(known)) return nothing
        if (found._tag === "None" || now - dueMs > afterMs / lateBy) return null
        const { book } = yield* pricing.meet(copy, found.value.book, known.market, now)
        return walkOf({ ...copy, pricedBook: book }, known.market)
      })

      const look = Effect.fnUntraced(function* (due: Look) {
        const { afterMs, copy } = due
        const walk = yield* gets(due)
        if (walk === null) return
        const kept = sql`INSERT INTO later_fills ${sql.insert({
          fill_id: hexToBytes(copy.fillId),
          after_ms: afterMs,
          size: walk.size,
          gross: walk.gross,
          fee: walk.fee,
        })} ON CONFLICT (fill_id, after_ms) DO NOTHING`
        yield* transacting(sql, "look-later")(kept)
      }, Effect.orDie)

      const turn = Effect.gen(function* () {
        yield* noted.close
        const next = waiting[0]
        if (next === undefined) return yield* noted.await
        const now = yield* Clock.currentTimeMillis
        if (next.dueMs > now) {
          return yield* Effect.raceFirst(Effect.sleep(next.dueMs - now), noted.await)
        }
        waiting = waiting.slice(1)
        yield* look(next)
      })

      if (most > 0) yield* supervisor.service("look-later", Effect.forever(turn))
      return LaterFills.of({ note })
    }),
  )
}
