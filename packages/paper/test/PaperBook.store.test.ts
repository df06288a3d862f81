import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { CopyState } from "@evaluator/domain/paper/CopyState"
import type { Walk } from "@evaluator/domain/market/BookWalk"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import { Copies } from "@evaluator/paper/Copies"
import type { Copy } from "@evaluator/paper/CopyRow"
import { fundEntries } from "@evaluator/domain/paper/Ledger"
import { checkLedger } from "@evaluator/paper/LedgerCheck"
import { PaperBook } from "@evaluator/paper/PaperBook"
import { RunningStrategies } from "@evaluator/paper/Strategies"
import * as Database from "@evaluator/sqlite/Database"
import { condition, fill, paperMigrations, polled, wallet } from "./PaperHarness.ts"

const services = Layer.mergeAll(PaperBook.layer, Copies.layer).pipe(
  Layer.provideMerge(
    Database.layer({ file: ":memory:", lane: "paper", migrations: paperMigrations }),
  ),
  Layer.provide(Layer.succeed(RunningStrategies, ["portfolio"])),
  Layer.fresh,
)

const walkOf = (size: number, gross: number, fee: number): Walk => ({
  takes: [],
  size: shares(size),
  gross: usdc(gross),
  fee: usdc(fee),
})

const fundAndDetect = Effect.fnUntraced(function* (fills: ReadonlyArray<ReturnType<typeof fill>>) {
  const book = yield* PaperBook
  const copies = yield* Copies
  yield* book.fund("portfolio", "portfolio", 1_000_000_000)
  return yield* copies.detect(fills, polled)
})

