import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type Place, WaitingRoom } from "@evaluator/runtime/WaitingRoom"

interface Item {
  readonly key: string
  readonly n?: number
  readonly priority?: number
}

const roomOf = (more: Partial<{ capacity: number; gatherMs: number }> = {}) =>
  new WaitingRoom<Item>({
    capacity: 8,
    gatherMs: 0,
    ageingMs: 100,
    key: (item) => item.key,
    priority: (item) => item.priority ?? 0,
    ...more,
  })

const keysTaken = (room: WaitingRoom<Item>, nowMs: number): ReadonlyArray<string> => {
  const keys: Array<string> = []
  for (let place = room.take(nowMs); place !== null; place = room.take(nowMs)) keys.push(place.key)
  return keys
}

describe("WaitingRoom", () => {
  it("hands out by arrival, a greater priority first", () => {
    const room = roomOf()
    for (const [key, priority] of [
      ["a", 0],
      ["b", 0],
      ["c", 2],
    ] as const) {
      room.offer({ key, priority }, 0)
    }
    assert.deepStrictEqual(keysTaken(room, 0), ["c", "a", "b"])
  })

  it("lets an item that has waited priority × ageing go before a greater priority", () => {
    const room = roomOf()
    room.offer({ key: "old" }, 0)
    room.offer({ key: "overtakes", priority: 2 }, 199)
    room.offer({ key: "too late", priority: 2 }, 201)
    assert.deepStrictEqual(keysTaken(room, 201), ["overtakes", "old", "too late"])
  })

  it("a newer item takes over the place, its time and the greater priority", () => {
    const room = roomOf()
    room.offer({ key: "a", n: 1 }, 0)
    room.offer({ key: "b" }, 1)
    room.offer({ key: "b", n: 2, priority: 5 }, 50)
    assert.strictEqual(room.size, 2)
    const first = room.take(50)!
    assert.deepStrictEqual([first.key, first.item.n, first.sinceMs], ["b", 2, 1])
    assert.deepStrictEqual(keysTaken(room, 50), ["a"])
  })

  it("an item whose key is in a worker's hands waits until that turn is over", () => {
    const room = roomOf({ capacity: 1 })
    room.offer({ key: "a", n: 1 }, 0)
    const place = room.take(0)!
    assert.strictEqual(room.offer({ key: "a", n: 2 }, 1), "queued")
    assert.strictEqual(room.offer({ key: "a", n: 3 }, 2), "coalesced")
    assert.isNull(room.take(2))
    assert.strictEqual(room.pending, 2)
    room.finish(place, 3)
    assert.strictEqual(room.take(3)?.item.n, 3)
  })

  it("gathers: an item is ready when its time is over, however often it is replaced", () => {
    const room = roomOf({ gatherMs: 10 })
    room.offer({ key: "a", n: 0 }, 0)
    for (let at = 1; at < 10; at++) room.offer({ key: "a", n: at, priority: at }, at)
    assert.isNull(room.take(9))
    assert.strictEqual(room.nextMs(9), 10)
    assert.strictEqual(room.take(10)?.item.n, 9)
    assert.isNull(room.nextMs(10))
  })

  it("slides the place that came first", () => {
    const room = roomOf({ capacity: 2 })
    room.offer({ key: "a" }, 0)
    room.offer({ key: "b", priority: 1 }, 1)
    assert.strictEqual(room.offer({ key: "c" }, 2), "full")
    assert.strictEqual(room.slide()?.key, "a")
    assert.strictEqual(room.offer({ key: "c" }, 2), "queued")
    assert.deepStrictEqual(keysTaken(room, 2), ["b", "c"])
  })

  const Step = Schema.Struct({
    do: Schema.Literals(["offer", "offer", "take", "finish", "slide"]),
    key: Schema.Literals(["a", "b", "c", "d", "e"]),
    priority: Schema.Literals([0, 1, 3]),
    pause: Schema.Literals([0, 1, 40, 200]),
  })

  it.effect.prop(
    "over any steps: a bounded number waits, a key is in one place, whoever is taken was the most due",
    [Schema.Array(Step), Schema.Literals([0, 30])],
    ([steps, gatherMs]) =>
      Effect.sync(() => {
        const room = roomOf({ capacity: 3, gatherMs })
        /** The same rules, said with lists. */
        const model = new Map<string, { since: number; priority: number }>()
        const beside = new Map<string, { since: number; priority: number }>()
        const inHands: Array<Place<Item>> = []
        let now = 0
        for (const { do: step, key, priority, pause } of steps) {
          now += pause
          if (step === "offer") {
            const known = model.get(key) ?? beside.get(key)
            const held = inHands.some((place) => place.key === key)
            const admission = room.offer({ key, priority }, now)
            if (known !== undefined) {
              assert.strictEqual(admission, "coalesced")
              known.priority = Math.max(known.priority, priority)
            } else if (held) beside.set(key, { since: now, priority })
            else if (model.size >= 3) assert.strictEqual(admission, "full")
            else model.set(key, { since: now, priority })
          } else if (step === "take") {
            const ready = [...model].filter(([, { since }]) => since + gatherMs <= now)
            const due = Math.min(...ready.map(([, one]) => one.since - one.priority * 100))
            const place = room.take(now)
            if (ready.length === 0) assert.isNull(place)
            else {
              const taken = model.get(place!.key)!
              assert.strictEqual(taken.since - taken.priority * 100, due)
              model.delete(place!.key)
              inHands.push(place!)
            }
          } else if (step === "finish" && inHands.length > 0) {
            const place = inHands.shift()!
            room.finish(place, now)
            const next = beside.get(place.key)
            if (next !== undefined) model.set(place.key, next)
            beside.delete(place.key)
          } else if (step === "slide") {
            const slid = room.slide()
            assert.strictEqual(slid === undefined, model.size === 0)
            if (slid !== undefined) model.delete(slid.key)
          }
          assert.strictEqual(room.size, model.size)
          assert.strictEqual(room.pending, model.size + beside.size + inHands.length)
        }
      }),
  )
})
