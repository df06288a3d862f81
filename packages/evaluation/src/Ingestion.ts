/**
 * Keeps every watched wallet's history complete: a dispatcher, a bounded queue and its workers.
 *
 * The truth is the query for feeds that are due. The dispatcher hands what it finds to the queue
 * `wallets-to-ingest`, new wallets first, then followed ones, then the rest, and sleeps until the next
 * feed is due or a hint comes (a wallet was discovered, the follow list changed, a turn ended).
 * One wallet is walked by one worker at a time; a turn takes a limited number of pages, so that a
 * wallet with a long history does not keep the others waiting.
 */
import { Clock, Context, Duration, Effect, Latch, Layer, PubSub, Schedule } from "effect"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import * as Backlog from "@evaluator/runtime/Backlog"
import { EventLog } from "@evaluator/runtime/EventLog"
import { LeastSettle, Supervisor, SweepEvery } from "@evaluator/runtime/Supervisor"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { EvaluationSettings } from "./EvaluationSettings.ts"
import { followedBehind } from "./stores/Follows.ts"
import { dueWallets, feedsOf, nextDueMs, walkAgainNow } from "./stores/WalletFeeds.ts"
import { walkWallet } from "./WalletWalk.ts"

/** Walks that catching up tries for a wallet. */
const catchUpRounds = 3
/** Longest turn of a worker on one wallet. */
const turnTimeout = "2 minutes"

export class Ingestion extends Context.Service<
  Ingestion,
  {
    /** Looks for due feeds now. */
    readonly wake: Effect.Effect<void>
    /**
     * Walks every followed wallet until its feeds are complete through now less the visibility lag,
     * and returns those that could not be. The queue rests from then on: this is the end of a run.
     */
    readonly catchUp: Effect.Effect<ReadonlyArray<WalletAddress>>
  }
>()("evaluation/Ingestion") {
  static readonly layer = Layer.effect(
    Ingestion,
    Effect.gen(function* () {
      const { ingestion } = yield* EvaluationSettings
      const log = yield* EventLog
      const supervisor = yield* Supervisor
      const tracer = yield* ServiceTracer
      const context = yield* Effect.context<Effect.Services<ReturnType<typeof walkWallet>>>()
      const hinted = yield* Latch.make(true)
      const settleMs = Duration.toMillis(yield* LeastSettle)
      const sweepMs = Duration.toMillis(yield* SweepEvery)
      const inFlight = new Set<WalletAddress>()
      /** Something due could not be handed out: it is looked for when a turn ends. */
      let leftBehind = false
      let resting = false

      const walk = (wallet: WalletAddress, pages: number, force: boolean) =>
        walkWallet(wallet, { pages, force }).pipe(
          Effect.annotateSpans({ wallet }),
          tracer.within("ingestion"),
          Effect.provideContext(context),
        )

      const takeTurn = Effect.fnUntraced(function* (wallet: WalletAddress) {
        // Whoever waits in the queue when the lane comes to rest stays due in its row.
        if (resting) return
        const outcome = yield* walk(wallet, ingestion.pages_per_turn, false)
        if (outcome === "complete") return
        leftBehind = true
        for (const feed of yield* feedsOf(wallet)) {
          if (feed.walk !== null) yield* walkAgainNow(feed)
        }
      })

      const backlog = yield* Backlog.make({
        name: "wallets-to-ingest",
        capacity: ingestion.queue_capacity,
        workers: ingestion.workers,
        whenFull: "wait",
        timeout: turnTimeout,
        // Later, and a feed that moves is due a second time before its first turn.
        worstDelay: ingestion.active_every,
        key: (wallet: WalletAddress) => wallet,
        handle: (wallet) =>
          takeTurn(wallet).pipe(
            Effect.ensuring(
              Effect.suspend(() => {
                inFlight.delete(wallet)
                return leftBehind || inFlight.size === 0 ? hinted.open : Effect.void
              }),
            ),
          ),
      })

      const dispatch = Effect.gen(function* () {
        yield* hinted.close
        leftBehind = false
        const due = resting ? [] : yield* dueWallets(ingestion.queue_capacity)
        for (const bytes of due) {
          const wallet = bytesToHex(bytes) as WalletAddress
          if (resting) break
          if (inFlight.has(wallet) || inFlight.size >= ingestion.queue_capacity) {
            leftBehind = true
            continue
          }
          inFlight.add(wallet)
          yield* backlog.offer(wallet)
        }
        const now = yield* Clock.currentTimeMillis
        const next = resting ? null : yield* nextDueMs
        const wait = next === null ? sweepMs : Math.min(sweepMs, Math.max(1, next - now))
        yield* hinted.await.pipe(Effect.timeoutOption(wait))
        yield* Effect.sleep(settleMs)
      })
      yield* supervisor.service("dispatch-wallets", Effect.forever(dispatch))

      const hints = yield* log.listen(["WalletsDiscovered", "FollowListChanged"])
      yield* supervisor.service(
        "hear-of-wallets",
        PubSub.take(hints).pipe(Effect.andThen(hinted.open), Effect.forever),
      )

      /** Page by page until complete; a failing venue is asked three times. */
      const complete = (wallet: WalletAddress) =>
        walk(wallet, ingestion.pages_per_turn, true).pipe(
          Effect.repeat({ while: (outcome) => outcome === "more" }),
          Effect.retry({ times: 2, schedule: Schedule.exponential("250 millis") }),
          Effect.catch((error) =>
            Effect.logWarning(`the history of ${wallet} could not be brought up to date`, error),
          ),
        )

      const catchUp = Effect.gen(function* () {
        resting = true
        yield* Effect.sync(() => inFlight.size).pipe(
          Effect.repeat({
            while: (waiting) => waiting > 0,
            schedule: Schedule.spaced("10 millis"),
          }),
        )
        const lag = Duration.toMillis(ingestion.visibility_lag)
        const through = (yield* Clock.currentTimeMillis) - lag
        let left = yield* followedBehind(through)
        // A walk that was under way when this began ends too early: it takes a second one.
        for (let round = 0; round < catchUpRounds && left.length > 0; round++) {
          yield* Effect.forEach(left, (bytes) => complete(bytesToHex(bytes) as WalletAddress), {
            concurrency: ingestion.workers,
            discard: true,
          })
          left = yield* followedBehind(through)
        }
        return left.map((bytes) => bytesToHex(bytes) as WalletAddress)
      }).pipe(Effect.provideContext(context))

      return Ingestion.of({ wake: hinted.open, catchUp })
    }),
  )
}
