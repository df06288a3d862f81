import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { price } from "@evaluator/domain/money/Micro"
import { Copies } from "@evaluator/paper/Copies"
import { PaperBook } from "@evaluator/paper/PaperBook"
import { makeStanding } from "@evaluator/paper/Standing"
import { RunningStrategies } from "@evaluator/paper/Strategies"
import * as Database from "@evaluator/sqlite/Database"
import { PaperSettings } from "@evaluator/paper/PaperSettings"
import { settings } from "./HarnessSettings.ts"
import { fill, market, noon, paperMigrations, polled } from "./PaperHarness.ts"

const services = Layer.mergeAll(PaperBook.layer, Copies.layer).pipe(
  Layer.provideMerge(
    Database.layer({ file: ":memory:", lane: "paper", migrations: paperMigrations }),
  ),
  Layer.provide(Layer.succeed(RunningStrategies, ["portfolio"])),
  Layer.provideMerge(Layer.succeed(PaperSettings, settings())),
  Layer.fresh,
)

describe("how a book stands", () => {
  it.effect("counts what was promised and released since, and never what was rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const book = yield* PaperBook
      const standing = yield* makeStanding
      yield* book.fund("portfolio", "portfolio", 1_000_000_000)
      const [copy] = yield* (yield* Copies).detect([fill()], polled)
      const known = {
        market: market(1),
        payouts: null,
        source: "event",
        seq: 1,
        atMs: noon,
      } as const
      const mode = { mode: "ACTIVE", drawdown: 0, buysBelow: 1_000_000 } as const
      const exposed = Effect.map(
        standing(copy!, known, price(600_000), mode, noon),
        ({ exposure, positions }) => [exposure.portfolio, exposure.wallet, positions],
      )
      const promise = book.reserveCash(copy!, {
        theme: "t",
        cash: 30_000_000,
        exposure: 25_000_000,
      })

      assert.deepStrictEqual(yield* exposed, [0, 0, 0])
      const given = yield* Effect.exit(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* promise
            assert.deepStrictEqual(yield* exposed, [25_000_000, 25_000_000, 1])
            return yield* Effect.fail("given up")
          }),
        ),
      )
      assert.isTrue(Exit.isFailure(given))
      assert.deepStrictEqual(yield* exposed, [0, 0, 0])
      yield* promise
      assert.deepStrictEqual(yield* exposed, [25_000_000, 25_000_000, 1])
      assert.deepStrictEqual(yield* exposed, [25_000_000, 25_000_000, 1])
      yield* book.release(copy!, "voided", "test")
      assert.deepStrictEqual(yield* exposed, [0, 0, 0])
    }).pipe(Effect.provide(services)),
  )
})
