/**
 * Runs commands through the fast lane on a real file and through {@link PaperModel}, and says where
 * the two differ.
 *
 * Fills come by the stream or the bridge, one by one or several at once, again and late; some fail; the lane
 * is stopped in the middle of copies and opened again on its file. Fills that came at once must end as they
 * do in one of the orders that keep each token's.
 */
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock, Effect, Fiber, Queue, Schema } from "effect"
import { TestClock } from "effect/testing"
import { shares } from "@evaluator/domain/money/Micro"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import { FakeVenue } from "../FakeVenue.ts"
import {
  book,
  condition,
  fill,
  follow,
  type House,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  resolved,
  token,
  wallet,
} from "../PaperHarness.ts"
import { endsOf } from "./Interleavings.ts"
import { caps, type Deed, PaperModel } from "./PaperModel.ts"

const place = {
  wallet: Schema.Literals([1, 2]),
  market: Schema.Literals([1, 2, 3]),
  outcome: Schema.Literals([0, 1]),
}
const size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))

/** Milliseconds until the lane is stopped in the middle of it; 0: it is not. */
const Crash = Schema.Literals([0, 0, 0, 40, 120, 300])

const Trade = Schema.Struct({
  do: Schema.Literals(["buy", "buy", "buy", "sell", "sell", "late"]),
  ...place,
  size,
  way: Schema.Literals(["feed", "bridge"]),
  crash: Crash,
  /** Told by the stream alone: the ledger never shows it. */
  fails: Schema.Literals([false, false, false, true]),
})
/** Fills that come at once, so that they are on their way together. */
const Burst = Schema.Struct({
  do: Schema.Literals(["burst"]),
  fills: Schema.Array(
    Schema.Struct({ side: Schema.Literals(["BUY", "BUY", "SELL"]), ...place, size }),
  ).check(Schema.isMinLength(2), Schema.isMaxLength(4)),
  way: Schema.Literals(["feed", "bridge"]),
  crash: Crash,
})
const Merge = Schema.Struct({ do: Schema.Literals(["merge"]), ...place, size })
const Rare = Schema.Struct({ do: Schema.Literals(["again", "halt", "resume", "resume", "poll"]) })
const Resolve = Schema.Struct({
  do: Schema.Literals(["resolve"]),
  market: place.market,
  payouts: Schema.Literals([0, 0.5, 1]),
})

/** Named twice, a kind comes twice as often. */
export const Command = Schema.Union([Trade, Trade, Trade, Burst, Burst, Merge, Rare, Resolve])
export type Command = typeof Command.Type
/** As many as let caps fill up, and few enough that a run takes a fraction of a second. */
export const Commands = Schema.Array(Command).check(Schema.isMinLength(8), Schema.isMaxLength(16))

const overrides = {
  paper: {
    max_positions: caps.positions,
    own_impact: "0s",
    portfolio_daily_loss: 1,
    portfolio_weekly_loss: 1,
    wallet_daily_loss: 1,
    wallet_weekly_loss: 1,
    drawdown_reduce: 1,
    drawdown_halt: 1,
    sweep_every: "1h",
  },
  watch: { poll_often: "10m", poll_seldom: "10m" },
}

export interface Ending {
  /** Where the lane and the model differ; null when they agree. */
  readonly difference: string | null
  /** Outcomes of the model. */
  readonly outcomes: ReadonlyArray<string>
}

/**
 * Files in which the markets and follows are known, for every run to begin with a copy of: making the
 * tables costs more than most runs do. In memory where the machine has a place for that.
 */
export const beginnings = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), "paper-model-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
  )
  mkdirSync(join(root, "new"))
  yield* TestClock.setTime(noon)
  const house = yield* openHouse({
    directory: join(root, "new"),
    venue: new FakeVenue(),
    overrides,
  })
  yield* introduce(
    house,
    [1, 2, 3].map((n) => market(n)),
    [1, 2].map((n) => follow(wallet(n))),
  )
  yield* house.stop
  return root
})
const memory = "/dev/shm"
let copied = 0

