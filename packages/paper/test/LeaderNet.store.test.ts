import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { Copies } from "@evaluator/paper/Copies"
import { RunningStrategies } from "@evaluator/paper/Strategies"
import * as Database from "@evaluator/sqlite/Database"
import { inOneStep } from "@evaluator/sqlite/InOneStep"
import { fill, noon, paperMigrations, polled } from "./PaperHarness.ts"

const services = Copies.layer.pipe(
  Layer.provideMerge(
    Database.layer({ file: ":memory:", lane: "paper", migrations: paperMigrations }),
  ),
  Layer.provide(Layer.succeed(RunningStrategies, ["solo"])),
  Layer.fresh,
)

/** A fixed stream of numbers below `n`. */
const drawing = (seed: number) => {
  let state = seed
  return (n: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % n
  }
}

describe("what a leader is known to hold of a token", () => {
  it.effect("is what the rows say, whatever is decided, asked or rolled back before", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const copies = yield* Copies
      const net = (probe: Parameters<typeof copies.leaderNet>[1]) =>
        inOneStep(sql, (run) => copies.leaderNet(run, probe))
      let remembered = 0
      for (const seed of [1, 2, 3, 4]) {
        const draw = drawing(seed)
        const probes = yield* copies.detect(
          [1, 2].map((market) => fill({ market, n: seed * 1000 + market })),
          polled,
        )
        const check = Effect.forEach(probes, (probe) =>
          Effect.gen(function* () {
            const [row] = yield* sql<{ net: number }>`SELECT coalesce(sum(
                CASE side WHEN 'BUY' THEN leader_size ELSE -leader_size END), 0) AS net FROM copies
              WHERE lower(hex(token)) = ${BigInt(probe.fill.token).toString(16).padStart(64, "0")}
                AND state <> 'detected' AND fill_id NOT IN (SELECT fill_id FROM streamed_fills)`
            assert.strictEqual(yield* net(probe), row!.net, `seed ${seed}`)
            remembered += 1
          }),
        )
        const fails = (one: Fill) =>
          sql
            .withTransaction(
              Effect.gen(function* () {
                yield* sql`INSERT INTO streamed_fills (fill_id, wallet, leader_at_ms, state)
                  VALUES (${hexToBytes(one.id)}, ${hexToBytes(one.wallet)}, 0, 'failed')`
                yield* copies.leaderFailed(one.id)
                if (draw(2) === 0) yield* check
                if (draw(3) === 0) return yield* Effect.fail("given up")
              }),
            )
            .pipe(Effect.ignore, Effect.andThen(check))
        for (let n = 0; n < 60; n++) {
          const one = fill({
            market: 1 + draw(2),
            side: draw(2) === 0 ? "BUY" : "SELL",
            size: 1 + draw(50),
            n: seed * 1000 + 10 + n,
            atMs: noon + n,
          })
          const [copy] = yield* copies.detect([one], { ...polled, via: "feed" })
          const skip = copies.move(copy!, "detected", "skipped", { outcome: "SKIPPED_NO_BOOK" })
          const askedWithin = draw(2) === 0
          yield* sql
            .withTransaction(
              Effect.gen(function* () {
                if (draw(2) === 0) yield* check
                yield* skip
                if (askedWithin) yield* check
                if (draw(3) === 0) return yield* Effect.fail("given up")
              }),
            )
            .pipe(Effect.ignore)
          if (draw(4) !== 0) yield* check
          if (draw(3) === 0) yield* fails(one)
        }
      }
      assert.isAbove(remembered, 100)
    }).pipe(Effect.provide(services)),
  )
})
