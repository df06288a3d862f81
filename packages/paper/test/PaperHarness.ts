/**
 * The fast lane on a real file with a venue made of plain values, for tests.
 *
 * The clock is the test's. The evaluation lane is a second log on a file of its own, so that events
 * cross the real bridge.
 */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EventDraft, Follow } from "@evaluator/domain/event/DomainEvent"
import type { ConditionId, FillId, TokenId, WalletAddress } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { Market } from "@evaluator/domain/market/Market"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { type Fill, fillKey, type Side } from "@evaluator/domain/trade/Trade"
import type { Detected } from "@evaluator/paper/CopyRow"
import { layer as laneLayer, PaperLane } from "@evaluator/paper/Lane"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { PaperSettings } from "@evaluator/paper/PaperSettings"
import { RunningStrategies } from "@evaluator/paper/Strategies"
import { replicasRequest, type ReplicasPage } from "@evaluator/paper/Replicas"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import { JobLog } from "@evaluator/runtime/JobLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { createQueuePauses } from "@evaluator/runtime/QueuePauses"
import {
  addRunCauses,
  addRunCheckpoints,
  addRunCursors,
  createRuntimeTables,
} from "@evaluator/runtime/RuntimeTables"
import { createLogReaders } from "@evaluator/runtime/LogReaders"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { KillPoint } from "@evaluator/sqlite/KillPoint"
import { off as unwatched, StatementWatch } from "@evaluator/sqlite/StatementWatch"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import * as Bridge from "@evaluator/runtime/Bridge"
import * as Database from "@evaluator/sqlite/Database"
import createRuntime from "../../../migrations/paper/0001_create_runtime.ts"
import createPaper from "../../../migrations/paper/0002_create_paper.ts"
import extendCopies from "../../../migrations/paper/0003_extend_copies.ts"
import indexStuckCopies from "../../../migrations/paper/0004_index_stuck_copies.ts"
import keepTerms from "../../../migrations/paper/0005_keep_terms.ts"
import createQuarantine from "../../../migrations/paper/0006_create_quarantine.ts"
import keepLaterFills from "../../../migrations/paper/0010_keep_later_fills.ts"
import indexOrdersAndFunding from "../../../migrations/paper/0011_index_orders_and_funding.ts"
import keepSettlements from "../../../migrations/paper/0013_keep_settlements.ts"
import createStreamedFills from "../../../migrations/paper/0015_create_streamed_fills.ts"
import expireReservations from "../../../migrations/paper/0016_expire_reservations.ts"
import keepSoldShares from "../../../migrations/paper/0017_keep_sold_shares.ts"
import nameTakenBackClosings from "../../../migrations/paper/0014_name_taken_back_closings.ts"
import { FakeVenue } from "./FakeVenue.ts"
import { type Overrides, settings } from "./HarnessSettings.ts"

export const paperMigrations = {
  "0001_create_runtime": createRuntime,
  "0002_create_paper": createPaper,
  "0003_extend_copies": extendCopies,
  "0004_index_stuck_copies": indexStuckCopies,
  "0005_keep_terms": keepTerms,
  "0006_create_quarantine": createQuarantine,
  "0007_create_queue_pauses": createQueuePauses,
  "0008_add_run_cursors": addRunCursors,
  "0009_create_log_readers": createLogReaders,
  "0010_keep_later_fills": keepLaterFills,
  "0011_index_orders_and_funding": indexOrdersAndFunding,
  "0012_add_run_checkpoints": addRunCheckpoints,
  "0013_keep_settlements": keepSettlements,
  "0014_name_taken_back_closings": nameTakenBackClosings,
  "0015_create_streamed_fills": createStreamedFills,
  "0016_expire_reservations": expireReservations,
  "0017_keep_sold_shares": keepSoldShares,
  "0018_add_run_causes": addRunCauses,
}

/** Monday 2026-01-05 12:00:00 UTC. */
export const noon = 1_767_614_400_000

export const wallet = (n: number) => `0x${String(n).padStart(40, "0")}` as WalletAddress
export const condition = (n: number) => `0x${String(n).padStart(64, "0")}` as ConditionId
/** The token of an outcome of the n-th market. */
export const token = (n: number, outcome = 0) => String(n * 10 + outcome) as TokenId

/** How a fill is found by a poll at noon. */
export const polled: Detected = {
  via: "poll",
  atMs: noon,
  visibleAtMs: noon,
  correlationId: null,
  causationId: null,
  traceparent: null,
}

export const market = (n: number, more: Partial<Market> = {}): Market => ({
  condition: condition(n),
  question: `Does ${n} happen?`,
  slug: `market-${n}`,
  eventSlug: `event-${n}`,
  domain: "Politics",
  status: "open",
  tokens: [
    { token: token(n, 0), outcome: "Yes", index: 0 },
    { token: token(n, 1), outcome: "No", index: 1 },
  ],
  tick: price(10_000),
  minimumSize: shares(5_000_000),
  fee: { rate: 0, exponent: 1 },
  delayMs: 0,
  negRisk: false,
  liquidity: usdc(0),
  volume24h: usdc(0),
  endAtMs: null,
  ...more,
})