const copyOf = (root: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = join(root, String(++copied))
      cpSync(join(root, "new"), directory, { recursive: true })
      return directory
    }),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
  )

/** How the lane and the model end after the commands, on a copy of the {@link beginnings}. */
export const endingAfter = (commands: ReadonlyArray<Command>, root: string) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(noon)
    const directory = yield* copyOf(root)
    const venue = new FakeVenue()
    /** More than one where fills that came at once may have been decided in several ways. */
    let models: ReadonlyArray<PaperModel> = [new PaperModel()]
    const each = (act: (model: PaperModel) => void) => models.forEach(act)
    for (const n of [1, 2, 3]) {
      for (const outcome of [0, 1]) {
        venue.setBook(book(n, { asks: [[0.51, 1e6]], bids: [[0.49, 1e6]] }, outcome))
      }
    }
    const open = Effect.suspend(() => openHouse({ directory, venue, overrides }))
    let house: House = yield* open
    const seen: Array<Fill> = []
    /** Fills that failed, and nobody knows yet. */
    let failing: ReadonlyArray<Deed> = []
    const last = new Map<string, number>()

    const deliver = Effect.fnUntraced(function* (
      fills: ReadonlyArray<Fill>,
      way: "feed" | "bridge",
      crash: number,
    ) {
      seen.push(...fills)
      if (way === "feed") yield* Queue.offerAll(venue.announced, fills)
      else yield* house.tell(fills.map((one) => ingested([one])))
      // What only the stream told is lost with the process; the ledger shows it later.
      if (crash > 0 && way === "bridge") {
        yield* TestClock.adjust(crash)
        yield* house.stop
        house = yield* open
      }
      yield* house.settle
    })

    /** Polls until the ledger is known, while time goes on. */
    const catchUp = Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.andThen(house.lane.hear, house.lane.catchUp))
      yield* TestClock.adjust("2 seconds")
      yield* house.settle
      yield* Fiber.join(fiber)
    })

    /** Two polls by which the ledger should have shown everything. */
    const findFailed = Effect.gen(function* () {
      for (let look = 0; look < 2; look++) {
        // Rows count as complete when they are older than the lags.
        yield* TestClock.adjust("12 seconds")
        yield* catchUp
      }
      for (const deed of failing) each((model) => model.fail(deed))
      failing = []
    })

    for (const [n, command] of commands.entries()) {
      yield* TestClock.adjust("1 second")
      // What a failed fill left behind is gone before anything of it could be given up.
      if (command.do === "merge") yield* findFailed
      const now = yield* Clock.currentTimeMillis
      switch (command.do) {
        case "buy":
        case "sell":
        case "late": {
          const key = `${command.wallet} ${command.market} ${command.outcome}`
          const late = command.do === "late" && last.has(key)
          const made = fill({
            wallet: wallet(command.wallet),
            market: command.market,
            outcome: command.outcome,
            side: command.do === "sell" ? "SELL" : "BUY",
            price: 0.5,
            size: command.size,
            atMs: late ? last.get(key)! - 1 : now,
            n: n + 1,
          })
          const fails = command.fails && command.way === "feed" && !late
          if (!late) last.set(key, now)
          if (!fails) venue.rows.push({ kind: "fill", fill: made })
          const deed = { ...command, id: made.id, side: made.side, size: made.size, late }
          if (fails) failing = [...failing, deed]
          each((model) => model.deed(deed))
          yield* deliver([made], command.way, command.crash)
          break
        }
        case "burst": {
          const deeds = command.fills.map((one, index) => {
            const made = fill({
              ...one,
              wallet: wallet(one.wallet),
              price: 0.5,
              atMs: now,
              n: 1000 * (n + 1) + index,
            })
            last.set(`${one.wallet} ${one.market} ${one.outcome}`, now)
            venue.rows.push({ kind: "fill", fill: made })
            return { made, deed: { ...one, id: made.id, size: made.size, late: false } }
          })
          yield* deliver(
            deeds.map(({ made }) => made),
            command.way,
            command.crash,
          )
          const found = JSON.stringify(yield* standing(house))
          const ends = models.flatMap((model) =>
            endsOf(
              model,
              deeds.map(({ deed }) => deed),
            ),
          )
          const alike = ends.filter((model) => JSON.stringify(expectedOf(model)) === found)
          if (alike.length === 0) {
            yield* house.stop
            const orders = ends.map((model) => JSON.stringify(expectedOf(model))).join("\n")
            return { difference: `the lane: ${found}\nthe models: ${orders}`, outcomes: [] }
          }
          models = alike
          break
        }
        case "merge": {
          const activity: Activity = {
            id: createHash("sha256").update(String(n)).digest("hex").slice(0, 32) as Activity["id"],
            wallet: wallet(command.wallet),
            type: "MERGE",
            condition: condition(command.market),
            token: null,
            size: shares(command.size * 1_000_000),
            usdc: 0,
            atMs: now,
            transaction: `0x${String(n + 1).padStart(64, "0")}` as Activity["transaction"],
          }
          const left = models[0]!.left(command.wallet, command.market)
          // What shows late and was made before is given up at the next poll, which the model does not know.
          for (const outcome of [0, 1].filter((one) => !left.includes(one))) {
            last.delete(`${command.wallet} ${command.market} ${outcome}`)
          }
          for (const outcome of left) {
            const id = createHash("sha256")
              .update(`${activity.id}:${token(command.market, outcome)}`)
              .digest("hex")
              .slice(0, 32)
            last.set(`${command.wallet} ${command.market} ${outcome}`, now)
            const deed = { ...command, outcome, id, side: "EXIT", late: false } as const
            each((model) => model.deed({ ...deed, size: activity.size }))
          }
          venue.rows.push({ kind: "activity", activity })
          // Rows count as complete when they are older than the visibility lag.
          yield* TestClock.adjust("6 seconds")
          yield* catchUp
          break
        }
        case "poll":
          yield* findFailed
          break
        case "again":
          for (const one of seen) yield* Queue.offer(venue.announced, one)
          yield* house.settle
          break
        case "halt":
          each((model) => void (model.halted = true))
          yield* house.lane.halt({ reason: "asked", untilMs: null })
          break
        case "resume":
          each((model) => void (model.halted = false))
          yield* house.lane.resume({ reason: "asked" })
          break
        case "resolve": {
          const payouts = [command.payouts, 1 - command.payouts]
          each((model) =>
            model.resolve(
              command.market,
              payouts.map((one) => one * 1_000_000),
            ),
          )
          yield* house.tell([resolved(command.market, payouts)])
          yield* house.settle
        }
      }
    }
    const found = JSON.stringify(yield* standing(house))
    yield* house.stop
    const theirs = models.map((model) => JSON.stringify(expectedOf(model)))
    const difference = theirs.includes(found)
      ? null
      : `the lane: ${found}\nthe model: ${theirs.join("\n")}`
    return { difference, outcomes: [...models[0]!.outcomes.values()] } satisfies Ending as Ending
  }).pipe(Effect.scoped)

const expectedOf = (model: PaperModel) => ({
  cash: model.cash,
  lots: model.lots
    .filter((lot) => lot.size > 0)
    .map(({ id, size, cost }) => [id, size, cost])
    .toSorted(),
  outcomes: [...model.outcomes].toSorted(),
  faults: [],
})

const standing = Effect.fnUntraced(function* (house: House) {
  const lots = yield* house.sql<{ id: string; open_size: number; open_cost: number }>`
    SELECT lower(hex(fill_id)) AS id, open_size, open_cost FROM lots WHERE open_size > 0`
  const copies = yield* house.sql<{ id: string; outcome: string }>`
    SELECT lower(hex(fill_id)) AS id, coalesce(outcome, state) AS outcome FROM copies`
  return {
    cash: (yield* house.reports.ledger("portfolio")).cashMicro,
    lots: lots.map((lot) => [lot.id, lot.open_size, lot.open_cost]).toSorted(),
    outcomes: copies.map((copy) => [copy.id, copy.outcome]).toSorted(),
    faults: yield* house.reports.ledgerCheck,
  }
})
