import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Database from "@evaluator/sqlite/Database"
import { paperMigrations } from "./PaperHarness.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "paper-migrations-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

/** The file as it was before the step named, then with all. */
const opened = (file: string, before: string | null) =>
  Effect.provide(
    Layer.fresh(
      Database.layer({
        file,
        lane: "paper",
        migrations: Object.fromEntries(
          Object.entries(paperMigrations).filter(([name]) => before === null || name < before),
        ),
      }),
    ),
  )

const purchase = (fill: number, state: string, pnl: number | null) =>
  SqlClient.SqlClient.use(
    (sql) =>
      sql`INSERT INTO copies ${sql.insert({
        fill_id: new Uint8Array([fill]),
        strategy: "solo",
        book: "solo",
        state,
        outcome: "COPIED",
        wallet: new Uint8Array(20),
        condition_id: new Uint8Array(32),
        token: new Uint8Array(32),
        outcome_index: 0,
        side: "BUY",
        leader_price: 1,
        leader_size: 1,
        leader_at_ms: 1,
        transaction_hash: new Uint8Array(32),
        detected_via: "poll",
        detected_at_ms: 1,
        pnl,
        closed_at_ms: pnl === null ? null : 100 + fill,
        moved_at_ms: 1,
      })}`,
  )

const promise = (fill: number, state: string) =>
  SqlClient.SqlClient.use((sql) =>
    Effect.andThen(
      sql`INSERT INTO transfers (id, book, kind, strategy, at_ms)
        VALUES (${fill}, 'solo', 'reserve', 'solo', 1)`,
      sql`INSERT INTO reservations ${sql.insert({
        id: fill,
        book: "solo",
        strategy: "solo",
        fill_id: new Uint8Array([fill]),
        state,
        wallet: new Uint8Array(20),
        condition_id: new Uint8Array(32),
        theme: "t",
        token: new Uint8Array(32),
        cash: 10 * fill,
        exposure: 0,
        size: 0,
        at_ms: 1,
      })}`,
    ),
  )

describe("the step that lets promises expire", () => {
  it.effect("knows those that age ended by the outcome of their copies", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "paper.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* purchase(1, "filled", null)
        for (const [fill, outcome] of [
          [2, "SKIPPED_DETECTION_LAG"],
          [3, "SKIPPED_NO_BOOK"],
        ] as const) {
          yield* purchase(fill, "skipped", null)
          yield* sql`UPDATE copies SET outcome = ${outcome} WHERE fill_id = ${new Uint8Array([fill])}`
        }
        yield* promise(1, "posted")
        yield* promise(2, "voided")
        yield* promise(3, "voided")
        yield* promise(4, "pending")
        yield* promise(5, "voided")
      }).pipe(opened(file, "0016"))
      const rows = yield* SqlClient.SqlClient.use(
        (sql) => sql<{ says: string }>`SELECT
          id || ' ' || hex(fill_id) || ' ' || state || ' ' || cash AS says FROM reservations
          INDEXED BY reservations_pending WHERE state = 'pending'
          UNION ALL SELECT id || ' ' || hex(fill_id) || ' ' || state || ' ' || cash
          FROM reservations WHERE state <> 'pending'`,
      ).pipe(opened(file, null))
      assert.deepStrictEqual(
        rows.map(({ says }) => says),
        [
          "4 04 pending 40",
          "1 01 posted 10",
          "2 02 expired 20",
          "3 03 voided 30",
          "5 05 voided 50",
        ],
      )
    }),
  )
})

