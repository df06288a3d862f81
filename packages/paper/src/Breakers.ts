/**
 * Halts of a strategy: by whom and why, from when until when; kept in rows, so a restart keeps them.
 *
 * Promises: from the commit of a halt on no copy of the strategy spends money: reviews refuse it and
 * copies on their way are undone before they fill. Every halt and resume leaves an audit row.
 * Does not: close positions; what is open settles as always.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { EventLog } from "@evaluator/runtime/EventLog"
import { transacting } from "./CommitPoints.ts"
import { BookModes } from "./BookModes.ts"

export interface Halt {
  readonly id: number
  readonly strategy: Strategy
  readonly reason: string
  readonly fromMs: number
  /** Null: until somebody resumes. */
  readonly untilMs: number | null
}

interface HaltRow {
  readonly id: number
  readonly strategy: Strategy
  readonly reason: string
  readonly from_ms: number
  readonly until_ms: number | null
}

const toHalt = (row: HaltRow): Halt => ({
  id: row.id,
  strategy: row.strategy,
  reason: row.reason,
  fromMs: row.from_ms,
  untilMs: row.until_ms,
})

export class Breakers extends Context.Service<
  Breakers,
  {
    /** Halts a strategy, `portfolio` when none is named, until a time or until it is resumed. */
    readonly halt: (order: {
      readonly strategy?: Strategy
      readonly reason: string
      readonly untilMs: number | null
    }) => Effect.Effect<void>
    /**
     * Lifts every standing halt of a strategy, those of its books' drawdowns too; answers with how many
     * there were.
     */
    readonly resume: (order: {
      readonly strategy?: Strategy
      readonly reason: string
    }) => Effect.Effect<number>
    /** The halt that holds a strategy at a time, or null. Answers from memory. */
    readonly standing: (strategy: Strategy, nowMs: number) => Halt | null
  }
>()("paper/Breakers") {
  static readonly layer = Layer.effect(
    Breakers,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      const modes = yield* BookModes

      const readStanding = sql<HaltRow>`SELECT id, strategy, reason, from_ms, until_ms FROM halts
        WHERE lifted_at_ms IS NULL ORDER BY id`.pipe(
        Effect.map((rows) => rows.map(toHalt)),
        Effect.orDie,
      )
      let halts = yield* readStanding

      const audit = (atMs: number, verb: "halt" | "resume", subject: Strategy, reason: string) =>
        sql`INSERT INTO audits ${sql.insert({ at_ms: atMs, verb, subject, reason })}`

      const halt: Breakers["Service"]["halt"] = Effect.fnUntraced(
        function* ({ reason, strategy = "portfolio", untilMs }) {
          const now = yield* Clock.currentTimeMillis
          const [row] = yield* sql<HaltRow>`INSERT INTO halts ${sql.insert({
            strategy,
            reason,
            from_ms: now,
            until_ms: untilMs,
          })} RETURNING id, strategy, reason, from_ms, until_ms`
          yield* audit(now, "halt", strategy, reason)
          // The strategies beside the portfolio are evidence; nobody's money stands still.
          if (strategy === "portfolio") {
            yield* log.append([{ type: "PortfolioHalted", payload: { reason, untilMs } }])
          }
          yield* sql.afterCommit(
            Effect.sync(() => {
              halts = [...halts, toHalt(row!)]
            }),
          )
        },
        (effect) => transacting(sql, "halt")(effect).pipe(Effect.orDie),
      )

      const resume: Breakers["Service"]["resume"] = Effect.fnUntraced(
        function* ({ reason, strategy = "portfolio" }) {
          const now = yield* Clock.currentTimeMillis
          const lifted = yield* sql<{ id: number }>`UPDATE halts SET lifted_at_ms = ${now}
            WHERE strategy = ${strategy} AND lifted_at_ms IS NULL RETURNING id`
          yield* audit(now, "resume", strategy, reason)
          yield* sql.afterCommit(
            Effect.sync(() => {
              halts = halts.filter((one) => !lifted.some((row) => row.id === one.id))
            }),
          )
          const fallen = yield* sql<{ book: string }>`SELECT book FROM book_modes
            WHERE mode <> 'ACTIVE' AND (book = ${strategy} OR book LIKE ${`${strategy}:%`})`
          for (const { book } of fallen) yield* modes.forgive(book)
          return lifted.length + fallen.length
        },
        (effect) => transacting(sql, "resume")(effect).pipe(Effect.orDie),
      )

      const standing = (strategy: Strategy, nowMs: number) =>
        halts.find(
          (one) => one.strategy === strategy && (one.untilMs === null || nowMs < one.untilMs),
        ) ?? null

      return Breakers.of({ halt, resume, standing })
    }),
  )
}
