/**
 * What an owner may do about a copy that is stuck: its promise could not be taken back.
 *
 * `retry` takes it back as the saga would have. `void` first sets the balances of the copy's book to
 * the sums of their postings, for the usual cause is a balance that disagrees with its journal. Either
 * is one transaction with its audit row: it ends `compensated`, or stays stuck with everything as it was.
 * Each stuck copy of the fill is tried; when one stays, the refusal says which others went.
 * Does not: change an outcome; a copy was FAILED when it got stuck, and stays so.
 */
import { Cause, Clock, Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { FillId, hexToBytes } from "@evaluator/domain/Id"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { transacting } from "./CommitPoints.ts"
import { Copies } from "./Copies.ts"
import type { Copy } from "./CopyRow.ts"
import { PaperBook } from "./PaperBook.ts"

export const StuckVerb = Schema.Literals(["retry", "void"])
export type StuckVerb = typeof StuckVerb.Type

/** Which copies of a fill, and why; `strategy` null: all that are stuck. */
export const StuckOrder = Schema.Struct({
  verb: StuckVerb,
  fill: FillId,
  strategy: Schema.NullOr(Strategy),
  reason: Schema.String,
})
export type StuckOrder = typeof StuckOrder.Type

/** A copy that is stuck no more. */
export interface Freed {
  readonly fill: FillId
  readonly strategy: Strategy
  readonly book: string
}

export class NotFreed extends Schema.TaggedError<NotFreed>()("NotFreed", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

export class StuckCopies extends Context.Service<
  StuckCopies,
  {
    readonly free: (order: StuckOrder) => Effect.Effect<ReadonlyArray<Freed>, NotFreed>
  }
>()("paper/StuckCopies") {
  static readonly layer = Layer.effect(
    StuckCopies,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const copies = yield* Copies
      const book = yield* PaperBook

      const stuckOf = Effect.fnUntraced(function* ({ fill, strategy }: StuckOrder) {
        const rows = yield* sql<{ strategy: Strategy; state: string }>`SELECT strategy, state
          FROM copies WHERE fill_id = ${hexToBytes(fill)}
            AND (${strategy} IS NULL OR strategy = ${strategy}) ORDER BY strategy`.pipe(
          Effect.orDie,
        )
        const stuck = rows.filter((row) => row.state === "stuck")
        if (stuck.length > 0) return stuck
        const found = rows.map((row) => `${row.strategy} is ${row.state}`).join(", ")
        const why =
          rows.length === 0
            ? `fill ${fill} has no copy`
            : `no copy of fill ${fill} is stuck: ${found}`
        return yield* new NotFreed({ why })
      })

      const takeBack = Effect.fnUntraced(function* (copy: Copy, { reason, verb }: StuckOrder) {
        const now = yield* Clock.currentTimeMillis
        if (verb === "void") yield* book.rebuildBalances(copy.book)
        else yield* copies.move(copy, "stuck", "compensating", {})
        yield* copies.move(copy, verb === "void" ? "stuck" : "compensating", "compensated", {})
        yield* book.release(copy, "voided", reason)
        yield* sql`INSERT INTO audits ${sql.insert({
          at_ms: now,
          verb: `copies ${verb}`,
          subject: `${copy.fillId} ${copy.strategy}`,
          reason,
        })}`
        return { fill: copy.fillId, strategy: copy.strategy, book: copy.book }
      })

      const freeOne = Effect.fnUntraced(
        function* (order: StuckOrder, strategy: Strategy) {
          const copy = yield* copies.find({ fillId: order.fill, strategy })
          return yield* takeBack(copy!, order)
        },
        (effect, order, strategy) =>
          transacting(
            sql,
            "free-stuck",
          )(effect).pipe(
            Effect.catchCause((cause) =>
              Cause.hasInterruptsOnly(cause)
                ? Effect.interrupt
                : new NotFreed({
                    why: `the ${strategy} copy of fill ${order.fill} stays stuck: ${String(Cause.squash(cause))}`,
                  }),
            ),
          ),
      )

      const free = Effect.fnUntraced(function* (order: StuckOrder) {
        const [freed, stay] = yield* Effect.partition(yield* stuckOf(order), ({ strategy }) =>
          freeOne(order, strategy),
        )
        if (stay.length === 0) return freed
        const went = freed.map((one) => `the ${one.strategy} copy was freed`)
        return yield* new NotFreed({ why: [...stay.map(({ why }) => why), ...went].join("; ") })
      })

      return StuckCopies.of({ free })
    }),
  )
}
