import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Database from "@evaluator/sqlite/Database"
import { filesOf } from "@evaluator/app/DirectoryFiles"
import { migrations } from "@evaluator/app/Migrations"
import { pageSize } from "@evaluator/app/cli/CopyRows"
import { command } from "./Terminal.ts"
import { usedDirectory } from "../UsedDirectory.ts"

type Lane = "evaluation" | "paper"

const inLane = (directory: string, lane: Lane) => {
  const { evaluatorDb, paperDb } = filesOf(directory)
  return Effect.provide(
    Database.layer({
      file: lane === "evaluation" ? evaluatorDb : paperDb,
      lane,
      migrations: migrations[lane],
    }),
  )
}

const wallet = `0x${"ab".repeat(20)}`
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

const addEvent = (directory: string, lane: Lane, seq: number, atMs: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`INSERT INTO events ${sql.insert({
      seq,
      id: `${lane}-${seq}`,
      type: lane === "paper" ? "CopyDecided" : "MarketsScored",
      version: 1,
      at_ms: atMs,
      correlation_id: "cause",
      payload: '{"day":"2026-01-01","markets":3,"events":1}',
    })}`
  }).pipe(inLane(directory, lane))

const addCopies = (directory: string, count: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (let at = 0; at < count; at += 1) {
      const id = bytes(16, 0)
      new DataView(id.buffer).setUint32(12, at)
      yield* sql`INSERT INTO copies ${sql.insert({
        fill_id: id,
        strategy: "portfolio",
        book: "portfolio",
        state: at === 0 ? "closed" : "skipped",
        outcome: at === 0 ? "COPIED" : "SKIPPED_NO_BOOK",
        wallet: bytes(20, 0xab),
        condition_id: bytes(32, 1),
        token: bytes(32, 2),
        outcome_index: 0,
        side: "BUY",
        leader_price: 620_000,
        leader_size: 400_000_000,
        leader_at_ms: 1000 + at,
        transaction_hash: bytes(32, 3),
        detected_via: "poll",
        detected_at_ms: 2000 + at,
        moved_at_ms: 3000,
        ...(at === 0 && {
          size: 20_000_000,
          gross: 12_600_000,
          fee: 100_000,
          takes: '[{"price":630000,"size":20000000,"gross":12600000,"fee":100000}]',
          pnl: -12_700_000,
        }),
      })}`
    }
  })
    .pipe((effect) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.withTransaction(effect)
      }),
    )
    .pipe(inLane(directory, "paper"))

interface Printed {
  readonly copies: ReadonlyArray<{
    id: string
    outcome: string
    leader_price: string
    fee_usdc: string | null
    receipt_leader_usdc: string | null
    receipt_fee_usdc: string | null
  }>
  readonly complete: boolean
}

