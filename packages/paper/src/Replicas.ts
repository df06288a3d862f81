/**
 * Feeds what the fast lane knows of the rest of the house: applies the evaluation lane's events, and
 * fills everything again from that lane's truth when the place in its log is lost.
 *
 * Promises: an event's rows and the cursor are one transaction; fills in it become copies after the
 * commit. A refill is a request in a row: it survives a restart, goes page by page in transactions
 * of its own, and never replaces news that came meanwhile.
 * Limits: one page in flight; an unanswered page is asked for again after {@link refillPause}, for
 * as long as it takes.
 */
import { Clock, Effect, Latch, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { decodeEvent, type Envelope, Follow } from "@evaluator/domain/event/DomainEvent"
import { Market, Resolution } from "@evaluator/domain/market/Market"
import { subscribe } from "@evaluator/runtime/Bridge"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { transacting } from "./CommitPoints.ts"
import { Detection } from "./Detection.ts"
import { FollowList } from "./FollowList.ts"
import { Leaders } from "./Leaders.ts"
import { MarketReplica, type Source } from "./MarketReplica.ts"
import { Settlement } from "./Settlement.ts"

/** The name under which the evaluation lane answers for its truth. */
export const replicasRequest = "evaluation.replicas"

/** Asks for the page after `after`; null asks for the first. */
export const ReplicasRequest = Schema.Struct({ after: Schema.NullOr(Schema.String) })

/** A page of the truth, at most 500 markets; `next` is the `after` of the next page, null on the last. */
export const ReplicasPage = Schema.Struct({
  markets: Schema.Array(Market),
  follows: Schema.Array(Follow),
  resolutions: Schema.Array(Resolution),
  next: Schema.NullOr(Schema.String),
})
export type ReplicasPage = typeof ReplicasPage.Type

export const refillPause = Schedule.min([
  Schedule.exponential("2 seconds"),
  Schedule.spaced("1 minute"),
])

const encodeRequest = Schema.encodeSync(ReplicasRequest)
const decodePage = Schema.decodeUnknownEffect(ReplicasPage)

/** Subscribes for as long as the scope lives. */
export const feedReplicas = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const link = yield* LaneLink
  const supervisor = yield* Supervisor
  const markets = yield* MarketReplica
  const follows = yield* FollowList
  const leaders = yield* Leaders
  const detection = yield* Detection
  const settlement = yield* Settlement
  const wanted = yield* Latch.make(true)

  const putResolution = Effect.fnUntraced(function* (
    resolution: Resolution,
    source: Source & { readonly source: "event" | "refill" },
  ) {
    if (yield* markets.putResolution(resolution, source)) {
      yield* sql.afterCommit(settlement.hint(resolution.condition))
    }
  })

  const handle = Effect.fnUntraced(function* (envelope: Envelope) {
    yield* detection.hinted
    if (!handled.has(envelope.type)) return
    const event = yield* Effect.fromResult(decodeEvent(envelope))
    const atMs = yield* Clock.currentTimeMillis
    const source = { source: "event", seq: envelope.seq, atMs } as const
    switch (event.type) {
      case "MarketListed":
      case "MarketChanged":
        return yield* markets.putMarket(event.payload.market, source)
      case "MarketResolved":
        return yield* putResolution(event.payload.resolution, source)
      case "FollowListChanged":
        return yield* follows.put(event.payload.follows, source)
      case "PositionsChanged":
        return yield* leaders.put(event.payload.wallet, event.payload.bankrollMicro, source)
      case "TradesIngested":
        yield* detection.detect(event.payload.fills, "bridge", envelope.atMs)
    }
  })

  const requestRefill = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* sql`INSERT INTO refills (only, requested_at_ms) VALUES (1, ${now})
      ON CONFLICT (only) DO UPDATE SET requested_at_ms = excluded.requested_at_ms,
        after = NULL, done_at_ms = NULL`
    yield* sql.afterCommit(Effect.asVoid(wanted.open))
  }).pipe(Effect.orDie)

  const takePage = Effect.fnUntraced(
    function* (page: ReplicasPage, askedAtMs: number) {
      const source = { source: "refill", seq: null, atMs: askedAtMs } as const
      for (const market of page.markets) yield* markets.putMarket(market, source)
      for (const resolution of page.resolutions) yield* putResolution(resolution, source)
      yield* follows.put(page.follows, source)
      const now = yield* Clock.currentTimeMillis
      yield* sql`UPDATE refills SET after = ${page.next},
        done_at_ms = ${page.next === null ? now : null}`
    },
    (effect) => transacting(sql, "refill")(effect).pipe(Effect.orDie),
  )

  /** One page; true when more are wanted. */
  const turn = Effect.gen(function* () {
    const [request] = yield* sql<{ after: string | null }>`SELECT after FROM refills
      WHERE done_at_ms IS NULL`.pipe(Effect.orDie)
    if (request === undefined) return false
    const askedAtMs = yield* Clock.currentTimeMillis
    const answer = yield* link.ask(replicasRequest, encodeRequest({ after: request.after }))
    const page = yield* decodePage(answer)
    yield* takePage(page, askedAtMs)
    return page.next !== null
  })

  const refill = Effect.gen(function* () {
    yield* wanted.await
    yield* wanted.close
    yield* turn.pipe(
      Effect.tapError((error) =>
        Effect.logWarning("the evaluation lane did not answer for its replicas yet", error),
      ),
      Effect.retry(refillPause),
      Effect.repeat({ while: (more) => more }),
    )
  }).pipe(Effect.forever)

  yield* supervisor.service("refill-replicas", refill)
  return yield* subscribe({
    subscriber: "paper",
    consumer: "fast-path",
    logName: "evaluation",
    handle,
    rewound: requestRefill,
  })
})

const handled: ReadonlySet<string> = new Set([
  "MarketListed",
  "MarketChanged",
  "MarketResolved",
  "FollowListChanged",
  "PositionsChanged",
  "TradesIngested",
])
