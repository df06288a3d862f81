/**
 * The copy saga: a leader's fill becomes a paper trade, or the reason why not.
 *
 * `detected → reviewed → reserved → priced → filled`, a row before each step. The reservation is
 * acquired and released: when a later step fails its release takes the promise back and the copy ends
 * skipped or compensated; on interruption it leaves the row to {@link Recover}. The copies of a fill,
 * one a strategy, are decided together and share the book they meet; from the reservation on each is
 * on its own. Fills are decided in a bounded pool, those of one outcome token in the order they were
 * submitted; what cannot be decided in time ends SKIPPED_OVERLOAD. An order on its way keeps no slot and
 * nobody from being decided, but a sale waits for the purchases of its wallet and token: it sells what
 * they buy.
 * Promises: exactly one outcome a copy, whoever else pushes it.
 */
import { Cause, Clock, Context, Effect, Exit, Layer, Option } from "effect"
import { copyMoves } from "@evaluator/domain/paper/CopyState"
import type { QueueCounters } from "@evaluator/runtime/Backlogs"
import { Causation } from "@evaluator/telemetry/Causation"
import * as FastPath from "@evaluator/runtime/FastPath"
import { consuming } from "@evaluator/telemetry/Messaging"
import { attributes } from "@evaluator/telemetry/Names"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import type { CopyMovedElsewhere } from "./Copies.ts"
import type { Copy, CopyKey } from "./CopyRow.ts"
import { CopyRefused, makeCopySteps } from "./CopySteps.ts"
import { type DecisionSummary, makeDecisionTimes } from "./DecisionTimes.ts"
import { LaterFills } from "./LaterFills.ts"
import { type FoundBook, OrderBooks } from "./OrderBooks.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { PurchasesOnTheirWay } from "./PurchasesOnTheirWay.ts"
import { Settlement } from "./Settlement.ts"
import { isAtLeaderPrice } from "./Strategies.ts"

const keyOf = ({ fillId, strategy }: CopyKey): string => `${fillId} ${strategy}`

export class CopyTrade extends Context.Service<
  CopyTrade,
  {
    /**
     * Hands over the copies of one fill, one a strategy, from whatever state they are in. `since`: when
     * the fill was decoded, if it was just now.
     */
    readonly submit: (ofFill: ReadonlyArray<Copy>, since: bigint | null) => Effect.Effect<void>
    /** A fiber is at work on the copy, or it waits for one. */
    readonly holds: (key: CopyKey) => boolean
    /** Ends a copy that is too old to go on. */
    readonly expire: (copy: Copy, reason: string) => Effect.Effect<void>
    /** The monotonic clock, for `since`. */
    readonly now: Effect.Effect<bigint>
    readonly counters: Effect.Effect<QueueCounters>
    /** Fills that wait to be decided, or are being decided. */
    readonly waiting: Effect.Effect<number>
    readonly decisions: Effect.Effect<DecisionSummary>
  }
