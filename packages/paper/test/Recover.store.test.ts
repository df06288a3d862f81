import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { copyFileSync, existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import {
  book,
  fill,
  follow,
  type House,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  temporaryDirectory,
  wallet,
} from "./PaperHarness.ts"
import { FakeVenue } from "./FakeVenue.ts"

const quietWatch = { poll_often: "1h", poll_seldom: "1h" }

/** The files as a kill at this moment would leave them. */
const snapshot = (from: string, to: string) => {
  mkdirSync(to, { recursive: true })
  for (const name of ["paper.db", "evaluator.db"]) {
    for (const suffix of ["", "-wal"]) {
      const file = join(from, `${name}${suffix}`)
      if (existsSync(file)) copyFileSync(file, join(to, `${name}${suffix}`))
    }
  }
}

const venueOf = () => {
  const venue = new FakeVenue()
  venue.setBook(book(1, { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }))
  venue.setBook(book(2, { asks: [[0.3, 1000]] }))
  return venue
}

/** A purchase, its partial sale, and a fill that is skipped. */
const story = (house: House) =>
  Effect.gen(function* () {
    yield* introduce(house, [market(1), market(2)], [follow(wallet(1)), follow(wallet(2))])
    yield* house.tell([
      ingested([fill({ price: 0.6 }), fill({ market: 3, n: 2 })]),
      ingested([fill({ market: 2, price: 0.3, wallet: wallet(2), n: 3 })]),
    ])
    yield* house.settle
    yield* house.tell([
      ingested([fill({ side: "SELL", price: 0.59, size: 60, n: 4, atMs: noon + 1000 })]),
    ])
    yield* house.settle
  })

interface Ending {
  readonly outcomes: Record<string, string>
  readonly cash: number
}

const endingOf = Effect.fnUntraced(function* (house: House) {
  const copies = yield* house.reports.copies({})
  const { cashMicro } = yield* house.reports.ledger("portfolio")
  const outcomes = Object.fromEntries(copies.map((copy) => [copy.fillId, String(copy.outcome)]))
  return { outcomes, cash: cashMicro } satisfies Ending as Ending
})

/** Runs the story once, keeping the files after each commit of the fast lane. */
const killedEverywhere = Effect.gen(function* () {
  yield* TestClock.setTime(noon)
  const directory = yield* temporaryDirectory
  const kills: Array<string> = []
  const onCommit = () => {
    const to = join(directory, "kills", String(kills.length))
    snapshot(directory, to)
    kills.push(to)
  }
  const house = yield* openHouse({
    directory,
    venue: venueOf(),
    onCommit,
    overrides: { watch: quietWatch },
  })
  yield* story(house)
  const undisturbed = yield* endingOf(house)
  yield* house.stop
  return { kills, undisturbed }
})

const reopen = (directory: string) =>
  openHouse({ directory, venue: venueOf(), overrides: { watch: quietWatch } })

interface Promised {
  readonly state: string
  readonly outcome: string
}

interface Left {
  readonly id: string
  readonly state: string
  readonly outcome: string | null
}

/** The copies in the files as they were left, before anything takes them up. */
const leftIn = (directory: string): ReadonlyArray<Left> => {
  const copied = join(directory, "read")
  snapshot(directory, copied)
  const database = new DatabaseSync(join(copied, "paper.db"))
  const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'copies'").get()
  const rows =
    known === undefined
      ? []
      : database.prepare("SELECT lower(hex(fill_id)) AS id, state, outcome FROM copies").all()
  database.close()
  return rows as unknown as ReadonlyArray<Left>
}

describe("a kill after any commit", () => {
  it.effect(
    "and a start soon after end as if nothing had happened",
    () =>
      Effect.gen(function* () {
        const { kills, undisturbed } = yield* killedEverywhere
        assert.isAbove(kills.length, 20)
        for (const directory of kills) {
          yield* TestClock.setTime(noon + 5000)
          const house = yield* reopen(directory)
          yield* house.settle
          // What the other lane had not told yet comes from its log, or is told again.
          yield* story(house)
          assert.deepStrictEqual(yield* house.reports.ledgerCheck, [], directory)
          assert.deepStrictEqual(yield* endingOf(house), undisturbed, directory)
          assert.strictEqual(yield* house.reports.inFlight("portfolio"), 0)
          yield* house.stop
        }
      }),
    60_000,
  )

  it.effect(
    "and a start long after give back what was promised; what was decided stands",
    () =>
      Effect.gen(function* () {
        const { kills } = yield* killedEverywhere
        const expired = new Set<string>()
        const ends = new Set<string>()
        for (const directory of kills) {
          const left = leftIn(directory)
          yield* TestClock.setTime(noon + 600_000)
          const house = yield* reopen(directory)
          yield* house.settle
          const copies = yield* house.reports.copies({})
          const now = new Map(copies.map((copy) => [String(copy.fillId), copy.outcome]))
          for (const { id, outcome } of left) {
            if (outcome !== null) assert.strictEqual(now.get(id), outcome)
          }
          const flying = yield* house.reports.inFlight("portfolio")
          assert.strictEqual(flying, 0, directory)
          const [pending] = yield* house.sql`SELECT count(*) AS n FROM reservations
            WHERE state = 'pending'`
          assert.strictEqual(pending?.n, 0, directory)
          const promises = yield* house.sql<Promised>`SELECT r.state, c.outcome
            FROM reservations r JOIN copies c USING (fill_id, strategy)`
          for (const { outcome, state } of promises) ends.add(`${outcome}: ${state}`)
          assert.deepStrictEqual(yield* house.reports.ledgerCheck, [], directory)
          const late = yield* house.reports.copies({ outcome: "SKIPPED_DETECTION_LAG" })
          for (const copy of late) if (copy.reason?.includes("too old")) expired.add(copy.reason)
          yield* house.stop
        }
        assert.deepStrictEqual(
          [...expired].map((reason) => /left (\w+)/.exec(reason)?.[1]).toSorted(),
          ["detected", "priced", "reserved"],
        )
        assert.deepStrictEqual([...ends].toSorted(), [
          "COPIED: posted",
          "SKIPPED_DETECTION_LAG: expired",
        ])
      }),
    60_000,
  )
})

describe("a copy that was reviewed in a commit of its own", () => {
  it.effect("as earlier versions did it, goes on to its reservation", () =>
    Effect.gen(function* () {
      const { kills, undisturbed } = yield* killedEverywhere
      const first = fill({ price: 0.6 }).id
      const directory = kills.find((one) =>
        leftIn(one).some(({ id, state }) => id === first && state === "detected"),
      )!
      const database = new DatabaseSync(join(directory, "paper.db"))
      const { changes } = database
        .prepare("UPDATE copies SET state = 'reviewed' WHERE state = 'detected'")
        .run()
      database.close()
      assert.isAbove(Number(changes), 0)
      yield* TestClock.setTime(noon + 5000)
      const house = yield* reopen(directory)
      yield* house.settle
      yield* story(house)
      assert.deepStrictEqual(yield* endingOf(house), undisturbed)
      assert.deepStrictEqual(yield* house.reports.ledgerCheck, [])
    }),
  )
})

describe("a copy on its way", () => {
  it.effect("goes on with the book it met, or meets the one of now when it had met none", () =>
    Effect.gen(function* () {
      const { kills } = yield* killedEverywhere
      const first = fill({ price: 0.6 }).id
      const paid = new Map<string, number>()
      for (const directory of kills) {
        const state = leftIn(directory).find((copy) => copy.id === first)?.state
        if (state !== "reserved" && state !== "priced") continue
        yield* TestClock.setTime(noon + 5000)
        const venue = venueOf()
        venue.setBook(book(1, { asks: [[0.61, 1000]] }))
        const house = yield* openHouse({ directory, venue, overrides: { watch: quietWatch } })
        yield* house.settle
        const copy = (yield* house.reports.copies({})).find((one) => one.fillId === first)!
        paid.set(state, copy.gross! / copy.size!)
        yield* house.stop
      }
      assert.deepStrictEqual(Object.fromEntries(paid), { reserved: 0.61, priced: 0.6 })
    }),
  )

  it.effect("is left as it is by a stop, and goes on after the start", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const directory = yield* temporaryDirectory
      const first = yield* openHouse({ directory, venue: venueOf() })
      yield* introduce(first, [market(1)], [follow(wallet(1))])
      yield* first.tell([ingested([fill({ price: 0.6 })])])
      for (let step = 0; step < 100; step++) {
        if ((yield* first.reports.copies({ state: "reserved" })).length === 1) break
        yield* TestClock.adjust("5 millis")
      }
      yield* first.stop
      assert.deepStrictEqual(
        leftIn(directory).map((copy) => copy.state),
        ["reserved"],
      )
      const second = yield* openHouse({ directory, venue: venueOf() })
      yield* second.settle
      assert.strictEqual((yield* second.reports.copies({}))[0]?.outcome, "COPIED")
      assert.deepStrictEqual(yield* second.reports.ledgerCheck, [])
    }),
  )
})
