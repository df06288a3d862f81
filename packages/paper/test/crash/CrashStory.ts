/**
 * A story that takes the fast lane through each of its commits, for the proof that cuts it off there.
 *
 * Each step tells the lane something and lets it come to rest. What a step tells over the bridge is in
 * the other lane's log and is not told again after a cut; what only the stream or an owner said is.
 */
import { Effect, Queue } from "effect"
import { createHash } from "node:crypto"
import { type TokenId, tokenToBytes } from "@evaluator/domain/Id"
import type { EventDraft } from "@evaluator/domain/event/DomainEvent"
import type { Book } from "@evaluator/domain/market/Book"
import { price, shares } from "@evaluator/domain/money/Micro"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import type { ReplicasPage } from "@evaluator/paper/Replicas"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { SqlClient } from "effect/sql"
import { FakeVenue } from "../FakeVenue.ts"
import {
  book,
  condition,
  fill,
  type FillOptions,
  follow,
  type House,
  ingested,
  market,
  noon,
  resolved,
  token,
  wallet,
} from "../PaperHarness.ts"

export interface Step {
  readonly name: string
  /** Milliseconds between its beginning and the next one's. */
  readonly lasts?: number
  /** What the venue serves from here on; done again for a venue made anew. */
  readonly venue?: (venue: FakeVenue) => void
  readonly act?: (house: House) => Effect.Effect<unknown, Error>
  /** What the world does once more after a cut. Absent: nothing, the rows must do. */
  readonly again?: (house: House) => Effect.Effect<unknown, Error>
  /** The wallets' ledgers are polled at its end. */
  readonly polls?: boolean
  /** The lane is stopped as soon as money is promised to the copies of this fill, and started late. */
  readonly stopsWith?: string
  /** The lane is stopped and started. */
  readonly restarts?: boolean
}

const pause = 20_000
const far = 100_000_000

export const overrides = {
  paper: {
    bankroll: 100_000,
    solo_bankroll: 100_000,
    own_impact: "0s",
    delay: "2s",
    later_looks: 4,
    resume_within: "60s",
    sweep_every: "1h",
    // Facts are renewed between two steps, before any decision has to ask for them.
    facts_age: "500s",
    portfolio_daily_loss: 1,
    portfolio_weekly_loss: 1,
    wallet_daily_loss: 1,
    wallet_weekly_loss: 1,
  },
  watch: { poll_often: "10h", poll_seldom: "10h", hint_silence: "100h", stale_after: "100d" },
}

const marketsToldOf = [1, 2, 3, 4, 6, 7, 8, 12, 13, 14].map((n) => market(n))
const truth = [
  ...marketsToldOf,
  market(5, { status: "closed" }),
  market(9, { minimumSize: shares(far) }),
]
const follows = [follow(wallet(1)), follow(wallet(2))]
export const replicas = (): ReplicasPage => ({
  markets: truth,
  follows,
  resolutions: [],
  next: null,
})

const deep = (n: number): Book => book(n, { asks: [[0.5, 1000]], bids: [[0.5, 1000]] })
/** A book whose best level is no price at all breaks the step that keeps it. */
const broken = (n: number): Book => ({ ...deep(n), asks: [{ price: price(0.5), size: shares(1) }] })

const tell = (drafts: ReadonlyArray<EventDraft>) => (house: House) => house.tell(drafts)
const traded = (n: number, atMs: number, more: FillOptions = {}): Fill =>
  fill({ market: n, price: 0.5, n: n * 1000 + (atMs % 997), atMs, ...more })
/** In the wallet's own ledger, where every poll finds it. */
const shown =
  (...fills: ReadonlyArray<Fill>) =>
  (venue: FakeVenue) =>
    venue.rows.push(...fills.map((one) => ({ kind: "fill", fill: one }) as const))
const announce = (one: Fill) => (house: House) => Queue.offer(house.venue.announced, one)

