/**
 * Commands that change the state of a service that runs: both lanes in this process, behind the control
 * socket that commands look for.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { alone } from "@evaluator/app/Alone"
import * as ControlServer from "@evaluator/app/ControlServer"
import { hold } from "@evaluator/app/DataDirectory"
import { filesOf } from "@evaluator/app/DirectoryFiles"
import { loadSettings } from "@evaluator/app/Settings"
import { upgradeSchemas } from "@evaluator/app/SchemaUpgrade"
import { hexToBytes } from "@evaluator/domain/Id"
import * as SqliteClient from "@evaluator/sqlite/SqliteClient"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { command } from "./cli/Terminal.ts"

const wallet = `0x${"ab".repeat(20)}`

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "running-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
)

/** The service over a directory until the scope closes. Nobody is followed, so nothing is asked of the venue. */
const service = Effect.fnUntraced(function* (path: string) {
  const held = yield* hold({ directory: path, venue: { kind: "polymarket", seed: null } })
  const loaded = yield* loadSettings({ profiles: ["polymarket"], environment: {} })
  const handlers = yield* alone(held, loaded)
  const tracer = yield* Effect.provide(ServiceTracer, ServiceTracer.layer)
  yield* Layer.build(ControlServer.layer(yield* held.claimSocket, handlers, tracer))
})

const rowsIn = <A extends object>(path: string, lane: "evaluatorDb" | "paperDb", query: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<A>(query)
    return rows.map((row): A => ({ ...row }))
  }).pipe(Effect.provide(SqliteClient.layer({ filename: filesOf(path)[lane], readonly: true })))

const json = Effect.fnUntraced(function* <A>(path: string, ...argv: ReadonlyArray<string>) {
  const said = yield* command([...argv, "--json", "--data", path])
  assert.strictEqual(said.code, 0, said.err)
  return JSON.parse(said.out) as A
})

interface Queue {
  readonly name: string
  readonly paused: { readonly reason: string; readonly untilMs: number | null } | null
}
const pauseOf = (path: string, name: string) =>
  Effect.map(
    json<{ queues: ReadonlyArray<Queue> }>(path, "queues"),
    ({ queues }) => queues.find((queue) => queue.name === name)?.paused,
  )

describe("a queue of a running service", () => {
  it.live("is paused by name with reason and end, over a restart, until it is resumed", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const first = yield* Scope.make()
      yield* Scope.provide(service(path), first)
      assert.isNull(yield* pauseOf(path, "wallets-to-ingest"))
      yield* json(
        path,
        "pause-queue",
        "wallets-to-ingest",
        "--reason",
        "throttled",
        "--until",
        "2h",
      )
      const paused = yield* pauseOf(path, "wallets-to-ingest")
      assert.strictEqual(paused?.reason, "throttled")
      assert.isAbove(paused?.untilMs ?? 0, 0)
      const { service: seen } = yield* json<{ service: { degraded: ReadonlyArray<string> } }>(
        path,
        "status",
      )
      assert.include(seen.degraded, "background queues: wallets-to-ingest is paused: throttled")
      yield* Scope.close(first, yield* Effect.exit(Effect.void))

      yield* service(path)
      assert.deepStrictEqual(yield* pauseOf(path, "wallets-to-ingest"), paused)
      yield* json(path, "resume-queue", "wallets-to-ingest", "--reason", "quiet again")
      assert.isNull(yield* pauseOf(path, "wallets-to-ingest"))
      const rows = yield* rowsIn<{ reason: string; resume_reason: string }>(
        path,
        "evaluatorDb",
        "SELECT reason, resume_reason FROM queue_pauses",
      )
      assert.deepStrictEqual(rows, [{ reason: "throttled", resume_reason: "quiet again" }])
    }).pipe(Effect.scoped),
  )

  it.live("of the fast lane is found too, and one that there is not is refused by name", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* service(path)
      yield* json(path, "pause-queue", "markets-to-settle")
      assert.deepStrictEqual(yield* pauseOf(path, "markets-to-settle"), {
        reason: "by hand",
        untilMs: null,
      })
      const { queues } = yield* json<{ queues: ReadonlyArray<Record<string, unknown>> }>(
        path,
        "queues",
      )
      const named = (name: string) => queues.find((queue) => queue["name"] === name)
      assert.deepInclude(named("fills-to-copy"), { whenFull: "shed", workers: 8, late: 0 })
      assert.deepInclude(named("paper-job-runs"), { capacity: null, late: null })
      const refused = yield* command(["pause-queue", "fills-to-copy", "--data", path])
      assert.strictEqual(refused.code, 1)
      assert.match(refused.err, /no queue is called fills-to-copy; there are wallets-to-ingest/)
    }).pipe(Effect.scoped),
  )
})

