import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { ControlHandlers } from "@evaluator/app/Control"
import { hold } from "@evaluator/app/DataDirectory"
import { redrivenAtOnce } from "@evaluator/app/cli/DeadLettersCommand"
import { writing } from "@evaluator/app/cli/Writer"
import { bytesToHex, hexToBytes } from "@evaluator/domain/Id"
import { command } from "./Terminal.ts"
import { usedDirectory } from "../UsedDirectory.ts"

const wallets = ["ab", "cd"].map((byte) => `0x${byte.repeat(20)}`)

/** Two feeds that were given up, and their letters. */
const giveUp = (directory: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const [at, wallet] of wallets.entries()) {
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
        cause: `page ${at} of ${wallet} is no JSON\n  at a place`,
        attempts: 8,
        payload: "{}",
        at_ms: 1000 + at,
      })}`
    }
  }).pipe(writing(directory, "evaluation"))

const feeds = (directory: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ wallet: Uint8Array; due_ms: number | null; attempts: number }>`
      SELECT wallet, due_ms, attempts FROM wallet_feeds ORDER BY wallet`
    return rows.map((row) => [bytesToHex(row.wallet), row.due_ms !== null, row.attempts])
  }).pipe(writing(directory, "evaluation"))

const addEvents = (directory: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const seq of [1, 2, 3]) {
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
  }).pipe(writing(directory, "evaluation"))

interface Groups {
  readonly groups: ReadonlyArray<{
    source: string
    cause: string
    letters: number
    waiting: number
  }>
}

const groupsOf = Effect.fnUntraced(function* (directory: string) {
  const { out } = yield* command(["dead-letters", "--json", "--data", directory])
  return (JSON.parse(out) as Groups).groups.map(({ source, cause, letters, waiting }) => ({
    source,
    cause,
    letters,
    waiting,
  }))
})

describe("dead-letters", () => {
  it.effect("groups letters by source and cause, without what differs between them", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      assert.include((yield* command(["dead-letters", "--data", directory])).out, "nothing was")
      yield* giveUp(directory)
      assert.deepStrictEqual(yield* groupsOf(directory), [
        { source: "ingest-trades", cause: "page n of 0x… is no JSON", letters: 2, waiting: 0 },
      ])
    }),
  )

  it.effect("redrive says first what it would do, and does it with --apply", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* giveUp(directory)
      const redrive = (...argv: ReadonlyArray<string>) =>
        command(["dead-letters", "redrive", ...argv, "--data", directory])
      const before = yield* feeds(directory)
      const shown = yield* redrive("ingest-trades")
      assert.include(shown.out, "with --apply, for each of these 2: the wallet's feed is due now")
      assert.deepStrictEqual(yield* feeds(directory), before)

      const applied = yield* redrive("ingest-trades", wallets[0]!, "--apply")
      assert.strictEqual(applied.code, 0, applied.err)
      assert.deepStrictEqual(yield* feeds(directory), [
        [wallets[0], true, 0],
        [wallets[1], false, 8],
      ])
      assert.strictEqual((yield* groupsOf(directory))[0]!.letters, 1)
    }),
  )

  it.effect("redrive says how many it leaves, and asks for none twice that waits already", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (let n = 0; n < redrivenAtOnce + 3; n++) {
          yield* sql`INSERT INTO dead_letters ${sql.insert({
            source: "paper",
            subject: `event-${n}`,
            cause: "no market",
            attempts: 3,
            payload: "{}",
            at_ms: n,
          })}`
        }
      }).pipe(writing(directory, "paper"))
      const redrive = command(["dead-letters", "redrive", "paper", "--apply", "--data", directory])
      const first = yield* redrive
      assert.include(first.out, `${redrivenAtOnce} redriven`)
      assert.include(first.out, "3 more are left for the next redrive")
      assert.match((yield* redrive).out, /\b3 redriven: [^;]+$/)
      assert.match((yield* redrive).err, /paper has no dead letter to redrive/)
    }),
  )

  it.effect("redrive tells an unknown source from one without letters", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const redrive = (source: string) =>
        command(["dead-letters", "redrive", source, "--data", directory])
      assert.strictEqual((yield* redrive("ingest-trade")).code, 2)
      assert.match((yield* redrive("watch")).err, /watch has no dead letter/)
    }),
  )

  it.effect("redrive leaves a directory alone that a service holds", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* giveUp(directory)
      yield* hold({ directory, venue: null })
      const said = yield* command([
        "dead-letters",
        "redrive",
        "ingest-trades",
        "--apply",
        "--data",
        directory,
      ])
      assert.strictEqual(said.code, 3)
    }),
  )
})

describe("events replay", () => {
  it.effect("keeps the range for its subscriber to apply", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* addEvents(directory)
      const replay = (from: number, to: number) =>
        command([
          "events",
          "replay",
          `${from}`,
          `${to}`,
          "--subscriber",
          "paper",
          "--json",
          "--data",
          directory,
        ])
      const said = yield* replay(2, 9)
      assert.strictEqual(said.code, 0, said.err)
      assert.strictEqual((JSON.parse(said.out) as { events: number }).events, 2)
      assert.deepStrictEqual(yield* groupsOf(directory), [
        { source: "paper", cause: "asked for by hand", letters: 2, waiting: 2 },
      ])
      assert.match((yield* replay(7, 9)).err, /no event from 7 to 9/)
      assert.strictEqual((yield* replay(9, 7)).code, 2)
    }),
  )
})

describe("runs and job graph", () => {
  it.effect("show what ran, why, and what it led to", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const trace = "a".repeat(32)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const [job, cause, outcome] of [
          ["score-events", "boot", "completed"],
          ["discover-wallets", "event MarketsScored", "failed"],
        ] as const) {
          yield* sql`INSERT INTO job_runs ${sql.insert({
            boot_id: 1,
            job,
            cause,
            started_at_ms: 1000,
            ended_at_ms: 3000,
            outcome,
            cause_event: outcome === "failed" ? "scored" : null,
            error: outcome === "failed" ? "Error: venue gone\n  at" : null,
            trace_id: job === "score-events" ? trace : null,
          })}`
        }
        yield* sql`INSERT INTO events ${sql.insert({
          id: "scored",
          type: "MarketsScored",
          version: 1,
          at_ms: 1,
          correlation_id: "scored",
          traceparent: `00-${trace}-${"b".repeat(16)}-01`,
          payload: "{}",
        })}`
      }).pipe(writing(directory, "evaluation"))
      const failed = yield* command(["runs", "--outcome", "failed", "--data", directory])
      assert.match(
        failed.out,
        /discover-wallets +event MarketsScored +scored +2s +failed +Error: venue gone/,
      )
      assert.notInclude(failed.out, "score-events")
      const declared: Partial<ControlHandlers> = {
        wiring: Effect.succeed({
          jobs: [
            { name: "score-events", emits: ["MarketsScored"] },
            { name: "discover-wallets", on: ["MarketsScored"], emits: ["WalletsDiscovered"] },
          ],
          queues: [{ name: "wallets-to-ingest", on: ["WalletsDiscovered"] }],
        }),
      }
      const graph = yield* command(["job", "graph", "--data", directory], {
        alone: () => Effect.succeed(declared as ControlHandlers),
      })
      assert.include(graph.out, "score_events -->|1| MarketsScored")
      assert.include(graph.out, "discover_wallets -.-> WalletsDiscovered")
      assert.include(graph.out, "WalletsDiscovered -.-> wallets_to_ingest")
      assert.include(graph.out, "MarketsScored -->|1| discover_wallets")
    }),
  )
})