const leaves = (n: number, of: number, type: "MERGE" | "REDEEM", atMs: number): Activity => ({
  id: createHash("sha256").update(`${type} ${n}`).digest("hex").slice(0, 32) as Activity["id"],
  wallet: wallet(of),
  type,
  condition: condition(n),
  token: null,
  size: shares(100_000_000),
  usdc: 0,
  atMs,
  transaction: `0x${"9".repeat(64)}` as Activity["transaction"],
})

const hexOf = (id: TokenId) => Buffer.from(tokenToBytes(id)).toString("hex").toUpperCase()

/** Promises of one token cannot be taken back while this stands. */
const jam = (house: House) =>
  house.sql`CREATE TRIGGER IF NOT EXISTS jam BEFORE UPDATE ON reservations
    WHEN NEW.state IN ('voided', 'expired') AND hex(NEW.token) = ${house.sql.literal(`'${hexOf(token(13))}'`)}
    BEGIN SELECT RAISE(ABORT, 'jammed'); END`
const stranger = follow(wallet(99))
const refuseStranger = (house: House) =>
  house.sql`CREATE TRIGGER IF NOT EXISTS closed BEFORE INSERT ON follows
    WHEN hex(NEW.wallet) LIKE '%99' BEGIN SELECT RAISE(ABORT, 'refused'); END`

const freeStuck = Effect.fnUntraced(function* (house: House) {
  yield* house.sql`DROP TRIGGER IF EXISTS jam`
  const stuck = yield* house.reports.copies({ state: "stuck" })
  for (const { fillId, strategy } of stuck) {
    yield* house.lane.freeStuck({ verb: "retry", fill: fillId, strategy, reason: "mended" })
  }
})

const haltOnce = (strategy: Strategy) =>
  Effect.fnUntraced(function* (house: House) {
    if ((yield* house.reports.standingHalt(strategy)) !== null) return
    yield* house.lane.halt({ strategy, reason: "asked", untilMs: null })
  })
const resumeOnce = Effect.fnUntraced(function* (house: House) {
  if ((yield* house.reports.standingHalt("portfolio")) === null) return
  yield* house.lane.resume({ reason: "asked" })
})

const redrive = (house: House) =>
  house.sql`DROP TRIGGER IF EXISTS closed`.pipe(
    Effect.andThen(
      DeadLetters.ask("paper", null).pipe(Effect.provideService(SqlClient.SqlClient, house.sql)),
    ),
  )

