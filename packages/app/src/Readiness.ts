/**
 * Whether copies can be decided, and what is worse than it should be: out of both lanes' conditions.
 *
 * A lane that does not answer is a part that is not well. Only what stops the deciding of copies makes
 * the service unready: the fast lane's silence, and its conditions that block. The rest is degraded.
 */
import { Effect } from "effect"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { PaperReports } from "@evaluator/paper/PaperReports"
import type { Condition } from "@evaluator/runtime/Conditions"
import type { HealthPart, Readiness } from "./http/HttpHandlers.ts"

export interface ReadinessParts<E> {
  /** The thread that answers, and how lately the other one beat. */
  readonly lanes: Effect.Effect<ReadonlyArray<HealthPart & { readonly blocks: boolean }>>
  readonly evaluation: Effect.Effect<ReadonlyArray<Condition>, E>
  readonly paper: Effect.Effect<ReadonlyArray<Condition>, E>
  /** Sentences from elsewhere, e.g. a halt. */
  readonly notes: Effect.Effect<ReadonlyArray<string>>
}

/** What is worse than it should be about copying, a sentence each. */
export const copyNotes = Effect.fnUntraced(function* (
  copies: Pick<PaperReports["Service"], "standingHalt" | "stuck" | "staleFeeds">,
  strategy: Strategy,
  staleAfterMs: number,
) {
  const halt = yield* copies.standingHalt(strategy)
  const stuck = yield* copies.stuck
  const stale = yield* copies.staleFeeds(staleAfterMs)
  return [
    ...(halt === null ? [] : [`copying is halted: ${halt.reason}`]),
    ...(stuck === 0 ? [] : [`${stuck} copies are stuck, see copies --state stuck`]),
    ...(stale === 0
      ? []
      : [`${stale} followed wallets have a stale feed: their purchases are not copied`]),
  ]
})

const named = (lane: string, conditions: ReadonlyArray<Condition>) =>
  conditions.map((condition) => ({ ...condition, name: `${lane} ${condition.name}` }))

const asked = <E>(
  lane: string,
  blocks: boolean,
  conditions: Effect.Effect<ReadonlyArray<Condition>, E>,
) =>
  conditions.pipe(
    Effect.map((all) => named(lane, all)),
    Effect.orElseSucceed(() => [
      { name: `${lane} conditions`, ok: false, blocks, says: "does not answer" },
    ]),
  )

export const readiness = <E>(parts: ReadinessParts<E>): Effect.Effect<Readiness> =>
  Effect.gen(function* () {
    const lanes = yield* parts.lanes
    const [mine, theirs] = yield* Effect.all(
      [asked("background", false, parts.evaluation), asked("fast", true, parts.paper)],
      { concurrency: 2 },
    )
    const all = [...lanes, ...mine, ...theirs]
    const notWell = all.filter((part) => !part.ok)
    return {
      ready: notWell.every((part) => !part.blocks),
      parts: all.map(({ name, ok, says }) => ({ name, ok, says })),
      degraded: [...notWell.map(({ name, says }) => `${name}: ${says}`), ...(yield* parts.notes)],
    }
  })
