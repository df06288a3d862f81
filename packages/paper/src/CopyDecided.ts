/**
 * What the other lane is told of a copy that has its outcome: when it has it, and again, word for word, when
 * that lane asks for all.
 */
import type { CopyMet, EventDraft } from "@evaluator/domain/event/DomainEvent"
import type { CopyOutcome } from "@evaluator/domain/paper/CopyOutcome"
import type { Copy } from "./CopyRow.ts"

export const copyDecided = (
  { fill, strategy }: Copy,
  outcome: CopyOutcome,
  costMicro: number,
  met: CopyMet | undefined,
): EventDraft => ({
  type: "CopyDecided",
  payload: {
    fill: fill.id,
    strategy,
    wallet: fill.wallet,
    condition: fill.condition,
    outcome,
    costMicro,
    leaderAtMs: fill.atMs,
    ...(met !== undefined && { met }),
  },
})