/** The steps, each made with the time at which it begins. */
const makers: ReadonlyArray<(at: number) => Step> = [
  () => ({
    name: "markets and follows are told",
    act: tell([
      ...truth.map((one): EventDraft => ({ type: "MarketListed", payload: { market: one } })),
      { type: "FollowListChanged", payload: { follows } },
    ]),
  }),
  (at) => ({
    name: "a purchase over the bridge",
    venue: (venue) => {
      for (const n of [1, 2, 3, 4, 5, 8, 9, 10, 14]) venue.setBook(deep(n))
      venue.setBook(book(7, { asks: [[0.9, 1000]] }))
      venue.setBook(broken(12))
      venue.setBook(broken(13))
      for (const one of [...truth, market(10)]) venue.markets.set(one.condition, one)
      shown(traded(1, at))(venue)
    },
    act: tell([ingested([traded(1, at)])]),
  }),
  (at) => ({
    name: "a purchase from the stream",
    venue: shown(traded(2, at, { wallet: wallet(2) })),
    act: announce(traded(2, at, { wallet: wallet(2) })),
    polls: true,
  }),
  (at) => ({ name: "a purchase only a poll finds", venue: shown(traded(2, at)), polls: true }),
  (at) => ({
    name: "a purchase filled in part",
    venue: (venue) => venue.setBook(book(3, { asks: [[0.5, 20]] })),
    act: tell([ingested([traded(3, at)])]),
  }),
  (at) => ({
    name: "half of it sold",
    act: tell([ingested([traded(1, at, { side: "SELL", size: 50 })])]),
  }),
  (at) => ({
    name: "a purchase, and a sale while its order is on its way",
    act: tell([
      ingested([traded(14, at), traded(14, at + 1, { side: "SELL", size: 50, n: 14_900 })]),
    ]),
  }),
  (at) => ({
    name: "fills that are skipped, each for its own reason, and one in a market nobody told of",
    act: tell([
      ingested([
        traded(5, at),
        traded(6, at),
        traded(7, at),
        traded(8, at, { side: "SELL" }),
        traded(9, at),
        traded(10, at),
        traded(11, at),
      ]),
    ]),
  }),
  (at) => ({ name: "a step that breaks", act: tell([ingested([traded(12, at)])]) }),
  (at) => ({
    name: "an undo that breaks",
    act: (house) => Effect.andThen(jam(house), house.tell([ingested([traded(13, at)])])),
  }),
  () => ({ name: "an owner frees what is stuck", act: freeStuck, again: freeStuck }),
  (at) => ({
    name: "the leader merges",
    venue: (venue) =>
      venue.rows.push({ kind: "activity", activity: leaves(2, 1, "MERGE", at - 10_000) }),
    polls: true,
  }),
  (at) => ({
    name: "the leader redeems",
    venue: (venue) =>
      venue.rows.push({ kind: "activity", activity: leaves(2, 2, "REDEEM", at - 10_000) }),
    polls: true,
  }),
  () => ({ name: "a market resolves", act: tell([resolved(1, [1, 0])]) }),
  () => ({ name: "its payout is corrected", act: tell([resolved(1, [0.5, 0.5])]) }),
  (at) => ({
    name: "a fill that will fail is announced",
    act: announce(traded(4, at)),
    again: announce(traded(4, at)),
  }),
  () => ({ name: "the ledger does not show it", polls: true }),
  () => ({ name: "nor when it is asked again", polls: true }),
  () => ({ name: "a halt", act: haltOnce("portfolio"), again: haltOnce("portfolio") }),
  (at) => ({ name: "a fill while halted", act: tell([ingested([traded(4, at, { size: 7 })])]) }),
  () => ({ name: "a resume", act: resumeOnce, again: resumeOnce }),
  // It would be filled in the moment in which the next step stops the lane.
  () => ({
    name: "a halt of the control",
    act: haltOnce("careless"),
    again: haltOnce("careless"),
  }),
  (at) => ({
    name: "a stop with money promised, and a start long after",
    lasts: 300_000,
    act: tell([ingested([traded(8, at)])]),
    stopsWith: traded(8, at).id,
  }),
  () => ({
    name: "the venue does not answer a poll",
    venue: (venue) => venue.down.add("activity"),
    polls: true,
  }),
  () => ({
    name: "it answers again, with a row that cannot be used",
    venue: (venue) => {
      venue.down.delete("activity")
      venue.rejected.push({ reason: "no size", body: "{}", request: "activity", recorded: null })
    },
    polls: true,
  }),
  () => ({
    name: "an event that cannot be applied",
    act: (house) =>
      Effect.andThen(
        refuseStranger(house),
        house.tell([{ type: "FollowListChanged", payload: { follows: [stranger] } }]),
      ),
  }),
  () => ({
    name: "its dead letter is redriven at the next start",
    act: redrive,
    again: redrive,
    restarts: true,
  }),
  (at) => ({
    name: "a cursor that fits no more",
    act: (house) =>
      house.sql`UPDATE cursors SET log_id = 'lost' WHERE subscriber = 'paper'`.pipe(
        Effect.andThen(house.tell([ingested([traded(3, at, { size: 9 })])])),
      ),
    venue: shown(traded(3, at, { size: 9 })),
    polls: true,
  }),
]

export interface TimedStep extends Step {
  readonly fromMs: number
}

export const storyBeginsMs = noon + 59_000

export const story: ReadonlyArray<TimedStep> = (() => {
  const steps: Array<TimedStep> = []
  let fromMs = storyBeginsMs + 1000
  for (const make of makers) {
    const step = make(fromMs)
    steps.push({ ...step, fromMs })
    fromMs += step.lasts ?? pause
  }
  return steps
})()
