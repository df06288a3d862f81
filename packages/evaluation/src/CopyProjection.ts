/**
 * Keeps the results of our own copies beside the wallets they speak about: the paper lane's
 * `CopyDecided` and `CopySettled`, applied in the transaction that moves the cursor.
 *
 * After a rewind (a restored file) the paper lane is asked for its results page by page under
 * `paper.copy-results`; while it does not answer, evidence starts from the head of its log, and that
 * is logged.
 */
import { Context, Effect, Layer, Result, Schema } from "effect"
import { type DomainEvent, decodeEvent, Envelope } from "@evaluator/domain/event/DomainEvent"
import * as Bridge from "@evaluator/runtime/Bridge"
import { LaneLink, type LaneLinkError } from "@evaluator/runtime/LaneLink"
import { LeastSettle } from "@evaluator/runtime/Supervisor"
import { storeDecided, storeSettled } from "./stores/CopyResults.ts"

const CopyResultsPage = Schema.Struct({
  /** `CopyDecided` and `CopySettled` as their envelopes. */
  events: Schema.Array(Envelope),
  next: Schema.NullOr(Schema.String),
})
/** Most pages that a rewind asks for. */
const rewindPages = 10_000

const apply = Effect.fnUntraced(function* (envelope: Envelope) {
  if (envelope.type !== "CopyDecided" && envelope.type !== "CopySettled") return
  const event: DomainEvent = yield* Effect.fromResult(decodeEvent(envelope))
  if (event.type === "CopyDecided") yield* storeDecided(event.payload)
  if (event.type === "CopySettled") yield* storeSettled(event.id, event.atMs, event.payload)
})

const rewound = Effect.gen(function* () {
  const link = yield* LaneLink
  let after: string | null = null
  for (let turn = 0; turn < rewindPages; turn++) {
    const answer: Result.Result<unknown, LaneLinkError> = yield* Effect.result(
      link.ask("paper.copy-results", { after }),
    )
    if (Result.isFailure(answer)) {
      yield* Effect.logInfo(
        "the paper lane gives no copy results: evidence starts at the head of its log",
        answer.failure.message,
      )
      return
    }
    const page: typeof CopyResultsPage.Type = yield* Schema.decodeUnknownEffect(CopyResultsPage)(
      answer.success,
    )
    yield* Effect.forEach(page.events, apply, { discard: true })
    if (page.next === null) return
    after = page.next
  }
})

export class CopyProjection extends Context.Service<
  CopyProjection,
  {
    /** Applies what the paper lane has said until now. */
    readonly catchUp: Effect.Effect<void>
  }
>()("evaluation/CopyProjection") {
  static readonly layer = Layer.effect(
    CopyProjection,
    Effect.gen(function* () {
      const { catchUp } = yield* Bridge.subscribe({
        subscriber: "evaluation",
        consumer: "ranking",
        logName: "paper",
        handle: apply,
        rewound,
        settle: yield* LeastSettle,
      })
      const context = yield* Effect.context<Effect.Services<typeof catchUp>>()
      return { catchUp: Effect.provideContext(catchUp, context) }
    }),
  )
}
