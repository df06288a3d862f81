/**
 * The wiring of the fast lane, and what the process may ask of it.
 *
 * Needs the runtime services of its own lane, paper.db and the venue's doors; starts recovery before
 * anything new is detected, then the bridge and the watch.
 */
import { Context, Duration, Effect, Layer } from "effect"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { type BridgeState, serveLog } from "@evaluator/runtime/Bridge"
import * as Job from "@evaluator/runtime/Job"
import { BookModes } from "./BookModes.ts"
import { Breakers } from "./Breakers.ts"
import { Copies } from "./Copies.ts"
import { serveCopyResults } from "./CopyResults.ts"
import { CopyTrade } from "./CopyTrade.ts"
import type { DecisionSummary } from "./DecisionTimes.ts"
import { Detection } from "./Detection.ts"
import { Exits } from "./Exits.ts"
import { refreshFacts } from "./FactsRefresh.ts"
import { FollowList } from "./FollowList.ts"
import { LaterFills } from "./LaterFills.ts"
import { Leaders } from "./Leaders.ts"
import { MarketReplica } from "./MarketReplica.ts"
import { OrderBooks } from "./OrderBooks.ts"
import { PaperBook } from "./PaperBook.ts"
import { PaperReports } from "./PaperReports.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { Quarantine } from "./Quarantine.ts"
import { Recover } from "./Recover.ts"
import { feedReplicas } from "./Replicas.ts"
import { Reversals } from "./Reversals.ts"
import { Settlement } from "./Settlement.ts"
import { StreamedFills } from "./StreamedFills.ts"
import { StuckCopies } from "./StuckCopies.ts"
import { updateGauges } from "./Gauges.ts"
import { Watch } from "./Watch.ts"

export class PaperLane extends Context.Service<
  PaperLane,
  {
    /** Takes in what the other lane has said until now and lets the copies end that come of it. */
    readonly hear: Effect.Effect<void>
    /** For the drain, after {@link hear}: polls every followed wallet, lets all copies end, pays what can be paid. */
    readonly catchUp: Effect.Effect<void>
    /** How far this lane has come in the other lane's log. */
    readonly bridge: Effect.Effect<BridgeState>
    readonly halt: Breakers["Service"]["halt"]
    /** Answers with how many halts were lifted. */
    readonly resume: Breakers["Service"]["resume"]
    /** Takes back what is still promised to a copy that is stuck. */
    readonly freeStuck: StuckCopies["Service"]["free"]
    /** Means nothing under a virtual clock. */
    readonly decisions: Effect.Effect<DecisionSummary>
    /** Brings the gauges of copies and money up to date, before the metrics page is written. */
    readonly measure: Effect.Effect<void>
  }
>()("paper/PaperLane") {}

const lane = Layer.effect(
  PaperLane,
  Effect.gen(function* () {
    const breakers = yield* Breakers
    const stuck = yield* StuckCopies
    const trades = yield* CopyTrade
    const watch = yield* Watch
    const recover = yield* Recover
    const settlement = yield* Settlement
    const backlogs = yield* Backlogs
    const reports = yield* PaperReports
    const settings = yield* PaperSettings
    // Before the log: whose place in it is gone asks for these at once.
    yield* serveCopyResults
    yield* serveLog("paper")
    yield* refreshFacts
    const { catchUp: pull, state: bridge } = yield* feedReplicas

    const context = yield* Effect.context<Effect.Services<typeof pull>>()
    const hear = Effect.provideContext(pull, context).pipe(Effect.andThen(backlogs.drained))
    const catchUp = Effect.gen(function* () {
      yield* watch.catchUp
      yield* backlogs.drained
      yield* recover.sweep
      yield* backlogs.drained
      yield* settlement.sweep
    })

    return PaperLane.of({
      hear,
      catchUp,
      bridge,
      halt: breakers.halt,
      resume: breakers.resume,
      freeStuck: stuck.free,
      decisions: trades.decisions,
      measure: updateGauges(reports, Duration.toMillis(settings.watch.stale_after)),
    })
  }),
)

const jobs = Layer.unwrap(
  Effect.gen(function* () {
    const { paper, watch } = yield* PaperSettings
    const recover = yield* Recover
    const settlement = yield* Settlement
    const reports = yield* PaperReports
    return Layer.mergeAll(
      Job.layer({
        name: "recover-copies",
        about: "Takes up copies that no fiber is at work on, or ends those too old to go on",
        service: "paper-saga",
        emits: ["CopyDecided", "CopySettled"],
        every: paper.sweep_every,
        atBoot: false,
        timeout: "2 minutes",
        run: Effect.andThen(
          updateGauges(reports, Duration.toMillis(watch.stale_after)),
          recover.sweep,
        ).pipe(Effect.map((swept) => ({ ...swept }))),
      }),
      Job.layer({
        name: "settle-markets",
        about:
          "Pays out open lots of markets whose resolution is known; takes back what had to wait for it.",
        service: "settlement",
        emits: ["CopySettled", "WalletHalted", "PortfolioHalted"],
        every: paper.sweep_every,
        atBoot: true,
        timeout: "2 minutes",
        run: Effect.map(settlement.sweep, (paid) => ({ paid })),
      }),
    )
  }),
)

/** The whole lane. Also exposes what other commands of the process use alone. */
export const layer = Layer.mergeAll(lane, jobs).pipe(
  Layer.provide(Watch.layer),
  Layer.provide(Recover.layer),
  Layer.provide(Layer.merge(Detection.layer, Exits.layer)),
  Layer.provide(CopyTrade.layer),
  Layer.provide(LaterFills.layer),
  Layer.provide(Settlement.layer),
  Layer.provide(StuckCopies.layer),
  Layer.provide(StreamedFills.layer),
  Layer.provide(Reversals.layer),
  Layer.provide(
    Layer.mergeAll(
      Copies.layer,
      PaperBook.layer,
      MarketReplica.layer,
      FollowList.layer,
      Leaders.layer,
      Breakers.layer,
      OrderBooks.layer,
      PaperReports.layer,
    ).pipe(Layer.provideMerge(Layer.merge(BookModes.layer, Quarantine.layer))),
  ),
)