>()("paper/CopyTrade") {
  static readonly layer = Layer.effect(
    CopyTrade,
    Effect.gen(function* () {
      const books = yield* OrderBooks
      const later = yield* LaterFills
      const tracer = yield* ServiceTracer
      const settlement = yield* Settlement
      const steps = yield* makeCopySteps
      const decisions = yield* makeDecisionTimes
      const { paper } = yield* PaperSettings
      const held = new Set<string>()
      const purchases = new PurchasesOnTheirWay()
      const letGo = (ofFill: ReadonlyArray<Copy>) =>
        Effect.sync(() => ofFill.forEach((copy) => held.delete(keyOf(copy))))
      const pool = yield* FastPath.make({
        name: "fills-to-copy",
        slots: paper.slots,
        inFlight: paper.orders_in_flight,
        capacity: paper.waiting,
        deadline: paper.deadline,
        // Of the other lane's log.
        on: ["TradesIngested", "PositionsChanged"],
        emits: ["CopyDecided", "CopySettled"],
      })

      /** The book at the moment our order would arrive. */
      const meetBook = Effect.fnUntraced(function* (
        copy: Copy,
      ): Effect.fn.Return<FoundBook, CopyRefused> {
        const now = yield* Clock.currentTimeMillis
        if (copy.arriveAtMs! > now) yield* Effect.sleep(copy.arriveAtMs! - now)
        return yield* books.meet(copy.fill.token).pipe(
          Effect.mapError(
            (error) =>
              new CopyRefused({
                fillId: copy.fillId,
                outcome: "SKIPPED_NO_BOOK",
                reason: `no order book: ${error.message}`,
              }),
          ),
        )
      })

      const inState = (of: ReadonlyArray<Copy>, ...states: ReadonlyArray<Copy["state"]>) =>
        of.filter((copy) => states.includes(copy.state))

      /** Decides the copies of a fill; answers with those that have money set aside. */
      const reserve = Effect.fnUntraced(function* (
        ofFill: ReadonlyArray<Copy>,
        since: bigint | null,
      ) {
        const open = inState(ofFill, "detected", "reviewed")
        const reserved = open.length === 0 ? [] : yield* steps.decide(open)
        if (reserved.length > 0 && since !== null) yield* decisions.note(since)
        return [...inState(ofFill, "reserved", "priced"), ...reserved]
      })

      const undo = Effect.fnUntraced(function* (copy: Copy, cause: Cause.Cause<unknown>) {
        if (Cause.hasInterruptsOnly(cause)) return
        const failure = Cause.findErrorOption(cause)
        const error = Option.getOrNull(failure)
        if (error instanceof CopyRefused) {
          yield* skipNow(copy, error.outcome, error.reason)
        } else if (error === null) {
          yield* steps.compensate(copy, Cause.pretty(cause))
        }
      }, ignoreMoved)

      /** Skips from the state the copy is in by now. */
      const skipNow = Effect.fnUntraced(function* (
        copy: Copy,
        outcome: CopyRefused["outcome"],
        reason: string,
      ) {
        const now = yield* steps.find(copy)
        if (now === null || !copyMoves[now.state].includes("skipped")) return
        yield* steps.skip(now, now.state, outcome, reason)
        if (outcome === "SKIPPED_MARKET_CLOSED") yield* settlement.hint(copy.fill.condition)
      })

      /** From the reservation on, with the undo beside it. `meet` is shared by the copies of a fill. */
      const order = Effect.fnUntraced(
        function* (copy: Copy, meet: Effect.Effect<FoundBook, CopyRefused>) {
          const reserved = yield* Effect.acquireRelease(Effect.succeed(copy), (acquired, exit) =>
            Exit.isSuccess(exit) ? Effect.void : undo(acquired, exit.cause),
          )
          if (isAtLeaderPrice(reserved.strategy) && reserved.state === "reserved") {
            return yield* steps.fillAtLeader(reserved)
          }
          const priced =
            reserved.state === "priced"
              ? reserved
              : yield* meet.pipe(Effect.flatMap((book) => steps.price(reserved, book)))
          yield* steps.fill(priced)
          yield* later.note(priced)
        },
        Effect.scoped,
        Effect.catchTag("CopyRefused", () => Effect.void),
        (effect) => ignoreMoved(effect),
      )

      const saga = Effect.fnUntraced(function* (
        ofFill: ReadonlyArray<Copy>,
        since: bigint | null,
        decided: Effect.Effect<void>,
      ) {
        for (const copy of inState(ofFill, "compensating")) {
          yield* ignoreMoved(steps.compensate(copy, "it was being undone when the process ended"))
        }
        const reserved = yield* reserve(ofFill, since)
        if (reserved.length === 0) return
        const { fill } = reserved[0]!
        yield* books.want(fill.token)
        // Copies reserved together arrive together and meet the same book.
        const met = new Map<number, Effect.Effect<FoundBook, CopyRefused>>()
        for (const copy of reserved) {
          const at = copy.arriveAtMs!
          if (!met.has(at)) met.set(at, yield* Effect.cached(meetBook(copy)))
        }
        const orders = Effect.forEach(
          reserved,
          (copy) => Effect.exit(order(copy, met.get(copy.arriveAtMs!)!)),
          { concurrency: "unbounded" },
        )
        yield* purchases.during(
          fill,
          decided.pipe(
            Effect.andThen(orders),
            // One that breaks must not take the others with it: its failure is told when all have ended.
            Effect.flatMap(Exit.asVoidAll),
          ),
        )
      })

      /** `decided`: the next fill of the token may be. */
      const run = (
        ofFill: ReadonlyArray<Copy>,
        since: bigint | null,
        decided: Effect.Effect<void>,
      ) => {
        const copy = ofFill[0]!
        const work = saga(ofFill, since, decided)
        const told = tracer.exporting
          ? work.pipe(
              consuming({
                destination: "fills-to-copy",
                traceparent: copy.detected.traceparent,
                messageId: copy.fillId,
                attributes: { [attributes.copyId]: copy.fillId },
              }),
              tracer.within("paper-saga"),
            )
          : work
        return told.pipe(caused(copy), Effect.ensuring(letGo(ofFill)))
      }

      const end = (copy: Copy, outcome: CopyRefused["outcome"], reason: string) =>
        skipNow(copy, outcome, reason).pipe(ignoreMoved, caused(copy))

      const submit = (copies: ReadonlyArray<Copy>, since: bigint | null) =>
        Effect.suspend(() => {
          const ofFill = copies.filter((copy) => !held.has(keyOf(copy)))
          if (ofFill.length === 0) return Effect.void
          for (const copy of ofFill) held.add(keyOf(copy))
          const { fill } = ofFill[0]!
          return pool.submit({
            key: fill.token,
            behind: () => purchases.before(fill),
            run: (decided) => run(ofFill, since, decided),
            shed: Effect.forEach(
              ofFill,
              (copy) => end(copy, "SKIPPED_OVERLOAD", "it could not start in time"),
              { discard: true },
            ).pipe(Effect.ensuring(letGo(ofFill))),
          })
        })

      return CopyTrade.of({
        submit,
        holds: (key) => held.has(keyOf(key)),
        expire: (copy, reason) =>
          copy.state === "compensating"
            ? steps.compensate(copy, reason).pipe(ignoreMoved, caused(copy))
            : end(copy, "SKIPPED_DETECTION_LAG", reason).pipe(
                // One whose promise cannot be taken back must not keep the lane from starting.
                Effect.catchDefect((defect) =>
                  steps.compensate(copy, String(defect)).pipe(ignoreMoved, caused(copy)),
                ),
              ),
        now: decisions.now,
        counters: pool.counters,
        waiting: pool.waiting,
        decisions: decisions.summary,
      })
    }),
  )
}

/** Whoever moved the copy brings it to its end. */
const ignoreMoved = <A, E, R>(
  effect: Effect.Effect<A, E | CopyMovedElsewhere, R>,
): Effect.Effect<A | void, Exclude<E, CopyMovedElsewhere>, R> =>
  Effect.catchTag(
    effect as Effect.Effect<A, CopyMovedElsewhere, R>,
    "CopyMovedElsewhere",
    (error) => Effect.logDebug("a copy was moved by another fiber", error),
  ) as Effect.Effect<A | void, Exclude<E, CopyMovedElsewhere>, R>

/** Events of a copy name what brought the fill here, also after a restart. */
const caused =
  ({ detected: { correlationId, causationId } }: Copy) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    correlationId === null || causationId === null
      ? effect
      : Effect.provideService(effect, Causation, { correlationId, causationId })
