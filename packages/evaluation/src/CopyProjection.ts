/**
 * Keeps the results of our own copies beside the wallets they speak about: the paper lane's
 * `CopyDecided` and `CopySettled`, applied in the transaction that moves the cursor.
 *
 * After a rewind (a restored file) the paper lane is asked for all results, page by page under
 * `paper.copy-results`, each page a transaction: what it names is stored, what it no longer names goes.
 * Until all pages have come the cursor stays.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type DomainEvent, decodeEvent, Envelope } from "@evaluator/domain/event/DomainEvent"
import * as Bridge from "@evaluator/runtime/Bridge"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { LeastSettle } from "@evaluator/runtime/Supervisor"
import {
  forgetDecided,
  forgetSettled,
  type Span,
  storeDecided,
  storeSettled,
} from "./stores/CopyResults.ts"

const CopyResultsPage = Schema.Struct({
  /** `CopyDecided` and `CopySettled` as their envelopes, in the order of their ids. */
  events: Schema.Array(Envelope),
  next: Schema.NullOr(Schema.String),
})
type CopyResultsPage = typeof CopyResultsPage.Type

/** Each kind of page with what removes the rows of its span that it does not name. */
const kinds = { decided: forgetDecided, settled: forgetSettled } as const

const apply = Effect.fnUntraced(function* (envelope: Envelope) {
  if (envelope.type !== "CopyDecided" && envelope.type !== "CopySettled") return
  const event: DomainEvent = yield* Effect.fromResult(decodeEvent(envelope))
  if (event.type === "CopyDecided") yield* storeDecided(event.payload)
  if (event.type === "CopySettled") yield* storeSettled(event.id, event.atMs, event.payload)
})

const takePage = Effect.fnUntraced(
  function* (kind: keyof typeof kinds, { events }: CopyResultsPage, span: Span) {
    yield* kinds[kind](span, new Set(events.map(({ id }) => id)))
    yield* Effect.forEach(events, apply, { discard: true })
  },
  (effect) => SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)),
)

const pagesOf = Effect.fnUntraced(function* (kind: keyof typeof kinds) {
  const link = yield* LaneLink
  let after: string | null = null
  do {
    const answer: unknown = yield* link.ask("paper.copy-results", { kind, after })
    const page: CopyResultsPage = yield* Effect.orDie(
      Schema.decodeUnknownEffect(CopyResultsPage)(answer),
    )
    yield* Effect.orDie(takePage(kind, page, { after, through: page.next }))
    after = page.next
  } while (after !== null)
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
        truth: Effect.andThen(pagesOf("decided"), pagesOf("settled")),
        rewound: Effect.void,
        settle: yield* LeastSettle,
      })
      const context = yield* Effect.context<Effect.Services<typeof catchUp>>()
      return { catchUp: Effect.provideContext(catchUp, context) }
    }),
  )
}
