/**
 * Replays of a recording of a few rows, whole processes in virtual time.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { replayRecording } from "@evaluator/app/Replay"
import { loadSettings } from "@evaluator/app/Settings"
import { price } from "@evaluator/domain/money/Micro"

const fills = 20

const recording = Effect.acquireRelease(
  Effect.sync(() => {
    const directory = mkdtempSync(join(tmpdir(), "replay-"))
    mkdirSync(join(directory, "trades"))
    const rows = Array.from({ length: fills }, (_, n) => ({
      proxyWallet: `0x${"a".repeat(40)}`,
      side: "BUY",
      asset: "111",
      conditionId: `0x${"c".repeat(64)}`,
      size: 10 + n,
      price: 0.4,
      timestamp: 1_780_000_000 + 97 * n,
      outcome: "Yes",
      outcomeIndex: 0,
      title: "Will it?",
      transactionHash: `0x${n.toString(16).padStart(64, "0")}`,
    }))
    writeFileSync(
      join(directory, "trades", "few.ndjson"),
      rows.map((row) => JSON.stringify(row)).join("\n"),
    )
    return directory
  }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

const emptyFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "replay-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true })),
)

describe("a replay", () => {
  it.live("detects fills as late in the median as it is configured to, within a tenth", () =>
    Effect.gen(function* () {
      const directory = yield* recording
      const loaded = yield* loadSettings({
        profiles: ["replay"],
        environment: { EVALUATOR_VENUE_ROW_LAG: "1800ms" },
      })
      const { copies, evidence } = yield* replayRecording({
        loaded,
        recording: directory,
        follow: "all",
        books: { kind: "recorded" },
        keep: null,
        json: true,
      })
      assert.strictEqual(copies.leader_fills, fills)
      assert.strictEqual(evidence.detection_ms!.count, fills)
      assert.isAtMost(Math.abs(evidence.detection_ms!.p50 - 1800), 180)
      assert.strictEqual(evidence.copies_before_leader, 0)
    }).pipe(Effect.provide(Logger.layer([]))),
  )

  it.live("of the same folder leaves the same tables, row by row", () =>
    Effect.gen(function* () {
      const directory = yield* recording
      const replayed = Effect.gen(function* () {
        const { state_hash, tables } = yield* replayRecording({
          loaded: yield* loadSettings({ profiles: ["replay"], environment: {} }),
          recording: directory,
          follow: "all",
          books: { kind: "assumed", spread: price(20_000) },
          keep: null,
          json: true,
        })
        return { state_hash, tables }
      })
      const first = yield* replayed
      assert.isAbove(first.tables["paper.copies"]!.rows, 0)
      assert.deepStrictEqual(yield* replayed, first)
    }).pipe(Effect.provide(Logger.layer([]))),
  )

  it.live("of a folder without rows ends at once, and says that there was nothing", () => {
    const said: Array<string> = []
    const listening = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Warn") said.push(String(message))
    })
    return Effect.gen(function* () {
      const { copies, rows } = yield* replayRecording({
        loaded: yield* loadSettings({ profiles: ["replay"], environment: {} }),
        recording: yield* emptyFolder,
        follow: "all",
        books: { kind: "recorded" },
        keep: null,
        json: true,
      })
      assert.strictEqual(copies.leader_fills, 0)
      assert.deepStrictEqual(rows, [])
      assert.match(said.join("\n"), /nothing to replay: .*trades\/ or activity\//)
    }).pipe(Effect.provide(Logger.layer([listening])))
  })
})