export interface FillOptions {
  readonly wallet?: WalletAddress
  readonly market?: number
  readonly outcome?: number
  readonly side?: Side
  readonly price?: number
  readonly size?: number
  readonly atMs?: number
  /** Tells fills apart that are otherwise alike. */
  readonly n?: number
}

export const fill = (options: FillOptions = {}): Fill => {
  const n = options.market ?? 1
  const body = {
    wallet: options.wallet ?? wallet(1),
    condition: condition(n),
    token: token(n, options.outcome ?? 0),
    outcomeIndex: options.outcome ?? 0,
    side: options.side ?? ("BUY" as const),
    price: price(Math.round((options.price ?? 0.6) * 1e6)),
    size: shares(Math.round((options.size ?? 100) * 1e6)),
    atMs: options.atMs ?? noon,
    transaction: `0x${String(options.n ?? 1).padStart(64, "0")}` as Fill["transaction"],
  }
  const id = createHash("sha256").update(fillKey(body)).digest("hex").slice(0, 32) as FillId
  return { id, ...body }
}

export const book = (
  n: number,
  levels: {
    readonly bids?: ReadonlyArray<readonly [number, number]>
    readonly asks?: ReadonlyArray<readonly [number, number]>
  },
  outcome = 0,
): Book => {
  const side = (list: ReadonlyArray<readonly [number, number]>) =>
    list.map(([at, size]) => ({
      price: price(Math.round(at * 1e6)),
      size: shares(Math.round(size * 1e6)),
    }))
  return {
    condition: condition(n),
    token: token(n, outcome),
    atMs: noon,
    hash: "0",
    bids: side(levels.bids ?? []),
    asks: side(levels.asks ?? []),
    tick: price(10_000),
    minimumSize: shares(5_000_000),
    origin: "venue",
  }
}

export const follow = (
  of: WalletAddress,
  fromMs = noon - 60_000,
  toMs: number | null = null,
): Follow => ({ wallet: of, fromMs, toMs, state: "PAPER_TRADING", persona: null })

const runtime = (
  file: string,
  lane: "evaluation" | "paper",
  link: LaneLink["Service"],
  tracer: Layer.Layer<ServiceTracer>,
) =>
  Supervisor.layer.pipe(
    Layer.provideMerge(JobLog.layer),
    Layer.provideMerge(EventLog.layer),
    Layer.provideMerge(Boot.layer),
    Layer.provideMerge(Backlogs.layer),
    Layer.provideMerge(Layer.succeed(LaneLink, link)),
    Layer.provideMerge(tracer),
    Layer.provideMerge(
      Database.layer({
        file,
        lane,
        migrations:
          lane === "paper"
            ? paperMigrations
            : {
                "0001_create_runtime": createRuntimeTables,
                "0002_add_run_cursors": addRunCursors,
                "0003_create_log_readers": createLogReaders,
              },
      }),
    ),
    Layer.fresh,
  )

export const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "evaluator-paper-"))),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true, force: true })),
)

type Opened = Effect.Success<ReturnType<typeof openPaper>>

/** Opens the fast lane on a file; it lives as long as the scope. */
const openPaper = (
  file: string,
  venue: FakeVenue,
  link: LaneLink["Service"],
  overrides: Overrides,
  killPoint: KillPoint,
  watch: StatementWatch,
  strategies: ReadonlyArray<Strategy>,
  tracer: Layer.Layer<ServiceTracer>,
) =>
  Layer.build(
    laneLayer.pipe(
      Layer.provideMerge(PaperReports.layer),
      Layer.provideMerge(runtime(file, "paper", link, tracer)),
      Layer.provide(venue.layer),
      Layer.provide(Layer.succeed(PaperSettings, settings(overrides))),
      Layer.provide(Layer.succeed(RunningStrategies, strategies)),
      Layer.provide(Layer.succeed(KillPoint, killPoint)),
      Layer.provide(Layer.succeed(StatementWatch, watch)),
      Layer.fresh,
    ),
  )

/** Links that look up who serves a name when they are asked, not when the question is made. */
const inlinePair = () =>
  LaneLink.inlinePair().map((link) => ({
    ...link,
    ask: (...question: Parameters<typeof link.ask>) => Effect.suspend(() => link.ask(...question)),
    tell: (...notice: Parameters<typeof link.tell>) => Effect.suspend(() => link.tell(...notice)),
  })) as unknown as readonly [LaneLink["Service"], LaneLink["Service"]]

