/**
 * How copies end: skipped, compensated, or with their shares gone. The row, the money and the event
 * that says so, together in the caller's transaction.
 */
import { Effect, Metric } from "effect"
import { SqlClient } from "effect/sql"
import type { CopyMet } from "@evaluator/domain/event/DomainEvent"
import type { ConditionId } from "@evaluator/domain/Id"
import type { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { CopyState } from "@evaluator/domain/paper/CopyState"
import { EventLog } from "@evaluator/runtime/EventLog"
import { continuing } from "@evaluator/telemetry/Messaging"
import { attributes, counterOf, metrics, spans } from "@evaluator/telemetry/Names"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { Clock } from "effect"
import { Copies, type CopyColumns, type CopyMovedElsewhere } from "./Copies.ts"
import { copyDecided } from "./CopyDecided.ts"
import type { Copy } from "./CopyRow.ts"
import { BookModes } from "./BookModes.ts"
import { type ClosedCopy, PaperBook } from "./PaperBook.ts"
import { makeTellSettled, soldOf } from "./Settlements.ts"
import { bookOf } from "./Strategies.ts"
import { hexToBytes } from "./RowBytes.ts"

const outcomes = counterOf(metrics.copyOutcomes)

/** A counter of each outcome, made once: one is wanted for every copy. */
const counters = new Map<string, typeof outcomes>()
const counterFor = (strategy: Strategy, outcome: CopyOutcome) => {
  const key = `${strategy} ${outcome}`
  const counter = counters.get(key) ?? Metric.withAttributes(outcomes, { strategy, outcome })
  counters.set(key, counter)
  return counter
}

export interface CopyEnds {
  /** Says the outcome to the other lane, and counts it once it is committed. */
  readonly decided: (
    copy: Copy,
    outcome: CopyOutcome,
    costMicro: number,
    met?: CopyMet,
  ) => Effect.Effect<void>
  /** Ends a copy without a fill, taking back what was promised to it. */
  readonly skip: (
    copy: Copy,
    from: CopyState,
    outcome: CopyOutcome,
    reason: string,
    columns?: CopyColumns,
  ) => Effect.Effect<void, CopyMovedElsewhere>
  /** Takes back what was promised to a copy that is compensating; it ends FAILED. */
  readonly compensated: (copy: Copy, reason: string) => Effect.Effect<void, CopyMovedElsewhere>
  /** Notes shares that went, and closes the copies that have none left. */
  readonly sharesGone: (
    condition: ConditionId,
    closed: ReadonlyArray<ClosedCopy>,
    cause: "sold" | "resolved",
  ) => Effect.Effect<void, CopyMovedElsewhere>
}

export const makeCopyEnds: Effect.Effect<
  CopyEnds,
  never,
  SqlClient.SqlClient | EventLog | Copies | PaperBook | BookModes | ServiceTracer
> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const tracer = yield* ServiceTracer
  const copies = yield* Copies
  const book = yield* PaperBook
  const modes = yield* BookModes
  const tellSettled = yield* makeTellSettled

  const decided: CopyEnds["decided"] = Effect.fnUntraced(function* (copy, outcome, costMicro, met) {
    yield* sql.afterCommit(Metric.update(counterFor(copy.strategy, outcome), 1))
    // The other lane knows fills; an exit is told by what its closings settle.
    if (copy.origin !== "fill") return
    yield* log.append([copyDecided(copy, outcome, costMicro, met)])
  })

  const skip: CopyEnds["skip"] = Effect.fnUntraced(function* (
    copy,
    from,
    outcome,
    reason,
    columns = {},
  ) {
    yield* copies.move(copy, from, "skipped", { ...columns, outcome, reason })
    if (from === "reserved" || from === "priced") {
      // After the reservation nothing but its age makes a copy too late.
      const as = outcome === "SKIPPED_DETECTION_LAG" ? "expired" : "voided"
      yield* book.release(copy, as, reason)
    }
    yield* decided(copy, outcome, 0)
  })

  const compensated: CopyEnds["compensated"] = Effect.fnUntraced(function* (copy, reason) {
    yield* copies.move(copy, "compensating", "compensated", { outcome: "FAILED", reason })
    yield* book.release(copy, "voided", reason)
    yield* decided(copy, "FAILED", 0)
  })

  const sharesGone: CopyEnds["sharesGone"] = Effect.fnUntraced(
    function* (condition, closed, cause) {
      const now = yield* Clock.currentTimeMillis
      for (const one of closed) {
        const [row] = yield* sql<{
          pnl: number
          traceparent: string | null
        }>`UPDATE copies SET pnl = coalesce(pnl, 0) + ${one.pnl}
          WHERE fill_id = ${hexToBytes(one.fillId)} AND strategy = ${one.strategy}
          RETURNING pnl, traceparent`.pipe(Effect.orDie)
        if (!one.last) continue
        yield* copies.move(one, "filled", "closed", { closed_at_ms: now })
        const settled = tellSettled({
          fill: one.fillId,
          strategy: one.strategy,
          wallet: one.wallet,
          condition,
          pnlMicro: row!.pnl,
          cause,
          sold: yield* soldOf(sql, one),
        })
        // The end of the trace that began with the leader's fill, whenever that was.
        yield* tracer.exporting
          ? settled.pipe(
              continuing(spans.settled, row!.traceparent, {
                [attributes.copyId]: one.fillId,
                [attributes.copyOutcome]: cause,
              }),
              tracer.within("settlement"),
            )
          : settled
      }
      const books = closed.map((one) => bookOf(one.strategy, one.wallet))
      for (const name of new Set(books)) yield* modes.mark(name)
    },
  )

  return { decided, skip, compensated, sharesGone }
})
