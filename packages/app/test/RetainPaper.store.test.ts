import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { migrations } from "@evaluator/app/Migrations"
import { retainPaperRows } from "@evaluator/app/RetainPaper"
import { loadSettings } from "@evaluator/app/Settings"
import { hexToBytes } from "@evaluator/domain/Id"
import { measureTable, readStorage } from "@evaluator/evaluation/stores/Storage"
import { makeNotes } from "@evaluator/runtime/LogReaders"
import * as Database from "@evaluator/sqlite/Database"

const day = 86_400_000
const now = 1000 * day

const fileOf = (lane: "paper" | "evaluation") =>
  Layer.fresh(Database.layer({ file: ":memory:", lane, migrations: migrations[lane] }))

/** Thirty events, runs and starts, the newest as old as said. */
const aged = (ageDays: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (let n = 1; n <= 30; n++) {
      const at = now - ageDays * day - (30 - n) * 1000
      yield* sql`INSERT INTO events (id, type, version, at_ms, correlation_id, payload)
        VALUES (${`e${n}`}, 'CopyDecided', 1, ${at}, 'c', '{}')`
      yield* sql`INSERT INTO job_runs (boot_id, job, cause, started_at_ms, outcome)
        VALUES (1, 'recover-copies', 'slot', ${at}, 'completed')`
      yield* sql`INSERT INTO boots (started_at_ms) VALUES (${at})`
    }
  })

const rowsOf = (table: string) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{ n: number }>`SELECT count(*) AS n FROM ${sql(table)}`,
  ).pipe(Effect.map(([row]) => row!.n))

const retain = Effect.flatMap(loadSettings({ profiles: [], environment: {} }), ({ settings }) =>
  retainPaperRows(settings.retention),
)

describe("retain-paper", () => {
  it.effect("removes what had its time, and keeps what is younger", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* aged(20)
      const counts = yield* retain
      // Twenty days: runs are kept for fourteen, events for thirty, starts for longer.
      assert.deepStrictEqual(counts, { events: 0, job_runs: 29, boots: 0, dead_letters: 0 })
      yield* TestClock.setTime(now + 11 * day)
      assert.deepInclude(yield* retain, { events: 29 })
      assert.strictEqual(yield* rowsOf("events"), 1)
    }).pipe(Effect.provide(fileOf("paper"))),
  )

  it.effect("keeps the letter of a poll while it is given up, and others for their time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const sql = yield* SqlClient.SqlClient
      const wallet = (n: number) => `0x${`0${n}`.repeat(20)}`
      for (const [n, attempts, next] of [
        [1, 12, null],
        [2, 0, now],
      ] as const) {
        yield* sql`INSERT INTO watches ${sql.insert({
          wallet: hexToBytes(wallet(n)),
          from_ms: 1000,
          complete_through_ms: 1000,
          next_poll_at_ms: next,
          attempts,
        })}`
      }
      for (const [source, subject] of [
        ["watch", `${wallet(1)} from 1000`],
        ["watch", `${wallet(2)} from 1000`],
        ["watch", `${wallet(1)} from 2000`],
        ["settlement", "lot 7"],
      ] as const) {
        yield* sql`INSERT INTO dead_letters ${sql.insert({
          source,
          subject,
          cause: "no JSON",
          attempts: 12,
          payload: "{}",
          at_ms: now,
        })}`
      }
      assert.deepInclude(yield* retain, { dead_letters: 2 })
      yield* TestClock.setTime(now + 400 * day)
      assert.deepInclude(yield* retain, { dead_letters: 1 })
      const left = yield* sql<{ subject: string }>`SELECT subject FROM dead_letters`
      assert.deepStrictEqual(
        left.map(({ subject }) => subject),
        [`${wallet(1)} from 1000`],
      )
    }).pipe(Effect.provide(fileOf("paper"))),
  )

  it.effect("looks at a hundred letters a statement, also where all of them stay", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const sql = yield* SqlClient.SqlClient
      yield* sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
        INSERT INTO watches (wallet, from_ms, complete_through_ms, next_poll_at_ms, attempts)
        SELECT unhex(printf('%040x', i)), 1000, 1000, iif(i = 250, 5, NULL), 12 FROM n`
      yield* sql`INSERT INTO dead_letters (source, subject, cause, attempts, payload, at_ms)
        SELECT 'watch', '0x' || lower(hex(wallet)) || ' from 1000', 'no JSON', 12, '{}', ${now}
        FROM watches ORDER BY wallet`
      const run = yield* Effect.forkChild(
        Effect.flatMap(retain, (counts) =>
          Effect.map(Clock.currentTimeMillis, (at) => [counts.dead_letters, at - now]),
        ),
      )
      yield* TestClock.adjust("1 second")
      // Of three statements the last has what is left.
      assert.deepStrictEqual(yield* Fiber.join(run), [1, 2 * 5])
      assert.strictEqual(yield* rowsOf("dead_letters"), 249)
    }).pipe(Effect.provide(fileOf("paper"))),
  )

  it.effect("removes the oldest beyond the number kept whatever their age, in one run", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const sql = yield* SqlClient.SqlClient
      yield* sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO events (id, type, version, at_ms, correlation_id, payload)
        SELECT 'e' || i, 'CopyDecided', 1, ${now}, 'c', '{}' FROM n`
      const note = yield* makeNotes
      yield* note("evaluation", 19_995)
      const { settings } = yield* loadSettings({
        profiles: [],
        environment: { EVALUATOR_RETENTION_MAX_EVENTS: "1000" },
      })
      const run = yield* Effect.forkChild(retainPaperRows(settings.retention))
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* Fiber.join(run), { events: 19_000 })
      // Not those the background lane has yet to apply.
      yield* note("evaluation", 19_990)
      const few = { ...settings.retention, max_events: 1 }
      const next = yield* Effect.forkChild(retainPaperRows(few))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(next)
      assert.isAtLeast(yield* rowsOf("events"), 10)
    }).pipe(Effect.provide(fileOf("paper"))),
  )

  it.effect("keeps events that the background lane has not applied", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* aged(40)
      const note = yield* makeNotes
      yield* note("evaluation", 12)
      assert.deepInclude(yield* retain, { events: 11 })
      yield* TestClock.adjust("2 minutes")
      yield* note("evaluation", 30)
      assert.deepInclude(yield* retain, { events: 18 })
    }).pipe(Effect.provide(fileOf("paper"))),
  )
})

describe("paper.db's tables", () => {
  it.effect("are measured beside those of evaluator.db, with how long their rows stay", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const paper = yield* Layer.build(fileOf("paper"))
      yield* Effect.provide(aged(1), paper)
      const file = yield* Effect.provide(SqlClient.SqlClient, paper)
      for (const table of ["events", "copies", "quarantine"]) {
        yield* measureTable(table, { file, name: `paper.${table}` })
      }
      const { tables } = yield* readStorage
      const of = (name: string) => tables.find(({ table }) => table === name)!
      assert.deepInclude(of("paper.events"), { rows: 30, keeps: "retention.events" })
      assert.deepInclude(of("paper.copies"), { rows: 0, keeps: "paper is never removed" })
      assert.isAbove(of("paper.events").bytes, 30 * 20)
      assert.strictEqual(of("paper.quarantine").keeps, "its own limit")
    }).pipe(Effect.provide(fileOf("evaluation"))),
  )
})