describe("readers of a directory that a service used", () => {
  it.effect("answer with nothing where there is nothing, each in its form", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const read = (...argv: ReadonlyArray<string>) => command([...argv, "--data", directory])
      assert.include((yield* read("rank")).out, "nothing is said of any wallet yet")
      const byScore = yield* read("rank", "--by", "wscore")
      assert.include(byScore.out, "no followable wallet has a score yet")
      assert.deepStrictEqual(JSON.parse((yield* read("rank", "--json")).out), {
        by: "verdict",
        window_days: 30,
        ranking: [],
        out_of_time: { followed: null, others: null, random: null },
      })
      assert.deepStrictEqual(JSON.parse((yield* read("copies", "--json")).out), {
        complete: true,
        copies: [],
      })
      assert.deepStrictEqual(JSON.parse((yield* read("events", "--json")).out), { events: [] })
      assert.include((yield* read("ledger")).out, "balanced")
      assert.deepStrictEqual(JSON.parse((yield* read("ledger", "check", "--json")).out), {
        balanced: true,
        faults: [],
      })
      for (const argv of [
        ["wallet", wallet],
        ["why", wallet],
        ["why", "nonsense"],
      ]) {
        const said = yield* read(...argv)
        assert.strictEqual(said.code, 1, argv.join(" "))
        assert.strictEqual(said.out, "")
        assert.match(said.err, /not on the watchlist|nothing here has the id/)
      }
    }),
  )

  it.effect("list the events of both lanes, newest first, by type, lane and cause", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* addEvent(directory, "evaluation", 1, 1000)
      yield* addEvent(directory, "paper", 1, 2000)
      yield* addEvent(directory, "evaluation", 2, 3000)
      const ids = Effect.fnUntraced(function* (...argv: ReadonlyArray<string>) {
        const said = yield* command(["events", "--json", "--data", directory, ...argv])
        return (JSON.parse(said.out) as { events: ReadonlyArray<{ id: string }> }).events.map(
          ({ id }) => id,
        )
      })
      assert.deepStrictEqual(yield* ids(), ["evaluation-2", "paper-1", "evaluation-1"])
      assert.deepStrictEqual(yield* ids("--limit", "1"), ["evaluation-2"])
      assert.deepStrictEqual(yield* ids("--lane", "paper"), ["paper-1"])
      assert.deepStrictEqual(yield* ids("--type", "MarketsScored"), [
        "evaluation-2",
        "evaluation-1",
      ])
      assert.deepStrictEqual(yield* ids("--correlation", "other"), [])
    }),
  )

  it.effect("know a fill with and without 0x", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* addCopies(directory, 1)
      const id = "0".repeat(32)
      const bare = yield* command(["why", id, "--data", directory])
      assert.include(bare.out, "The leader's fill")
      assert.deepStrictEqual(yield* command(["why", `0x${id}`, "--data", directory]), bare)
    }),
  )

  it.effect("list every copy for programs, over pages, and the newest for eyes", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* addCopies(directory, pageSize + 5)
      const all = JSON.parse(
        (yield* command(["copies", "--json", "--data", directory])).out,
      ) as Printed
      assert.strictEqual(new Set(all.copies.map(({ id }) => id)).size, pageSize + 5)
      assert.isTrue(all.complete)
      assert.strictEqual(all.copies.at(-1)?.outcome, "COPIED")
      assert.strictEqual(all.copies[0]?.leader_price, "0.620000")
      const copied = JSON.parse(
        (yield* command(["copies", "--json", "--outcome", "COPIED", "--data", directory])).out,
      ) as Printed
      assert.strictEqual(copied.copies.length, 1)
      assert.deepInclude(copied.copies[0], {
        fee_usdc: "0.100000",
        receipt_leader_usdc: "-12.400000",
        receipt_fee_usdc: "-0.100000",
      })
      const table = yield* command(["copies", "--limit", "2", "--data", directory])
      assert.strictEqual(table.out.split("\n").filter((line) => /BUY/.test(line)).length, 2)
      assert.include(table.out, "the newest 2")
      const csv = yield* command(["copies", "--csv", "--wallet", wallet, "--data", directory])
      assert.strictEqual(csv.out.split("\r\n").length, pageSize + 6)
      const none = yield* command(["quarantine", "--csv", "--data", directory])
      assert.strictEqual(none.out.trim(), "seen,lane,times,reason,request,row")
    }),
  )

  it.effect("exit 4 when the ledger does not add up, and list what does not", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO balances ${sql.insert({
          book: "portfolio",
          token: new Uint8Array(),
          account: "cash",
          amount: 7,
        })}`
      }).pipe(inLane(directory, "paper"))
      const said = yield* command(["ledger", "check", "--json", "--data", directory])
      assert.strictEqual(said.code, 4)
      const printed = JSON.parse(said.out) as { balanced: boolean; faults: ReadonlyArray<unknown> }
      assert.isFalse(printed.balanced)
      assert.isAbove(printed.faults.length, 0)
      assert.include((yield* command(["ledger", "--data", directory])).out, "NOT balanced")
    }),
  )
})

describe("care of the files", () => {
  it.effect("check finds nothing in sound files and exits 4 for a damaged one", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const check = (...argv: ReadonlyArray<string>) =>
        command(["db", "check", ...argv, "--data", directory])
      assert.include((yield* check()).out, "no faults")
      assert.include((yield* check("--quick")).out, "no faults")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`PRAGMA foreign_keys = OFF`
        yield* sql`INSERT INTO postings ${sql.insert({
          transfer_id: 99,
          account: "cash",
          token: new Uint8Array(),
          amount: 1,
        })}`
      }).pipe(inLane(directory, "paper"))
      const said = yield* check("--json")
      assert.strictEqual(said.code, 4)
      assert.match(said.out, /refers to a missing transfers/)
    }),
  )

  it.live("backup copies both files with a manifest, and refuses a directory in use", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* addEvent(directory, "paper", 1, 2000)
      const to = join(directory, "copy")
      const said = yield* command(["db", "backup", to, "--json", "--data", directory])
      assert.strictEqual(said.code, 0, said.err)
      const manifest = JSON.parse(readFileSync(join(to, "manifest.json"), "utf8")) as {
        venue: { kind: string }
        files: ReadonlyArray<{ file: string; sha256: string }>
      }
      assert.strictEqual(manifest.venue.kind, "embedded")
      assert.sameMembers(
        manifest.files.map(({ file }) => file),
        ["evaluator.db", "paper.db"],
      )
      const events = yield* command(["events", "--json", "--data", to])
      assert.strictEqual(JSON.parse(events.out).events[0].id, "paper-1")
      const again = yield* command(["db", "backup", to, "--data", directory])
      assert.strictEqual(again.code, 2)
      const unnamed = yield* command(["db", "backup", "--data", directory])
      assert.strictEqual(unnamed.code, 0)
      assert.strictEqual(readdirSync(filesOf(directory).backups).length, 1)
    }),
  )

  it.effect("quarantine lists rows of both lanes, newest first, and status counts them", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO quarantine ${sql.insert({
          fingerprint: bytes(16, 1),
          reason: "no size",
          body: "{}",
          request: "GET /data/v2/activity",
          recorded: null,
          at_ms: 5000,
        })}`
      }).pipe(inLane(directory, "evaluation"))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO quarantine ${sql.insert({
          fingerprint: bytes(16, 2),
          reason: "no timestamp",
          body: '"garbage"',
          request: "STREAM activity/trades",
          recorded: null,
          first_at_ms: 1000,
          last_at_ms: 9000,
          times: 3,
        })}`
        yield* sql`INSERT INTO quarantine_losses (cause, dropped) VALUES ('flood', 4)`
      }).pipe(inLane(directory, "paper"))
      const { quarantine } = JSON.parse(
        (yield* command(["quarantine", "--json", "--data", directory])).out,
      ) as { quarantine: ReadonlyArray<Record<string, unknown>> }
      assert.deepStrictEqual(
        quarantine.map(({ lane, reason, times }) => [lane, reason, times]),
        [
          ["paper", "no timestamp", 3],
          ["evaluation", "no size", null],
        ],
      )
      const one = yield* command(["quarantine", "--lane", "evaluation", "--data", directory])
      assert.match(one.out, /no size\s+GET \/data\/v2\/activity/)
      const status = JSON.parse((yield* command(["status", "--json", "--data", directory])).out)
      assert.deepStrictEqual(status.quarantine, [
        { lane: "evaluation", dropped: null, rows: 1, newest_ms: 5000 },
        { lane: "paper", rows: 1, newest_ms: 9000, dropped: 4 },
      ])
    }),
  )

  it.live("migrate backs a file up before it brings it to the program's schema", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const { paperDb, backups } = filesOf(directory)
      const current = yield* command(["db", "migrate", "--data", directory])
      assert.strictEqual(current.out, "both files are current")
      rmSync(paperDb)
      const [first] = Object.entries(migrations.paper)
      const old = Database.layer({
        file: paperDb,
        lane: "paper",
        migrations: Object.fromEntries([first!]),
      })
      yield* Layer.build(old).pipe(Effect.scoped)
      const behind = yield* command(["copies", "--data", directory])
      assert.strictEqual(behind.code, 2)
      const said = yield* command(["db", "migrate", "--json", "--data", directory])
      assert.strictEqual(said.code, 0, said.err)
      const [upgrade] = JSON.parse(said.out).upgrades as ReadonlyArray<{
        file: string
        from: number
        backup: string
      }>
      assert.strictEqual(upgrade?.file, "paper.db")
      assert.strictEqual(upgrade?.from, 1)
      assert.isTrue(existsSync(upgrade!.backup))
      assert.match(readdirSync(backups)[0]!, /^before-migration-/)
      assert.strictEqual((yield* command(["copies", "--data", directory])).code, 0)
    }),
  )

  it.effect("data of a newer program is refused with exit 2", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO migrations (migration_id, name) VALUES (9999, 'from_the_future')`
      }).pipe(inLane(directory, "paper"))
      const said = yield* command(["copies", "--data", directory])
      assert.strictEqual(said.code, 2)
      assert.match(said.err, /schema version 9999/)
    }),
  )

  it.effect("a file that is no database fails with its name", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      writeFileSync(filesOf(directory).paperDb, "this is not a database, and long enough to see it")
      rmSync(`${filesOf(directory).paperDb}-wal`, { force: true })
      const said = yield* command(["copies", "--data", directory])
      assert.strictEqual(said.code, 1)
      assert.include(said.err, "paper.db")
    }),
  )
})