/** Both lanes, and what a test does with them. */
export interface House {
  readonly venue: FakeVenue
  readonly file: string
  readonly paper: Opened
  readonly sql: SqlClient.SqlClient
  readonly lane: PaperLane["Service"]
  readonly reports: PaperReports["Service"]
  readonly backlogs: Backlogs["Service"]
  /** Asks the fast lane as the evaluation lane does. */
  readonly ask: LaneLink["Service"]["ask"]
  /** Appends events in the evaluation lane. */
  readonly tell: (drafts: ReadonlyArray<EventDraft>) => Effect.Effect<void>
  /** Lets time pass until nothing is pending. */
  readonly settle: Effect.Effect<void>
  /** Ends the fast lane as a kill would, apart from what the file system does. */
  readonly stop: Effect.Effect<void>
}

export interface HouseOptions {
  readonly venue?: FakeVenue
  readonly directory?: string
  readonly overrides?: Overrides
  /** `portfolio` alone when absent. */
  readonly strategies?: ReadonlyArray<Strategy>
  /** Of each lane; none by default. */
  readonly tracer?: Layer.Layer<ServiceTracer>
  /** Lets a little time pass; by default on the test's clock. */
  readonly pass?: Effect.Effect<void>
  /** Called after each commit of the fast lane. */
  readonly onCommit?: () => void
  /** Called around each commit of the fast lane, instead of `onCommit`. */
  readonly killPoint?: KillPoint
  /** Told of each statement of the fast lane. */
  readonly watch?: StatementWatch
  /** False: what it finds to do at its start is not waited for. */
  readonly settles?: boolean
  readonly replicas?: (after: string | null) => ReplicasPage
}

export const openHouse = Effect.fnUntraced(function* (options: HouseOptions = {}) {
  const venue = options.venue ?? new FakeVenue()
  const directory = options.directory ?? (yield* temporaryDirectory)
  const file = join(directory, "paper.db")
  const tracer = options.tracer ?? ServiceTracer.layer
  const [here, there] = inlinePair()
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
  const evaluation = yield* Layer.build(
    runtime(join(directory, "evaluator.db"), "evaluation", there, tracer),
  ).pipe(Scope.provide(scope))
  yield* Bridge.serveLog("evaluation").pipe(Effect.provide(evaluation), Scope.provide(scope))
  // Nobody subscribes to the fast lane's log; an unanswered hint would cost it an error each.
  yield* there.serve("paper.hint", () => Effect.void).pipe(Scope.provide(scope))
  const nothing: ReplicasPage = { markets: [], follows: [], resolutions: [], next: null }
  const replicas = options.replicas ?? (() => nothing)
  yield* there
    .serve(replicasRequest, (payload) =>
      Effect.sync(() => replicas((payload as { after: string | null }).after)),
    )
    .pipe(Scope.provide(scope))
  const paper = yield* openPaper(
    file,
    venue,
    here,
    options.overrides ?? {},
    options.killPoint ?? {
      beforeCommit: () => undefined,
      afterCommit: options.onCommit ?? (() => undefined),
    },
    options.watch ?? unwatched,
    options.strategies ?? ["portfolio"],
    tracer,
  ).pipe(Scope.provide(scope))
  const backlogs = Context.get(paper, Backlogs)
  const log = Context.get(evaluation, EventLog)
  const lane = Context.get(paper, PaperLane)
  const isQuiet = Effect.gen(function* () {
    const queues = yield* backlogs.all
    const { seq } = yield* lane.bridge
    return seq >= (yield* log.head).seq && queues.every((queue) => queue.pending === 0)
  })
  const settle = Effect.gen(function* () {
    let quiet = 0
    for (let turn = 0; turn < 400; turn++) {
      yield* options.pass ?? TestClock.adjust("20 millis")
      quiet = (yield* isQuiet) ? quiet + 1 : 0
      if (quiet === 3) return
    }
    return yield* Effect.die(new Error("the house does not come to rest"))
  })
  const house: House = {
    venue,
    file,
    paper,
    sql: Context.get(paper, SqlClient.SqlClient),
    lane,
    reports: Context.get(paper, PaperReports),
    backlogs,
    ask: there.ask,
    tell: log.append,
    settle,
    stop: Scope.close(scope, Exit.void),
  }
  // The bridge takes its place in the log before anything is told.
  if (options.settles !== false) yield* house.settle
  return house
})

/** Tells the fast lane of markets and follows. */
export const introduce = (
  house: House,
  markets: ReadonlyArray<Market>,
  follows: ReadonlyArray<Follow>,
) =>
  house
    .tell([
      ...markets.map((one): EventDraft => ({ type: "MarketListed", payload: { market: one } })),
      { type: "FollowListChanged", payload: { follows } },
    ])
    .pipe(Effect.andThen(house.settle))

/** Fills of one wallet as the evaluation lane announces them. */
export const ingested = (fills: ReadonlyArray<Fill>): EventDraft => ({
  type: "TradesIngested",
  payload: { wallet: fills[0]!.wallet, count: fills.length, fills },
})

export const resolved = (n: number, payouts: ReadonlyArray<number>): EventDraft => ({
  type: "MarketResolved",
  payload: {
    resolution: {
      condition: condition(n),
      status: "resolved",
      payouts: payouts.map((one) => price(Math.round(one * 1e6))),
      disputed: false,
      resolvedAtMs: null,
    },
  },
})
