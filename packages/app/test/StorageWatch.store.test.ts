import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as StorageWatch from "@evaluator/app/StorageWatch"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Boot } from "@evaluator/runtime/Boot"
import { Conditions } from "@evaluator/runtime/Conditions"
import { EventLog } from "@evaluator/runtime/EventLog"
import { JobLog } from "@evaluator/runtime/JobLog"
import {
  addRunCauses,
  addRunCheckpoints,
  addRunCursors,
  createRuntimeTables,
} from "@evaluator/runtime/RuntimeTables"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import * as Database from "@evaluator/sqlite/Database"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 30 })

const lane = (name: "evaluation" | "paper") =>
  Effect.gen(function* () {
    const dir = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "storage-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true })),
    )
    return yield* Layer.build(
      StorageWatch.layer(name).pipe(
        Layer.provideMerge(Supervisor.layer),
        Layer.provideMerge(Layer.mergeAll(JobLog.layer, Backlogs.layer)),
        Layer.provideMerge(EventLog.layer),
        Layer.provideMerge(Layer.mergeAll(Boot.layer, Conditions.layer, ServiceTracer.layer)),
        Layer.provideMerge(
          Database.layer({
            file: join(dir, "lane.db"),
            lane: name,
            migrations: {
              "0001_create_runtime": createRuntimeTables,
              "0002_add_run_cursors": addRunCursors,
              "0003_add_run_checkpoints": addRunCheckpoints,
              "0004_add_run_causes": addRunCauses,
            },
          }),
        ),
      ),
    )
  })

const storage = Effect.gen(function* () {
  const [condition] = yield* (yield* Conditions).all
  return condition!
})

const pragma = (text: string) =>
  Effect.flatMap(SqliteClient, (sql) => sql.unsafe(`PRAGMA ${text}`).valuesUnprepared)

/** A job whose run leaves 100 KiB behind. */
const hoard = Effect.gen(function* () {
  const supervisor = yield* Supervisor
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE hoard (bytes BLOB) STRICT`
  yield* supervisor.register({
    name: "hoard-bytes",
    about: "Fills the file.",
    service: "maintenance",
    every: "1 minute",
    atBoot: false,
    timeout: "10 seconds",
    run: sql`INSERT INTO hoard VALUES (zeroblob(102400))`.pipe(Effect.as({ rows: 1 })),
  })
})

const outcomes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ outcome: string; error: string | null }>`
    SELECT outcome, error FROM job_runs ORDER BY id`
  return rows.map(({ outcome }) => outcome)
})

for (const [what, spoil, mend, says] of [
  ["a file that is full", "max_page_count = 1", "max_page_count = 100000", /lane\.db is full/],
  ["a file that may not be written", "query_only = ON", "query_only = OFF", /may not be written/],
] as const) {
  describe(what, () => {
    for (const [name, blocks] of [
      ["evaluation", false],
      ["paper", true],
    ] as const) {
      it.effect(`is a named condition of the ${name} lane and passes without a restart`, () =>
        Effect.gen(function* () {
          const context = yield* lane(name)
          yield* Effect.gen(function* () {
            yield* hoard
            assert.isTrue((yield* storage).ok)
            yield* pragma(spoil)
            yield* TestClock.adjust("1 minute")
            yield* settle
            const bad = yield* storage
            assert.isFalse(bad.ok)
            assert.strictEqual(bad.blocks, blocks)
            assert.match(bad.says, says)
            // Still spoilt: the probe does not take a small row for room.
            yield* TestClock.adjust("10 seconds")
            yield* settle
            assert.isFalse((yield* storage).ok)

            yield* pragma(mend)
            yield* TestClock.adjust(StorageWatch.probeEvery)
            yield* settle
            assert.isTrue((yield* storage).ok)
            yield* TestClock.adjust("2 minutes")
            yield* settle
            assert.strictEqual((yield* outcomes).at(-1), "completed")
            const sql = yield* SqlClient.SqlClient
            const left = yield* sql`SELECT name FROM sqlite_schema WHERE name = 'storage_probe'`
            assert.deepStrictEqual(left, [])
          }).pipe(Effect.provideContext(context))
        }),
      )
    }
  })
}
