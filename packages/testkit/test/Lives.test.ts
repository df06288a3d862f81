import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endsOf, type Held, lost, nothing, undelivered, unheardOf } from "@evaluator/testkit/Lives"

const remembered = () => {
  const before = nothing()
  for (const id of ["t1", "t2"]) before.trades.add(id)
  for (const [place, id] of [
    ["evaluator.db 1", "e1"],
    ["evaluator.db 2", "e2"],
    ["paper.db 1", "p1"],
  ] as const) {
    before.events.set(place, id)
  }
  before.outcomes.set("f1 solo", "COPIED")
  return before
}

const held = (changes: Partial<Held> = {}): Held => ({
  ...remembered(),
  oldest: { "evaluator.db": 1, "paper.db": 1 },
  delivered: { "evaluator.db": 2, "paper.db": 1 },
  unheard: [],
  ...changes,
})

describe("what the files hold after an end", () => {
  it("is all that was there, and may be more", () => {
    const more = held()
    more.trades.add("t3")
    more.events.set("paper.db 2", "p2")
    assert.deepStrictEqual(lost(remembered(), more), [])
  })

  it("misses a trade, an event, an outcome that was there", () => {
    const less = held({ trades: new Set(["t1"]), outcomes: new Map() })
    less.events.set("evaluator.db 2", "another")
    assert.deepStrictEqual(lost(remembered(), less), [
      "1 trades are gone, one is t2",
      "1 events are gone, one is evaluator.db 2",
      "copy f1 solo was COPIED and is gone",
    ])
  })

  it("need not hold events that retention took off the log's beginning", () => {
    const retained = held({ oldest: { "evaluator.db": 2, "paper.db": 1 } })
    retained.events.delete("evaluator.db 1")
    assert.deepStrictEqual(lost(remembered(), retained), [])
  })

  it("must have been delivered to the other lane", () => {
    assert.deepStrictEqual(undelivered(remembered(), held()), [])
    const behind = held({ delivered: { "evaluator.db": 1, "paper.db": 0 } })
    assert.deepStrictEqual(undelivered(remembered(), behind), [
      "1 events of evaluator.db were not delivered",
      "1 events of paper.db were not delivered",
    ])
  })
})

describe("what a drain leaves behind a cursor", () => {
  it("is told by type and place, apart from what is said of the machinery", () => {
    const said = [
      { seq: 1, type: "TradesIngested" },
      { seq: 2, type: "JobCompleted" },
      { seq: 3, type: "MarketResolved" },
    ]
    assert.deepStrictEqual(unheardOf(said, 0), ["TradesIngested 1", "MarketResolved 3"])
    assert.deepStrictEqual(unheardOf(said, 1), ["MarketResolved 3"])
    assert.deepStrictEqual(unheardOf(said, 3), [])
  })
})

describe("the ends of a life", () => {
  it.effect("are kills and stops by turns, at commits that the seed repeats", () =>
    Effect.gen(function* () {
      const ends = yield* endsOf(7, 10, 20, 260)
      assert.deepStrictEqual(yield* endsOf(7, 10, 20, 260), ends)
      assert.notDeepEqual(yield* endsOf(8, 10, 20, 260), ends)
      assert.strictEqual(ends.filter(({ signal }) => signal === "SIGTERM").length, 5)
      assert.isTrue(ends.every(({ commit }) => commit >= 20 && commit <= 260))
    }),
  )
})
