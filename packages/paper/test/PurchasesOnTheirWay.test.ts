import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { PurchasesOnTheirWay } from "@evaluator/paper/PurchasesOnTheirWay"
import { fill, wallet } from "./PaperHarness.ts"

const sale = fill({ side: "SELL", n: 9 })

describe("a purchase on its way", () => {
  it.effect("is waited for by sales of its wallet and token, by nothing else", () =>
    Effect.gen(function* () {
      const purchases = new PurchasesOnTheirWay()
      assert.isNull(purchases.before(sale))
      yield* purchases.during(
        fill(),
        Effect.sync(() => {
          assert.isNotNull(purchases.before(sale))
          for (const other of [{ wallet: wallet(2) }, { outcome: 1 }, { market: 2 }]) {
            assert.isNull(purchases.before(fill({ side: "SELL", ...other })))
          }
          assert.isNull(purchases.before(fill({ n: 2 })))
        }),
      )
      assert.isNull(purchases.before(sale))
    }),
  )

  it.effect("is waited for until each has ended, also when copies of one came apart", () =>
    Effect.gen(function* () {
      const purchases = new PurchasesOnTheirWay()
      const gates = [
        yield* Deferred.make<void, Error>(),
        yield* Deferred.make<void, Error>(),
      ] as const
      const immediately = { startImmediately: true } as const
      for (const gate of gates) {
        yield* Effect.forkChild(purchases.during(fill(), Deferred.await(gate)), immediately)
      }
      const waits = yield* Effect.forkChild(purchases.before(sale)!, immediately)
      yield* Deferred.succeed(gates[0], undefined)
      yield* Effect.yieldNow
      assert.isUndefined(waits.pollUnsafe())
      yield* Deferred.fail(gates[1], new Error("it broke"))
      yield* Fiber.join(waits)
      assert.isNull(purchases.before(sale))
    }),
  )

  it.effect("is none when it is a sale itself", () =>
    Effect.gen(function* () {
      const purchases = new PurchasesOnTheirWay()
      yield* purchases.during(
        fill({ side: "SELL" }),
        Effect.sync(() => assert.isNull(purchases.before(sale))),
      )
    }),
  )
})
