/**
 * Pays out what is held in resolved markets: each open lot at its own outcome's payout, 0, 1 or a
 * fraction; its copy closes with the profit or loss. Payouts corrected later are corrected in the
 * ledger too.
 *
 * Hints come with resolutions; the truth is a query for open lots whose condition has a known
 * resolution, asked by a job. Promises: a lot is paid once, whoever holds it now, also for wallets
 * no longer followed.
 * A lot whose outcome the payouts do not name is kept as a dead letter and left out from then on, until
 * payouts name it or the letter is redriven.
 * Does not: pay lots while a sale of the same book, wallet and token is on its way or stuck; the next hint
 * or sweep does.
 * Limits: {@link lotsAtOnce} lots a transaction, {@link conditionsAtOnce} conditions a query; a sweep goes
 * through all there are, so that those which have to wait hold nobody up.
 */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { bytesToBareHex, bytesToHex, type ConditionId, hexToBytes } from "@evaluator/domain/Id"
import type { Price } from "@evaluator/domain/money/Micro"
import * as Backlog from "@evaluator/runtime/Backlog"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { transacting } from "./CommitPoints.ts"
import { makeCopyEnds } from "./CopyEnds.ts"
import { MarketReplica } from "./MarketReplica.ts"
import { type ClosedCopy, type OpenLot, PaperBook } from "./PaperBook.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { Reversals } from "./Reversals.ts"
import { StreamedFills } from "./StreamedFills.ts"

export const lotsAtOnce = 100
export const conditionsAtOnce = 200

/** An open lot whose outcome the payouts of its condition do not name. */
interface UnnamedLot {
  readonly id: number
  readonly fill_id: Uint8Array
  readonly outcome_index: number
}

const subjectOf = (lotId: number) => `lot ${lotId}`

/** Of a lot `l`: it is no dead letter. */
const unburied = (sql: SqlClient.SqlClient) =>
  sql`NOT EXISTS (SELECT 1 FROM dead_letters d
    WHERE d.source = 'settlement' AND d.subject = 'lot ' || l.id)`

const nothingPaid = { paid: 0, more: false }

export class Settlement extends Context.Service<
  Settlement,
  {
    /** The condition may have something to pay out. */
    readonly hint: (condition: ConditionId) => Effect.Effect<void>
    /** Takes back what has had to wait, pays everything that can be paid; answers with the number of lots. */
    readonly sweep: Effect.Effect<number>
  }