/** A letter of a feed in the background lane, and an event and its letter for the fast lane. */
const giveUp = Effect.fnUntraced(function* (path: string) {
  yield* hold({ directory: path, venue: { kind: "polymarket", seed: null } }).pipe(
    Effect.andThen(upgradeSchemas(path)),
    Effect.scoped,
  )
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`INSERT INTO wallet_feeds ${sql.insert({
      wallet: hexToBytes(wallet),
      feed: "trades",
      priority: 0,
      due_ms: null,
      attempts: 8,
    })}`
    yield* sql`INSERT INTO dead_letters ${sql.insert({
      source: "ingest-trades",
      subject: wallet,
      cause: "no JSON",
      attempts: 8,
      payload: "{}",
      at_ms: 1000,
    })}`
    for (let seq = 1; seq <= 600; seq++) {
      yield* sql`INSERT INTO events ${sql.insert({
        seq,
        id: `event-${seq}`,
        type: "MarketsScored",
        version: 1,
        at_ms: seq,
        correlation_id: `event-${seq}`,
        payload: '{"day":"2026-01-01","markets":3,"events":1}',
      })}`
    }
  }).pipe(Effect.provide(SqliteClient.layer({ filename: filesOf(path).evaluatorDb })))
})

describe("a running service", () => {
  it.live("has no job or queue that waits for an event which nothing emits", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* service(path)
      const { circle, edges } = yield* json<{
        circle: ReadonlyArray<string>
        edges: ReadonlyArray<{ node: string; event: string; way: "emits" | "starts" }>
      }>(path, "job", "graph")
      const emitted = new Set(edges.filter(({ way }) => way === "emits").map(({ event }) => event))
      const starts = edges.filter(({ way }) => way === "starts")
      assert.isAbove(starts.length, 10)
      assert.deepStrictEqual(
        starts.filter(({ event }) => !emitted.has(event)),
        [],
      )
      assert.deepStrictEqual(circle, [])
    }).pipe(Effect.scoped),
  )

  it.live("redrives dead letters: first it says what it would do, with --apply it does it", () =>
    Effect.gen(function* () {
      const path = yield* directory
      yield* giveUp(path)
      yield* service(path)
      const shown = yield* json<{ applied: boolean; letters: ReadonlyArray<unknown> }>(
        path,
        "dead-letters",
        "redrive",
        "ingest-trades",
      )
      assert.deepStrictEqual([shown.applied, shown.letters.length], [false, 1])
      const feeds = rowsIn<{ due: number; attempts: number }>(
        path,
        "evaluatorDb",
        "SELECT due_ms IS NOT NULL AS due, attempts FROM wallet_feeds",
      )
      assert.deepStrictEqual(yield* feeds, [{ due: 0, attempts: 8 }])
      yield* json(path, "dead-letters", "redrive", "ingest-trades", "--apply")
      assert.strictEqual((yield* feeds)[0]!.due, 1)
      assert.deepStrictEqual(
        yield* rowsIn(path, "evaluatorDb", "SELECT subject FROM dead_letters"),
        [],
      )
    }).pipe(Effect.scoped),
  )

  it.live(
    "delivers a range of events again to the subscriber named, more than a page, at once",
    () =>
      Effect.gen(function* () {
        const path = yield* directory
        yield* giveUp(path)
        yield* service(path)
        const waiting = rowsIn<{ letters: number }>(
          path,
          "paperDb",
          "SELECT count(*) AS letters FROM dead_letters",
        )
        const replayed = yield* json<{ events: number }>(
          path,
          "events",
          "replay",
          "1",
          "600",
          "--subscriber",
          "paper",
        )
        assert.strictEqual(replayed.events, 600)
        // Applied and gone, long before the next sweep would have found them.
        yield* waiting.pipe(
          Effect.delay("50 millis"),
          Effect.repeat({ until: ([row]) => row?.letters === 0 }),
          Effect.timeout("10 seconds"),
        )
      }).pipe(Effect.scoped),
  )
})