describe("the step that keeps settlements", () => {
  it.effect("knows what the events still say, and of the others what the copies earned", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "paper.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* purchase(1, "closed", 7)
        yield* purchase(2, "closed", -4)
        // It was corrected; that it was paid at first was told in an event that had its time.
        yield* purchase(3, "reversed", 5)
        yield* purchase(4, "filled", null)
        for (const [id, fill, pnl] of [
          ["e1", "01", 7],
          ["e3", "03", -20],
        ] as const) {
          yield* sql`INSERT INTO events (id, type, version, at_ms, correlation_id, payload)
            VALUES (${id}, 'CopySettled', 1, 50, 'c', ${JSON.stringify({ fill, strategy: "solo", pnlMicro: pnl, cause: "sold" })})`
        }
      }).pipe(opened(file, "0013"))
      const rows = yield* SqlClient.SqlClient.use(
        (sql) => sql<{ says: string }>`SELECT
          event_id || ': ' || hex(fill_id) || ' ' || pnl || ' ' || cause || ' ' || at_ms AS says
          FROM settlements ORDER BY event_id`,
      ).pipe(opened(file, null))
      assert.deepStrictEqual(
        rows.map(({ says }) => says),
        [
          "02 solo: 02 -4 resolved 102",
          "03 solo: 03 25 resolved 103",
          "e1: 01 7 sold 50",
          "e3: 03 -20 sold 50",
        ],
      )
    }),
  )
})

/** A lot of a purchase, with what closed it as [cause, shares, fee of the sale]. */
const closed = (
  fill: number,
  closings: ReadonlyArray<readonly ["sold" | "resolved" | "taken back", number, number]>,
) =>
  SqlClient.SqlClient.use((sql) =>
    Effect.gen(function* () {
      yield* purchase(fill, "closed", 1)
      yield* sql`INSERT INTO transfers (id, book, kind, strategy, at_ms)
        VALUES (${fill}, 'solo', 'buy', 'solo', 1)`
      yield* sql`INSERT INTO lots ${sql.insert({
        id: fill,
        book: "solo",
        strategy: "solo",
        fill_id: new Uint8Array([fill]),
        wallet: new Uint8Array(20),
        condition_id: new Uint8Array(32),
        theme: "t",
        token: new Uint8Array(32),
        outcome_index: 0,
        opened_at_ms: 1,
        size: 50,
        cost: 25,
        fee: 0,
        open_size: 0,
        open_cost: 0,
        open_fee: 0,
      })}`
      for (const [cause, size, saleFee] of closings) {
        yield* sql`INSERT INTO closings ${sql.insert({
          lot_id: fill,
          transfer_id: fill,
          cause,
          size,
          cost: 0,
          buy_fee: 0,
          proceeds: 0,
          sale_fee: saleFee,
          pnl: 0,
          at_ms: 1,
        })}`
      }
    }),
  )

describe("the step that keeps sold shares", () => {
  it.effect("has them from the closings, once for each copy, and none of what was taken back", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "paper.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* closed(1, [
          ["sold", 20, 2],
          ["sold", 10, 1],
          ["resolved", 20, 0],
          ["resolved", 0, 0],
        ])
        yield* closed(2, [["resolved", 50, 0]])
        yield* closed(3, [
          ["sold", 50, 5],
          ["taken back", 0, -5],
        ])
        for (const [id, fill, atMs] of [
          // The later word has the lesser id.
          ["a", 1, 20],
          ["b", 1, 10],
          ["c", 2, 10],
          ["d", 3, 10],
          ["e", 3, 20],
        ] as const) {
          yield* sql`INSERT INTO settlements (event_id, fill_id, strategy, pnl, cause, at_ms)
            VALUES (${id}, ${new Uint8Array([fill])}, 'solo', 1, 'resolved', ${atMs})`
        }
      }).pipe(opened(file, "0017"))
      const rows = yield* SqlClient.SqlClient.use(
        (sql) => sql<{ says: string }>`SELECT event_id || ': ' || sold || ' ' || sale_fee AS says
          FROM settlements ORDER BY event_id`,
      ).pipe(opened(file, null))
      assert.deepStrictEqual(
        rows.map(({ says }) => says),
        ["a: 0 0", "b: 30 3", "c: 0 0", "d: 0 0", "e: 0 0"],
      )
    }),
  )
})
