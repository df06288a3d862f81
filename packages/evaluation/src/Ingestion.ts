/**
 * Keeps every watched wallet's history complete: a dispatcher, a bounded queue and its workers.
 *
 * The truth is the query for feeds that are due. The dispatcher hands what it finds to the queue
 * `wallets-to-ingest`, new wallets first, then followed ones, then the rest, and sleeps until the next
 * feed is due or a hint comes (a wallet was discovered, the follow list changed, a turn ended).
 * What was due before the start is handed out at `ingestion.release_per_second` and fills half of the
 * queue at most: what comes fresh passes it.
 * One wallet is walked by one worker at a time; a turn takes a limited number of pages, so that a
 * wallet with a long history does not keep the others waiting.
 */
import { Clock, Context, Duration, Effect, Latch, Layer, PubSub, Schedule } from "effect"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import { ReleaseRate } from "@evaluator/runtime/ReleaseRate"
import { LeastSettle, Supervisor, SweepEvery } from "@evaluator/runtime/Supervisor"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { EvaluationSettings } from "./EvaluationSettings.ts"
import { followedBehind } from "./stores/Follows.ts"
import { givenUp } from "./stores/Storage.ts"
import {
  dueWallets,
  feedsOf,
  longDueWallets,
  nextDueMs,
  walkAgainNow,
} from "./stores/WalletFeeds.ts"
import { makeBrokenTurns } from "./BrokenTurns.ts"
import { walkWallet } from "./WalletWalk.ts"

/** Walks that catching up tries for a wallet. */
const catchUpRounds = 3
/** How often more of what was due before the start is handed out. */
const releaseEveryMs = 500
/** Longest turn of a worker on one wallet. */
const turnTimeout = "2 minutes"
/** What an overlong turn leaves to be written is written within this. */
const turnEnds = "130 seconds"

interface Turn {
  readonly wallet: WalletAddress
  /** It was due before the start: whatever comes fresh goes first. */
  readonly old: boolean
}

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
      const { startedAtMs } = yield* Boot
      const release = new ReleaseRate(ingestion.release_per_second, startedAtMs)
      const inFlight = new Map<WalletAddress, Turn>()
      /** Something that was due before the start is still to be handed out. */
      let oldLeft = true
      /** Something due could not be handed out: it is looked for when a turn ends. */
      let leftBehind = false
      let resting = false

      const walk = (wallet: WalletAddress, pages: number, force: boolean) =>
        walkWallet(wallet, { pages, force }).pipe(
          Effect.annotateSpans({ wallet }),
          tracer.within("ingestion"),
          Effect.provideContext(context),
        )

      const broken = yield* makeBrokenTurns
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
        timeout: turnEnds,
        worstDelay: ingestion.worst_delay,
        on: ["WalletsDiscovered", "FollowListChanged"],
        emits: ["TradesIngested"],
        key: ({ wallet }: Turn) => wallet,
        priority: ({ old }) => (old ? 0 : 1),
        ageing: ingestion.worst_delay,
        handle: ({ wallet }) =>
          broken.watched(wallet, Effect.timeout(takeTurn(wallet), turnTimeout)).pipe(
            Effect.ensuring(
              Effect.suspend(() => {
                inFlight.delete(wallet)
                return leftBehind || inFlight.size === 0 ? hinted.open : Effect.void
              }),
            ),
          ),
      })

      const handOut = Effect.fnUntraced(function* (turn: Turn) {
        inFlight.set(turn.wallet, turn)
        yield* backlog.offer(turn)
      })

      const handOutFresh = Effect.gen(function* () {
        const sinceMs = oldLeft ? startedAtMs : 0
        const held = yield* broken.held
        for (const wallet of yield* dueWallets(ingestion.queue_capacity + held.size, sinceMs)) {
          if (resting) return
          if (held.has(wallet)) continue
          // Who is held back takes a place: that bounds how many can be.
          const full = inFlight.size + held.size >= ingestion.queue_capacity
          if (full || inFlight.has(wallet)) leftBehind = true
          else yield* handOut({ wallet, old: false })
        }
      })

      const handOutOld = Effect.gen(function* () {
        if ((yield* givenUp) === "tape") return
        const waiting = [...inFlight.values()].filter(({ old }) => old).length
        const held = yield* broken.held
        const room = Math.ceil(ingestion.queue_capacity / 2) - waiting - held.size
        const most = Math.max(0, Math.min(room, release.allowed(yield* Clock.currentTimeMillis)))
        // Who waits for a worker is still due.
        const due = yield* longDueWallets(inFlight.size + held.size + most + 1, startedAtMs)
        const free = due.filter((wallet) => !inFlight.has(wallet) && !held.has(wallet))
        for (const wallet of free.slice(0, most)) {
          if (resting) return
          release.released()
          yield* handOut({ wallet, old: true })
        }
        oldLeft = due.length > 0
      })

      const nextLookMs = Effect.gen(function* () {
        if (resting) return sweepMs
        const next = yield* nextDueMs
        const now = yield* Clock.currentTimeMillis
        const freedInMs = Math.min(...(yield* broken.held).values())
        const dueInMs = Math.min((next ?? now + sweepMs) - now, freedInMs)
        return Math.max(1, Math.min(sweepMs, dueInMs, oldLeft ? releaseEveryMs : sweepMs))
      })

      const dispatch = Effect.gen(function* () {
        yield* hinted.close
        leftBehind = false
        if (!resting) yield* handOutFresh
        if (!resting && oldLeft) yield* handOutOld
        const wait = yield* nextLookMs
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
