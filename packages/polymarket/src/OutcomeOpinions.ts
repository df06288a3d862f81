/**
 * What the venue's other hosts say of an outcome, to hold the resolution feed against: Gamma by the
 * last prices of a closed market, the CLOB by the winner among its tokens.
 *
 * Promises: an opinion is only what says clearly which outcomes pay; a price in between, a market still
 * open, a market without a winner are none. Halves confirm and never contradict: Gamma shows them for
 * markets that nobody traded, too. Never used to pay anything by itself.
 */
import { Array as Arr, Context, Effect, Layer, Result } from "effect"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import { ONE, price, type Price } from "@evaluator/domain/money/Micro"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { opened, unusable } from "./Answer.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import { RejectedRows } from "./RejectedRow.ts"
import { VenueHttp } from "./VenueHttp.ts"
import { type ClosedPrices, closedPricesOf } from "./wire/ClosedPricesRow.ts"
import { clobWinnersOf } from "./wire/ClobWinnersRow.ts"
import { decodeRows, keysetEnvelope, matching } from "./wire/Rows.ts"
import { spellingsOf } from "./wire/Scalar.ts"

/** Values of one repeated parameter that Gamma takes. */
const mostConditions = 20
/** A price this near to nothing or everything says who won. */
const near = 10_000

/** Payouts as a source sees them, in outcome order. */
export type OpinionPayouts = ReadonlyArray<Price>

export class OutcomeOpinions extends Context.Service<
  OutcomeOpinions,
  {
    /**
     * By condition, for any number of them; those that Gamma says nothing clear of are absent. Rows that
     * cannot be read are told to `RejectedRows`.
     */
    readonly ofGamma: (
      conditions: ReadonlyArray<ConditionId>,
    ) => Effect.Effect<ReadonlyMap<ConditionId, OpinionPayouts>, PolymarketError>
    /**
     * In the order of `tokens`, or in the CLOB's own when there are none; `null` when it says nothing
     * clear. Fails with `NotFound` for a condition it does not know.
     */
    readonly ofClob: (
      condition: ConditionId,
      tokens: ReadonlyArray<TokenId>,
    ) => Effect.Effect<OpinionPayouts | null, PolymarketError>
  }
>()("polymarket/OutcomeOpinions") {
  static readonly layer: Layer.Layer<OutcomeOpinions, never, VenueHttp> = Layer.effect(
    OutcomeOpinions,
    Effect.map(VenueHttp, (http) =>
      OutcomeOpinions.of({
        ofGamma: Effect.fnUntraced(function* (conditions: ReadonlyArray<ConditionId>) {
          const asked = new Set(conditions)
          const decode = matching(closedPricesOf, ({ condition }) =>
            asked.has(condition) ? null : `condition ${condition}`,
          )
          const spellings = Array.from(asked).flatMap(spellingsOf)
          const pages = yield* sideBySide(
            Arr.chunksOf(spellings, mostConditions),
            Effect.fnUntraced(function* (ids) {
              const answer = yield* http.get("markets", [
                ["limit", "100"],
                ["closed", "true"],
                ...ids.map((id) => ["condition_ids", id] as const),
              ])
              const envelope = yield* opened(answer, keysetEnvelope("markets"), null)
              const page = decodeRows(envelope, answer.request, decode)
              if (page.rejected.length > 0) {
                const hear = yield* RejectedRows
                yield* hear(page.rejected)
              }
              return page.rows
            }),
          )
          return new Map(
            pages.flat().flatMap((row) => {
              const payouts = payoutsOf(row)
              return payouts === null ? [] : [[row.condition, payouts] as const]
            }),
          )
        }),
        ofClob: Effect.fnUntraced(function* (
          condition: ConditionId,
          tokens: ReadonlyArray<TokenId>,
        ) {
          const answer = yield* http.get("clobOutcome", [], { segment: condition })
          const decode = matching(clobWinnersOf, (found) =>
            found.condition === condition ? null : `condition ${found.condition}`,
          )
          const found = decode(answer.json)
          if (Result.isFailure(found)) return yield* unusable(answer, found.failure)
          const { closed, halves, winners } = found.success
          const order = tokens.length === 0 ? found.success.tokens : tokens
          if (!closed) return null
          if (halves) return order.map(() => price(ONE / 2))
          return winners.length === 1 && order.includes(winners[0]!)
            ? order.map((token) => price(token === winners[0] ? ONE : 0))
            : null
        }),
      }),
    ),
  )
}

/** Prices that say who won, or that nobody did; null in between. */
const payoutsOf = ({ closed, prices }: ClosedPrices): OpinionPayouts | null => {
  if (!closed || prices.length === 0) return null
  if (prices.every((one) => one * 2 === ONE)) return prices
  const clear = prices.map((one) => (one <= near ? 0 : one >= ONE - near ? ONE : null))
  return clear.every((one) => one !== null) && clear.filter((one) => one === ONE).length === 1
    ? clear.map((one) => price(one!))
    : null
}

/** Whether all outcomes pay the same: no opinion against a winner. */
export const isHalves = (payouts: OpinionPayouts): boolean =>
  payouts.every((one) => one === payouts[0])
