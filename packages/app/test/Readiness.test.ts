import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { copyNotes, readiness, type ReadinessParts } from "@evaluator/app/Readiness"
import * as VenueReach from "@evaluator/app/VenueReach"
import { ReachNotice } from "@evaluator/polymarket/ReachNotice"
import { type Condition, Conditions } from "@evaluator/runtime/Conditions"

const condition = (more: Partial<Condition> = {}): Condition => ({
  name: "storage",
  ok: true,
  blocks: true,
  says: "can be written",
  ...more,
})

const parts = (more: Partial<ReadinessParts<unknown>> = {}): ReadinessParts<unknown> => ({
  lanes: Effect.succeed([{ name: "fast lane", ok: true, blocks: true, says: "beats" }]),
  evaluation: Effect.succeed([condition({ blocks: false })]),
  paper: Effect.succeed([condition()]),
  notes: Effect.succeed([]),
  ...more,
})

describe("what is noted of copying", () => {
  const copies = {
    standingHalt: () => Effect.succeed(null),
    stuck: Effect.succeed(0),
    staleFeeds: () => Effect.succeed(0),
  }

  it.effect("is nothing while all is well, and a sentence each of what is not", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* copyNotes(copies, "portfolio", 300_000), [])
      const asked: Array<number> = []
      const notes = yield* copyNotes(
        {
          standingHalt: () => Effect.succeed({ reason: "enough", until_ms: null }),
          stuck: Effect.succeed(2),
          staleFeeds: (olderThanMs) => Effect.sync(() => asked.push(olderThanMs) + 2),
        },
        "portfolio",
        300_000,
      )
      assert.deepStrictEqual(notes, [
        "copying is halted: enough",
        "2 copies are stuck, see copies --state stuck",
        "3 followed wallets have a stale feed: their purchases are not copied",
      ])
      assert.deepStrictEqual(asked, [300_000])
    }),
  )
})

describe("readiness", () => {
  it.effect("is given while every condition is well, and lists them all", () =>
    Effect.gen(function* () {
      const ready = yield* readiness(parts())
      assert.isTrue(ready.ready)
      assert.deepStrictEqual(ready.degraded, [])
      assert.deepStrictEqual(
        ready.parts.map(({ name }) => name),
        ["fast lane", "background storage", "fast storage"],
      )
    }),
  )

  it.effect("ends with a condition that blocks, and is only degraded by another", () =>
    Effect.gen(function* () {
      const bad = { ok: false, says: "is full" }
      const blocked = yield* readiness(parts({ paper: Effect.succeed([condition(bad)]) }))
      assert.isFalse(blocked.ready)
      assert.deepStrictEqual(blocked.degraded, ["fast storage: is full"])
      const degraded = yield* readiness(
        parts({ evaluation: Effect.succeed([condition({ ...bad, blocks: false })]) }),
      )
      assert.isTrue(degraded.ready)
      assert.deepStrictEqual(degraded.degraded, ["background storage: is full"])
    }),
  )

  it.effect(
    "ends when the fast lane does not answer, but not when the background lane does not",
    () =>
      Effect.gen(function* () {
        const silent = Effect.fail("no answer")
        assert.isFalse((yield* readiness(parts({ paper: silent }))).ready)
        const without = yield* readiness(parts({ evaluation: silent }))
        assert.isTrue(without.ready)
        assert.deepStrictEqual(without.degraded, ["background conditions: does not answer"])
      }),
  )

  it.effect("takes a check that breaks for a condition that is not well", () =>
    Effect.gen(function* () {
      const conditions = yield* Conditions
      yield* conditions.add("queues", Effect.die(new Error("no such table")))
      yield* conditions.add("storage", Effect.succeed(condition()))
      const all = yield* conditions.all
      assert.deepStrictEqual(
        all.map(({ name, ok }) => [name, ok]),
        [
          ["queues", false],
          ["storage", true],
        ],
      )
      assert.match(all[0]!.says, /no such table/)
    }).pipe(Effect.scoped, Effect.provide(Conditions.layer)),
  )
})

describe("the venue's reach", () => {
  it.effect("is lost after three attempts without an answer and back with the first answer", () =>
    Effect.gen(function* () {
      const reached = yield* ReachNotice
      const conditions = yield* Conditions
      const venue = Effect.map(conditions.all, ([first]) => first!)
      reached("data", "answered")
      for (let attempt = 0; attempt < VenueReach.silentAfter; attempt++) {
        assert.isTrue((yield* venue).ok)
        reached("data", "unreachable")
        yield* TestClock.adjust("5 seconds")
      }
      const lost = yield* venue
      assert.isFalse(lost.ok)
      assert.isFalse(lost.blocks)
      assert.match(lost.says, /data has not answered for 15000 ms \(3 attempts\)/)
      reached("gamma", "answered")
      assert.isFalse((yield* venue).ok)
      reached("data", "answered")
      assert.isTrue((yield* venue).ok)
    }).pipe(
      Effect.scoped,
      Effect.provide(VenueReach.layer.pipe(Layer.provideMerge(Conditions.layer))),
    ),
  )
})