/** Puts the copy's row where the saga would have it, so that the check can compare. */
const place = (copy: Copy, state: string, outcome: string | null) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE copies SET state = ${state}, outcome = ${outcome}
      WHERE hex(fill_id) = ${copy.fillId.toUpperCase()}`
  })

const bought = Effect.fnUntraced(function* (copy: Copy, walk: Walk) {
  const book = yield* PaperBook
  const reserved = { theme: "t", cash: walk.gross + walk.fee + 7, exposure: walk.gross }
  yield* book.reserveCash(copy, reserved)
  yield* book.buy(copy, walk, 0)
  yield* place(copy, "filled", "COPIED")
})

const Step = Schema.Struct({
  /** Which of the outcome tokens, and whether the copy is bought, sold, voided or left on its way. */
  market: Schema.Literals([1, 2, 3]),
  act: Schema.Literals(["buy", "sell", "void", "leave", "pay out"]),
  size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40_000_000 })),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
})

describe("the book of paper money", () => {
  it.effect.prop(
    "conserves every cent and share under any sequence of purchases, sales, voids and payouts",
    [Schema.Array(Step)],
    ([steps]) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const book = yield* PaperBook
        const acts = steps.slice(0, 25)
        const fills = acts.map((act, n) =>
          fill({ market: act.market, side: act.act === "sell" ? "SELL" : "BUY", n: n + 1 }),
        )
        const copies = yield* fundAndDetect(fills)
        let paid = 0
        for (const [index, { act, size, at, market }] of acts.entries()) {
          const copy = copies[index]!
          const gross = Math.floor((size * at) / 1e6)
          const held = (yield* book.payableLots(condition(market), 100, 2)).reduce(
            (total, lot) => total + lot.openSize,
            0,
          )
          if (act === "pay out") {
            for (const lot of yield* book.payableLots(condition(market), 100, 2)) {
              yield* book.payOut(lot, price(at))
              paid += 1
            }
            yield* place(copy, "skipped", "SKIPPED_NO_FILL")
          } else if (act === "sell") {
            const promised = Math.min(held, size)
            yield* place(copy, "skipped", "SKIPPED_NOTHING_TO_SELL")
            if (promised === 0) continue
            yield* book.promiseShares(copy, { theme: "t", size: promised })
            const sold = Math.max(1, Math.floor(promised / 2))
            yield* book.sell(copy, walkOf(sold, Math.floor((sold * at) / 1e6), at % 7))
            yield* place(copy, "closed", "COPIED")
          } else if (act === "buy") {
            yield* bought(copy, walkOf(size, gross, at % 11))
          } else {
            yield* book.reserveCash(copy, { theme: "t", cash: gross + 1, exposure: gross })
            yield* place(
              copy,
              act === "void" ? "skipped" : "reserved",
              act === "void" ? "FAILED" : null,
            )
            if (act === "void") assert.isTrue(yield* book.release(copy, "voided", "test"))
          }
        }
        // The saga closes a copy when its lot is empty.
        yield* sql`UPDATE copies SET state = 'closed' WHERE state = 'filled' AND NOT EXISTS (
          SELECT 1 FROM lots l WHERE l.fill_id = copies.fill_id AND l.open_size > 0)`
        assert.deepStrictEqual(yield* checkLedger, [])
        const [sum] = yield* sql<{ total: number }>`SELECT sum(amount) AS total FROM postings`
        assert.strictEqual(sum!.total, 0)
        assert.isAtLeast(paid, 0)
      }).pipe(Effect.provide(services), Effect.scoped),
    { arbitrary: { runs: 40 }, timeout: 60_000 },
  )

  it.effect("dies rather than spend cash it does not have, and nothing has happened", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const book = yield* PaperBook
      const [copy] = yield* fundAndDetect([fill()])
      const exit = yield* book
        .reserveCash(copy!, { theme: "t", cash: 1_000_000_001, exposure: 1 })
        .pipe(sql.withTransaction, Effect.exit)
      assert.strictEqual(exit._tag, "Failure")
      const [transfers] = yield* sql`SELECT count(*) AS n FROM transfers`
      assert.strictEqual(transfers!.n, 1)
      assert.deepStrictEqual(yield* checkLedger, [])
    }).pipe(Effect.provide(services)),
  )

  it.effect("gives a reservation back once", () =>
    Effect.gen(function* () {
      const book = yield* PaperBook
      const [copy] = yield* fundAndDetect([fill()])
      yield* book.reserveCash(copy!, { theme: "t", cash: 100, exposure: 90 })
      assert.isTrue(yield* book.release(copy!, "voided", "test"))
      assert.isFalse(yield* book.release(copy!, "voided", "test"))
      const posted = yield* Effect.exit(book.buy(copy!, walkOf(1, 1, 0), 0))
      assert.strictEqual(posted._tag, "Failure")
    }).pipe(Effect.provide(services)),
  )

  it.effect("is another one for a review after every transfer, also one that corrects", () =>
    Effect.gen(function* () {
      const book = yield* PaperBook
      yield* book.fund("portfolio", "portfolio", 1_000_000)
      const funded = book.version("portfolio")
      yield* book.fund("portfolio", "portfolio", 1_000_000)
      assert.strictEqual(book.version("portfolio"), funded)
      const head = { book: "portfolio", strategy: "portfolio", kind: "payout" } as const
      yield* book.post({ ...head, fillId: null, reason: "corrected" }, fundEntries(5))
      assert.strictEqual(book.version("portfolio"), funded + 1)
    }).pipe(Effect.provide(services)),
  )

  it.effect("is funded once", () =>
    Effect.gen(function* () {
      const book = yield* PaperBook
      const sql = yield* SqlClient.SqlClient
      yield* book.fund("portfolio", "portfolio", 500)
      yield* book.fund("portfolio", "portfolio", 900)
      const [row] = yield* sql`SELECT amount FROM balances WHERE account = 'cash'`
      assert.strictEqual(row!.amount, 500)
    }).pipe(Effect.provide(services)),
  )
})

describe("the ledger check", () => {
  const tampering: ReadonlyArray<readonly [string, string]> = [
    [
      "UPDATE postings SET amount = amount + 1 WHERE account = 'cash'",
      "the postings of a transfer",
    ],
    ["UPDATE balances SET amount = amount + 1 WHERE account = 'cash'", "a balance is the sum"],
    ["DELETE FROM balances WHERE account = 'fees'", "every posted account has a balance"],
    ["UPDATE balances SET amount = -1 WHERE account = 'cash'", "no account is below zero"],
    ["UPDATE lots SET open_cost = open_cost - 1", "the positions account"],
    ["UPDATE lots SET open_size = open_size - 1", "the shares held and promised"],
    ["UPDATE reservations SET state = 'pending' WHERE cash > 0", "the cash reserved is that"],
    ["UPDATE reservations SET state = 'expired' WHERE cash > 0", "a promise ended as its copy"],
    ["UPDATE copies SET outcome = 'FAILED' WHERE side = 'SELL'", "a promise ended as its copy"],
    ["UPDATE copies SET state = 'closed' WHERE state = 'filled'", "a purchase is filled while"],
    ["UPDATE results SET pnl = pnl + 1", "the days' results"],
    ["UPDATE closings SET proceeds = proceeds + 1", "realised profit is"],
    ["UPDATE lots SET fee = fee + 1", "the fees are those"],
    [
      "UPDATE copies SET state = 'reserved', outcome = NULL WHERE side = 'SELL'",
      "a copy on its way",
    ],
  ]
  for (const [change, rule] of tampering) {
    it.effect(`finds: ${change}`, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const book = yield* PaperBook
        const [buy, sell] = yield* fundAndDetect([fill(), fill({ side: "SELL", n: 2 })])
        yield* bought(buy!, walkOf(40_000_000, 24_000_000, 100))
        yield* book.promiseShares(sell!, { theme: "t", size: 10_000_000 })
        yield* book.sell(sell!, walkOf(10_000_000, 7_000_000, 50))
        yield* place(sell!, "closed", "COPIED")
        assert.deepStrictEqual(yield* checkLedger, [])
        yield* sql.unsafe(change)
        const faults = yield* checkLedger
        assert.isTrue(
          faults.some((fault) => fault.rule.startsWith(rule)),
          JSON.stringify(faults),
        )
      }).pipe(Effect.provide(services)),
    )
  }
})

describe("the schema of the copies", () => {
  const checkOf = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ sql: string }>`SELECT sql FROM sqlite_schema WHERE name = 'copies'`
    return (column: string) => {
      const match = new RegExp(`\\b${column} TEXT[^,(]*CHECK \\(${column} IN \\(([^)]*)\\)`).exec(
        row!.sql,
      )
      return [...(match?.[1] ?? "").matchAll(/'(\w+)'/g)].map(([, word]) => word)
    }
  })

  it.effect("allows exactly the states, outcomes and strategies of the domain", () =>
    Effect.gen(function* () {
      const allowed = yield* checkOf
      assert.deepStrictEqual(allowed("state"), [...CopyState.literals])
      assert.deepStrictEqual(allowed("outcome"), [...CopyOutcome.literals])
      assert.deepStrictEqual(allowed("strategy"), [...Strategy.literals])
    }).pipe(Effect.provide(services)),
  )

  it.effect("refuses an outcome before the end and an end without one", () =>
    Effect.gen(function* () {
      const [copy] = yield* fundAndDetect([fill({ wallet: wallet(1) })])
      for (const [state, outcome] of [
        ["detected", "COPIED"],
        ["skipped", null],
        ["filled", null],
      ] as const) {
        const exit = yield* Effect.exit(place(copy!, state, outcome))
        assert.strictEqual(exit._tag, "Failure", `${state} with ${outcome}`)
      }
    }).pipe(Effect.provide(services)),
  )
})
