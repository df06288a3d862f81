/**
 * One wallet's day of the recording through the whole program: the equations hold, and what breaks
 * them is said. `npm run prove -- recording` does the whole recording.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger, Schema } from "effect"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { replayRecording } from "@evaluator/app/Replay"
import { loadSettings } from "@evaluator/app/Settings"
import { price } from "@evaluator/domain/money/Micro"
import { oneWallet, Replayed, replayFaults } from "@evaluator/testkit/RecordedReplay"

const recording = join(import.meta.dirname, "../../../../shared/data/recorded")

const slice = Effect.acquireRelease(
  Effect.sync(() => {
    const directory = mkdtempSync(join(tmpdir(), "recording-"))
    for (const [kind, files] of Object.entries(oneWallet)) {
      mkdirSync(join(directory, kind))
      for (const file of files) {
        copyFileSync(join(recording, kind, file), join(directory, kind, file))
      }
    }
    return directory
  }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true })),
)

describe("a replay of recorded rows", () => {
  it.live("holds the equations per strategy, and a summary that breaks one is told", () => {
    if (!existsSync(recording)) {
      return Effect.logInfo("nothing checked: there is no recording in ../shared/data/recorded")
    }
    return Effect.gen(function* () {
      const loaded = yield* loadSettings({ profiles: ["replay"], environment: {} })
      const document = yield* replayRecording({
        loaded,
        recording: yield* slice,
        follow: "all",
        books: { kind: "assumed", spread: price(20_000) },
        keep: null,
        json: true,
      })
      const summary = yield* Schema.decodeUnknownEffect(Replayed)(document)
      const rowLagMs = Duration.toMillis(loaded.settings.venue.row_lag)
      assert.deepStrictEqual(replayFaults(summary, rowLagMs), [])
      assert.isAbove(summary.copies.leader_fills, 3000)

      const { copies, copies_by_strategy, evidence, rows } = summary
      const solo = copies_by_strategy["solo"]!
      const told = (broken: Partial<Replayed>) =>
        replayFaults({ ...summary, ...broken }, rowLagMs).join("\n")
      assert.match(
        told({ copies_by_strategy: { ...copies_by_strategy, solo: { ...solo, undetected: 1 } } }),
        /strategy solo: \d+ leader fills have \d+ fates\n1 fills are undetected by solo/,
      )
      assert.match(
        told({ evidence: { ...evidence, copies_without_book: 2 } }),
        /2 copies were filled without a book/,
      )
      assert.match(
        told({ evidence: { ...evidence, copies_before_leader: 3 } }),
        /3 copies came before their leader's fill/,
      )
      assert.match(
        told({ evidence: { ...evidence, detection_ms: { count: 1, p50: 1.11 * rowLagMs } } }),
        /1 of \d+ leader fills have a detection lag\ndetected after 1110 ms in the median, 1000 ms/,
      )
      assert.match(
        told({ rows: rows.map((one) => ({ ...one, duplicate: one.duplicate + 1 })) }),
        /^activity\/crypto_day_wallet_8.ndjson.gz: 3496 rows have 3497 fates$/,
      )
      const empty = { ...copies, leader_fills: 0, outcomes: {} }
      assert.match(
        told({ copies_by_strategy: { careless: empty, portfolio: empty } }),
        /portfolio copied nothing\nnothing is said of strategy solo\ncareless copied nothing/,
      )
    }).pipe(Effect.provide(Logger.layer([])))
  })
})
