/**
 * An owner's approval of a wallet that is paper traded, asked for under `evaluation.approve-wallet`.
 *
 * Promises: a move is stored like one of the rules, with its own reason, its style kept as the
 * baseline of later drift, and announced as `WalletRulesEvaluated`; a refusal changes nothing and
 * says why. Breaches stop an approved wallet whoever approved it.
 */
import { Clock, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes, WalletAddress } from "@evaluator/domain/Id"
import { driftOf, styleOf } from "@evaluator/domain/wallet/RuleGates"
import { approveByOwner, type RulesState } from "@evaluator/domain/wallet/WalletRules"
import { EventLog } from "@evaluator/runtime/EventLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { featuresOf } from "./stores/Judgements.ts"
import { standingOf, storeDecision } from "./stores/Rules.ts"

export const approvalRequest = "evaluation.approve-wallet"

/** Plain JSON: `refused` is null when the wallet moved. */
export interface ApprovalAnswer {
  readonly from: RulesState | null
  readonly to: RulesState | null
  readonly refused: string | null
}

const refusal = (why: string, state: RulesState | null): ApprovalAnswer => ({
  from: state,
  to: state,
  refused: why,
})

export const approveWallet = Effect.fnUntraced(
  function* (wallet: WalletAddress) {
    const now = yield* Clock.currentTimeMillis
    const key = hexToBytes(wallet)
    const standing = yield* standingOf(key)
    if (standing === null) return refusal("it is not on the watchlist", null)
    const approval = approveByOwner(standing)
    if (approval.kind === "refused") return refusal(approval.why, standing.state)
    const month = (yield* featuresOf(key)).get(30) ?? null
    const baseline = month === null ? null : styleOf(month)
    yield* storeDecision(
      standing,
      approval.decision,
      { baseline, drift: driftOf({ baseline, month }) },
      now,
    )
    const answer: ApprovalAnswer = {
      from: standing.state,
      to: approval.decision.to,
      refused: null,
    }
    return answer
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie),
)

/** Serves the request to the other lane's side of the link. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const link = yield* LaneLink
    const context = yield* Effect.context<SqlClient.SqlClient | EventLog>()
    yield* link.serve(approvalRequest, (payload) =>
      Schema.decodeUnknownEffect(WalletAddress)(payload).pipe(
        Effect.flatMap(approveWallet),
        Effect.provideContext(context),
      ),
    )
  }),
)
