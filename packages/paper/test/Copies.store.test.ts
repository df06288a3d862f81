import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { CopyState, copyMoves } from "@evaluator/domain/paper/CopyState"
import { Copies } from "@evaluator/paper/Copies"
import { RunningStrategies } from "@evaluator/paper/Strategies"
import * as Database from "@evaluator/sqlite/Database"
import { fill, noon, paperMigrations } from "./PaperHarness.ts"

const services = Copies.layer.pipe(
  Layer.provideMerge(
    Database.layer({ file: ":memory:", lane: "paper", migrations: paperMigrations }),
  ),
  Layer.provide(Layer.succeed(RunningStrategies, ["portfolio"])),
  Layer.fresh,
)

const seen = {
  via: "feed",
  atMs: noon,
  visibleAtMs: noon,
  correlationId: null,
  causationId: null,
  traceparent: null,
} as const

const outcomeIn = (state: CopyState): string | null =>
  state === "detected" || state === "reviewed" || state === "reserved" || state === "priced"
    ? null
    : "FAILED"

describe("the rows of the copies", () => {
  it.effect.prop(
    "move only along the legal moves, from the state they are in",
    [Schema.Array(Schema.Tuple([CopyState, CopyState]))],
    ([moves]) =>
      Effect.gen(function* () {
        const copies = yield* Copies
        const [copy] = yield* copies.detect([fill()], seen)
        let state: CopyState = "detected"
        for (const [from, to] of moves) {
          const exit = yield* Effect.exit(copies.move(copy!, from, to, { outcome: outcomeIn(to) }))
          const legal = copyMoves[from].includes(to) && from === state
          assert.strictEqual(exit._tag, legal ? "Success" : "Failure", `${state}: ${from} to ${to}`)
          if (legal) state = to
          assert.strictEqual((yield* copies.find(copy!))?.state, state)
        }
      }).pipe(Effect.provide(services), Effect.scoped),
    { arbitrary: { runs: 40 } },
  )

  it.effect("are written once, also when a page serves a fill twice", () =>
    Effect.gen(function* () {
      const copies = yield* Copies
      const one = fill()
      const two = fill({ n: 2 })
      assert.strictEqual((yield* copies.detect([one, one, two], seen)).length, 2)
      assert.strictEqual((yield* copies.detect([two, one], seen)).length, 0)
    }).pipe(Effect.provide(services)),
  )

  it.effect("in flight are read oldest first, page by page, none twice and none left out", () =>
    Effect.gen(function* () {
      const copies = yield* Copies
      const fills = Array.from({ length: 1203 }, (_, n) => fill({ n: n + 1 }))
      yield* copies.detect(fills, seen)
      const ids: Array<string> = []
      let after: Parameters<Copies["Service"]["inFlight"]>[0] = null
      do {
        const page: Effect.Success<ReturnType<Copies["Service"]["inFlight"]>> =
          yield* copies.inFlight(after)
        ids.push(...page.copies.map((copy) => copy.fillId))
        after = page.next
      } while (after !== null)
      assert.deepStrictEqual(
        ids,
        fills.map((one) => String(one.id)),
      )
    }).pipe(Effect.provide(services)),
  )
})
