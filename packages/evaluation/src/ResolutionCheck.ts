/**
 * A final outcome held against what else is known of its market before anything is paid by it: as many
 * payouts as outcome tokens, a share of each outcome together worth one USDC, and nobody else who says
 * otherwise. Gamma's last prices are asked; where they say nothing clear or something else, the CLOB's
 * winner is, too.
 *
 * Promises: what one source contradicts is in doubt, whatever the others say. An outcome of which no
 * other source says anything is believed and called unconfirmed; one of which they cannot be asked
 * (an outage) waits.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToToken, type ConditionId, hexToBytes } from "@evaluator/domain/Id"
import type { Resolution } from "@evaluator/domain/market/Market"
import { formatMicro, ONE } from "@evaluator/domain/money/Micro"
import {
  isHalves,
  OutcomeOpinions,
  type OpinionPayouts,
} from "@evaluator/polymarket/OutcomeOpinions"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import type { Doubt } from "./stores/OutcomeDoubts.ts"

/** What is wrong, in words; null when nothing is. `tokens` is 0 when the facts are not known. */
export const contradictionOf = ({ payouts }: Resolution, tokens: number): string | null => {
  if (tokens > 0 && payouts.length !== tokens) {
    return `${payouts.length} payouts for ${tokens} outcome tokens`
  }
  // Thirds do not add up in millionths: one millionth an outcome is rounding.
  const sum = payouts.reduce((total, payout) => total + payout, 0)
  return Math.abs(sum - ONE) <= payouts.length
    ? null
    : `payouts add up to ${formatMicro(sum)}, not to 1`
}

export interface Opinion {
  readonly source: "gamma" | "clob"
  readonly payouts: OpinionPayouts
}

/** Whether an opinion says what was served; null when it does not speak of it. */
export const agreementOf = (served: Resolution, opinion: OpinionPayouts): boolean | null => {
  if (opinion.length !== served.payouts.length) return null
  if (opinion.every((one, index) => one === served.payouts[index])) return true
  return isHalves(opinion) ? null : false
}

export interface Checked {
  readonly doubts: ReadonlyArray<Doubt>
  /** Sources that said the same. */
  readonly confirmedBy: ReadonlyArray<Opinion["source"]>
}

export const payoutsInWords = (payouts: ReadonlyArray<number>): string =>
  payouts.map((payout) => formatMicro(payout)).join(" / ")

/** Holds what was served against the facts and the opinions. */
export const weigh = (
  served: Resolution,
  tokens: number,
  opinions: ReadonlyArray<Opinion>,
): Checked => {
  const contradiction = contradictionOf(served, tokens)
  const doubts: Array<Doubt> =
    contradiction === null ? [] : [{ source: "facts", said: contradiction }]
  const confirmedBy: Array<Opinion["source"]> = []
  for (const { payouts, source } of opinions) {
    const agrees = agreementOf(served, payouts)
    if (agrees === true) confirmedBy.push(source)
    if (agrees === false) doubts.push({ source, said: `pays ${payoutsInWords(payouts)}` })
  }
  return { doubts, confirmedBy }
}

const tokensOf = Effect.fnUntraced(function* (condition: ConditionId) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ token: Uint8Array }>`SELECT token FROM tokens
    WHERE condition = ${hexToBytes(condition)} ORDER BY outcome_index`
  return rows.map((row) => bytesToToken(row.token))
}, Effect.orDie)

/** A door's answer, or that it knows nothing; an outage stays a failure. */
const orNothing = <A>(asked: Effect.Effect<A, PolymarketError>) =>
  Effect.catch(asked, (error) =>
    error.reason._tag === "NotFound" ? Effect.succeed(null) : Effect.fail(error),
  )

const checkOne = Effect.fnUntraced(function* (
  served: Resolution,
  ofGamma: OpinionPayouts | undefined,
  gammaFailed: PolymarketError | null,
) {
  const door = yield* OutcomeOpinions
  const tokens = yield* tokensOf(served.condition)
  const opinions: Array<Opinion> =
    ofGamma === undefined ? [] : [{ source: "gamma", payouts: ofGamma }]
  const first = weigh(served, tokens.length, opinions)
  if (first.confirmedBy.length > 0) return first
  const clob = yield* orNothing(door.ofClob(served.condition, tokens))
  if (clob !== null) opinions.push({ source: "clob", payouts: clob })
  // Nobody spoke because somebody could not be asked.
  if (opinions.length === 0 && gammaFailed !== null) return yield* gammaFailed
  return weigh(served, tokens.length, opinions)
})

/** Checks final outcomes, by condition: weighed, or the failure that kept others from being asked. */
export const checkResolutions = Effect.fnUntraced(function* (served: ReadonlyArray<Resolution>) {
  const door = yield* OutcomeOpinions
  const gamma = yield* Effect.result(door.ofGamma(served.map(({ condition }) => condition)))
  const opinions = gamma._tag === "Success" ? gamma.success : new Map<ConditionId, OpinionPayouts>()
  const failed = gamma._tag === "Success" ? null : gamma.failure
  const checked = yield* sideBySide(served, (one) =>
    Effect.result(checkOne(one, opinions.get(one.condition), failed)),
  )
  return new Map(served.map((one, index) => [one.condition, checked[index]!] as const))
})
