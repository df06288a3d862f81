import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { filesOf } from "@evaluator/app/DirectoryFiles"
import { migrations } from "@evaluator/app/Migrations"
import { loadSettings } from "@evaluator/app/Settings"
import { type Comparison, compareCopies, settingsBetween } from "@evaluator/app/cli/Comparison"
import * as Database from "@evaluator/sqlite/Database"
import { bareCopy } from "../CopyRows.ts"
import { command } from "./Terminal.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "comparison-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

interface Made {
  readonly fill: number
  readonly outcome: string
  readonly gate?: string
  readonly gross?: number
  readonly pnl?: number
}

/** A paper.db that holds these copies of the portfolio. */
const holding = Effect.fnUntraced(function* (made: ReadonlyArray<Made>) {
  const directory = yield* temporary
  const copies = made.map(({ fill, gate = null, gross = null, outcome, pnl = null }) => ({
    fill_id: new Uint8Array(16).fill(fill),
    strategy: "portfolio",
    book: "portfolio",
    state: outcome === "COPIED" ? "closed" : "skipped",
    outcome,
    gate,
    gate_value: gate === null ? null : 51,
    gate_limit: gate === null ? null : 50,
    ...bareCopy,
    leader_at_ms: 1000 - fill,
    size: gross === null ? null : 1_000_000,
    gross,
    fee: gross === null ? null : 0,
    pnl,
  }))
  const file = filesOf(directory).paperDb
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const copy of copies) yield* sql`INSERT INTO copies ${sql.insert(copy)}`
  }).pipe(
    Effect.provide(
      Database.layer({ file, lane: "paper", migrations: migrations.paper }).pipe(Layer.fresh),
    ),
  )
  return directory
})

describe("two replays of a recording", () => {
  it.effect("are told apart by outcome with its gate, by price, and by result alone", () =>
    Effect.gen(function* () {
      const a = yield* holding([
        { fill: 1, outcome: "COPIED", gross: 500_000, pnl: 500_000 },
        { fill: 2, outcome: "COPIED", gross: 500_000, pnl: -500_000 },
        { fill: 3, outcome: "COPIED", gross: 500_000, pnl: 1 },
        { fill: 4, outcome: "COPIED", gross: 500_000, pnl: 1 },
        { fill: 5, outcome: "SKIPPED_NO_BOOK" },
      ])
      const b = yield* holding([
        { fill: 1, outcome: "COPIED", gross: 500_000, pnl: 500_000 },
        { fill: 2, outcome: "SKIPPED_WALLET_RISK", gate: "wallet-exposure" },
        { fill: 3, outcome: "COPIED", gross: 510_000, pnl: 1 },
        { fill: 4, outcome: "COPIED", gross: 500_000, pnl: 2 },
        { fill: 6, outcome: "SKIPPED_NO_BOOK" },
      ])
      const { complete, differences, strategies } = yield* compareCopies(a, b)
      assert.isTrue(complete)
      assert.deepStrictEqual(strategies[0], {
        strategy: "portfolio",
        fills: 6,
        same: 1,
        outcome: 3,
        price: 1,
        result: 1,
        a_copied: 4,
        b_copied: 3,
        a_pnl_usdc: "0.000002",
        b_pnl_usdc: "0.500003",
        b_over_a_usdc: "0.500001",
      })
      // By the time of the leader's fill.
      assert.deepStrictEqual(
        differences.map(({ differs, id }) => [Number.parseInt(id.slice(0, 2), 16), differs]),
        [
          [6, "outcome"],
          [5, "outcome"],
          [4, "result"],
          [3, "price"],
          [2, "outcome"],
        ],
      )
      assert.deepInclude(differences[4], {
        a_outcome: "COPIED",
        a_price: 0.5,
        b_outcome: "SKIPPED_WALLET_RISK",
        b_gate: "wallet-exposure",
        b_value: 51,
        b_limit: 50,
      })
      assert.deepStrictEqual((yield* compareCopies(a, a)).differences, [])
    }),
  )
})

describe("replay --against", () => {
  it.effect("replays under both files and prints which settings and decisions differ", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const [a, b] = [join(directory, "a.toml"), join(directory, "b.toml")]
      writeFileSync(a, "[paper]\nbuy_size = 10\n")
      writeFileSync(b, "[paper]\nslippage = 0.01\n")
      const ran: Array<ReadonlyArray<string>> = []
      const said = yield* command(["replay", directory, "--config", b, "--against", a], {
        compare: ({ loaded }, against) =>
          Effect.sync((): Comparison => {
            ran.push(against.profiles, loaded.profiles)
            return {
              settings: settingsBetween(against.settings, loaded.settings),
              strategies: [],
              complete: true,
              differences: [],
            }
          }),
      })
      assert.strictEqual(said.code, 0)
      assert.deepStrictEqual(ran, [
        ["replay", a],
        ["replay", b],
      ])
      assert.match(said.out, /paper\.buy_size +10 +25/)
      assert.match(said.out, /paper\.slippage +0\.02 +0\.01/)
      const { settings } = yield* loadSettings({ profiles: ["replay"], environment: {} })
      assert.deepStrictEqual(settingsBetween(settings, settings), [])
    }),
  )
})