>()("paper/Settlement") {
  static readonly layer = Layer.effect(
    Settlement,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const markets = yield* MarketReplica
      const book = yield* PaperBook
      const ends = yield* makeCopyEnds
      const reversals = yield* Reversals
      const streamed = yield* StreamedFills
      const tracer = yield* ServiceTracer
      const { paper } = yield* PaperSettings

      const unnamedLots = (condition: ConditionId, outcomes: number) =>
        sql<UnnamedLot>`SELECT id, fill_id, outcome_index FROM lots l
          WHERE condition_id = ${hexToBytes(condition)} AND open_size > 0
            AND outcome_index >= ${outcomes} AND ${unburied(sql)} ORDER BY id LIMIT ${lotsAtOnce}`

      const bury = Effect.fnUntraced(function* (lot: UnnamedLot, condition: ConditionId) {
        yield* DeadLetters.write({
          source: "settlement",
          subject: subjectOf(lot.id),
          cause: `the resolution of ${condition} says nothing of outcome ${lot.outcome_index}`,
          attempts: 1,
          payload: JSON.stringify({ fillId: bytesToBareHex(lot.fill_id), condition }),
        }).pipe(Effect.provideService(SqlClient.SqlClient, sql))
        yield* Effect.logError(`lot ${lot.id} of ${condition} has no payout and stays open`)
      })

      /** Payouts that were corrected may name what they did not. */
      const unbury = (paid: ReadonlyArray<OpenLot>) =>
        paid.length === 0
          ? Effect.void
          : sql`DELETE FROM dead_letters WHERE source = 'settlement'
              AND ${sql.in(
                "subject",
                paid.map(({ id }) => subjectOf(id)),
              )}`

      /** What was paid by payouts that were corrected since. */
      const correct = Effect.fnUntraced(function* (
        condition: ConditionId,
        payouts: ReadonlyArray<Price>,
      ) {
        const due = yield* sql`SELECT 1 FROM resolutions
          WHERE condition_id = ${hexToBytes(condition)} AND correction_due = 1`
        if (due.length === 0) return
        if (yield* reversals.correct(condition, payouts)) {
          yield* sql`UPDATE resolutions SET correction_due = 0
            WHERE condition_id = ${hexToBytes(condition)}`
        } else {
          yield* Effect.logWarning(
            `payouts of ${condition} cannot all be corrected yet: a book lacks the cash; the next sweep tries again`,
          )
        }
      })

      /** One transaction. */
      const payOnce = Effect.fnUntraced(
        function* (condition: ConditionId) {
          const payouts = yield* markets.payouts(condition)
          if (payouts === null) return nothingPaid
          const lots = yield* book.payableLots(condition, lotsAtOnce, payouts.length)
          const closed: Array<ClosedCopy> = []
          for (const lot of lots) closed.push(yield* book.payOut(lot, payouts[lot.outcomeIndex]!))
          yield* unbury(lots)
          const unnamed = yield* unnamedLots(condition, payouts.length)
          for (const lot of unnamed) yield* bury(lot, condition)
          yield* ends.sharesGone(condition, closed, "resolved")
          yield* correct(condition, payouts)
          return {
            paid: closed.length,
            more: lots.length === lotsAtOnce || unnamed.length === lotsAtOnce,
          }
        },
        (effect) => transacting(sql, "settle")(effect).pipe(Effect.orDie),
      )

      const settle = Effect.fnUntraced(function* (condition: ConditionId) {
        let all = 0
        for (;;) {
          const { paid, more } = yield* payOnce(condition)
          all += paid
          if (!more) return all
        }
      })

      const settleInSpan = (condition: ConditionId) =>
        settle(condition).pipe(
          Effect.withSpan("settle market", { attributes: { condition } }),
          tracer.within("settlement"),
        )

      const backlog = yield* Backlog.make({
        name: "markets-to-settle",
        capacity: 1024,
        workers: 1,
        whenFull: "drop",
        timeout: "1 minute",
        // By then the sweep has paid what waits.
        worstDelay: paper.sweep_every,
        on: ["MarketResolved"],
        emits: ["CopySettled"],
        key: (condition: ConditionId) => condition,
        handle: (condition: ConditionId) => Effect.asVoid(settleInSpan(condition)),
      })

      const payableAfter = (after: Uint8Array) =>
        sql<{ condition_id: Uint8Array }>`
          SELECT l.condition_id FROM lots l
          JOIN resolutions r ON r.condition_id = l.condition_id
          WHERE l.open_size > 0 AND l.condition_id > ${after}
            AND (l.outcome_index < json_array_length(r.payouts) OR ${unburied(sql)})
          UNION SELECT condition_id FROM resolutions
          WHERE correction_due = 1 AND condition_id > ${after}
          ORDER BY condition_id LIMIT ${conditionsAtOnce}`.pipe(Effect.orDie)

      const sweep = Effect.gen(function* () {
        yield* streamed.sweep
        let paid = 0
        let after: Uint8Array = new Uint8Array()
        for (;;) {
          const rows = yield* payableAfter(after)
          for (const row of rows) {
            paid += yield* settleInSpan(bytesToHex(row.condition_id) as ConditionId)
          }
          if (rows.length < conditionsAtOnce) return paid
          after = rows.at(-1)!.condition_id
          yield* Effect.yieldNow
        }
      })

      return Settlement.of({ hint: backlog.offer, sweep })
    }),
  )
}
