/**
 * Where the three ways a fill can reach us meet: hints over the bridge, the venue's own stream, polls.
 *
 * Promises: a fill of a followed wallet, made while it was followed, gets its `detected` row once
 * whatever brings it and however often, and its saga starts after that row is committed. Other
 * fills are passed over.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { Causation } from "@evaluator/telemetry/Causation"
import { producing } from "@evaluator/telemetry/Messaging"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { transacting } from "./CommitPoints.ts"
import { Copies } from "./Copies.ts"
import { byFill, type Copy, type DetectedVia } from "./CopyRow.ts"
import { CopyTrade } from "./CopyTrade.ts"
import { FollowList } from "./FollowList.ts"
import { StreamedFills } from "./StreamedFills.ts"

export class Detection extends Context.Service<
  Detection,
  {
    /** Takes fills in, oldest first; in the caller's transaction when there is one. Answers with how many were new. */
    readonly detect: (
      fills: ReadonlyArray<Fill>,
      via: DetectedVia,
      /** When they could first be seen; now when absent. */
      visibleAtMs?: number,
    ) => Effect.Effect<number>
    /** Something came over the bridge or the stream: hints flow. */
    readonly hinted: Effect.Effect<void>
    /** When something last came; 0 before the first. */
    readonly lastHintMs: Effect.Effect<number>
  }
>()("paper/Detection") {
  static readonly layer = Layer.effect(
    Detection,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const copies = yield* Copies
      const follows = yield* FollowList
      const trades = yield* CopyTrade
      const tracer = yield* ServiceTracer
      const streamed = yield* StreamedFills
      let lastHint = 0

      /** Each new fill is sent by a span of its own, which its rows carry: the pair survives a restart. */
      const sent = (fresh: ReadonlyArray<Copy>) =>
        Effect.forEach(byFill(fresh), (ofFill) =>
          producing(
            {
              destination: "fills-to-copy",
              consumer: "paper-saga",
              messageId: ofFill[0]!.fillId,
              kept: true,
            },
            (traceparent) =>
              Effect.as(
                sql`UPDATE copies SET traceparent = ${traceparent}
                  WHERE fill_id = ${hexToBytes(ofFill[0]!.fillId)}`,
                ofFill.map((copy) => ({ ...copy, detected: { ...copy.detected, traceparent } })),
              ),
          ),
        ).pipe(
          Effect.map((all) => all.flat()),
          tracer.within("fast-path"),
        )

      const write = Effect.fnUntraced(
        function* (fills: ReadonlyArray<Fill>, via: DetectedVia, visibleAtMs: number | undefined) {
          const now = yield* Clock.currentTimeMillis
          const since = yield* trades.now
          const causation = yield* Causation
          const detected = yield* copies.detect(fills, {
            via,
            atMs: now,
            visibleAtMs: visibleAtMs ?? now,
            correlationId: causation?.correlationId ?? null,
            causationId: causation?.causationId ?? null,
            traceparent: null,
          })
          if (via === "feed") {
            yield* streamed.announced(byFill(detected).map(([copy]) => copy!.fill))
          }
          const fresh = tracer.exporting && detected.length > 0 ? yield* sent(detected) : detected
          yield* sql.afterCommit(
            Effect.forEach(byFill(fresh), (ofFill) => trades.submit(ofFill, since), {
              discard: true,
            }),
          )
          return byFill(fresh).length
        },
        (effect) => transacting(sql, "detect")(effect).pipe(Effect.orDie),
      )

      const detect = Effect.fnUntraced(function* (
        fills: ReadonlyArray<Fill>,
        via: DetectedVia,
        visibleAtMs?: number,
      ) {
        const ours = fills.filter(follows.covers)
        return ours.length === 0 ? 0 : yield* write(ours, via, visibleAtMs)
      })

      const hinted = Effect.map(Clock.currentTimeMillis, (now) => {
        lastHint = now
      })

      return Detection.of({ detect, hinted, lastHintMs: Effect.sync(() => lastHint) })
    }),
  )
}
