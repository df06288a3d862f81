/**
 * Says which calls into SQLite kept their thread longer than any may: {@link longestMs}. Meanwhile no
 * timer, socket or fiber of the thread has its turn.
 *
 * Each is counted and logged with the statement, which has placeholders and no values.
 */
import { Effect, Layer } from "effect"
import { excerpt } from "@evaluator/sqlite/Parameters"
import { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

export const longestMs = 250

const slow = counterOf(metrics.slowStatements)

/** Watches the connections that are opened over it. */
export const layer = Layer.effect(
  StatementWatch,
  Effect.map(Effect.context<never>(), (context): StatementWatch => {
    const run = Effect.runForkWith(context)
    // On the page from the start: a counter that appears with its first count hides it from a rate.
    slow.updateUnsafe(0, context)
    return (sql, milliseconds) => {
      if (milliseconds <= longestMs) return
      slow.updateUnsafe(1, context)
      run(
        Effect.logWarning(
          `a call into SQLite took ${Math.round(milliseconds)} ms: ${excerpt(sql)}`,
        ),
      )
    }
  }),
)
