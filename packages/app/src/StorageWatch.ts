/**
 * Says when a lane's file cannot be written, and notices by itself when it can again.
 *
 * Told by the statements that fail. From then on a write of {@link probeBytes} is tried every
 * {@link probeEvery} until one is committed: a full disk may still take a small row, so only a write
 * that needs new pages says that there is room. What failed meanwhile is found again by its truth query.
 * Costs nothing while the file is well.
 */
import { Clock, Effect, Latch, Layer } from "effect"
import { basename } from "node:path"
import { Conditions } from "@evaluator/runtime/Conditions"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import type { TroubleKind } from "@evaluator/sqlite/WriteTrouble"
import { monotonicMsOf } from "@evaluator/runtime/MonotonicTime"

export const probeEvery = "2 seconds"
export const probeBytes = 1_048_576

const words: Readonly<Record<TroubleKind, string>> = {
  full: "is full: the disk, or the file's own limit, has no room",
  "read-only": "may not be written",
  unreadable: "cannot be read or written",
  damaged: "is damaged; stop, and restore a backup",
}

export const layer = (lane: "evaluation" | "paper") =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqliteClient
      const supervisor = yield* Supervisor
      const conditions = yield* Conditions
      const clock = yield* Clock.Clock
      const file = basename(sql.config.filename)
      const troubled = Latch.makeUnsafe(false)
      let sinceMs = 0
      sql.trouble.listen(() => {
        sinceMs = monotonicMsOf(clock)
        troubled.openUnsafe()
      })

      // The pages it takes are what a full file cannot give; the table is gone in the same commit.
      const probe = sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`CREATE TABLE storage_probe (bytes BLOB) STRICT`
          yield* sql`INSERT INTO storage_probe VALUES (zeroblob(${probeBytes}))`
          yield* sql`DROP TABLE storage_probe`
        }),
      )
      const watch = Effect.gen(function* () {
        yield* troubled.await
        yield* Effect.logError(`${file} ${words[sql.trouble.kind ?? "unreadable"]}`)
        yield* Effect.sleep(probeEvery).pipe(Effect.andThen(probe), Effect.eventually)
        yield* troubled.close
        sql.trouble.clear()
        yield* Effect.logInfo(
          `${file} can be written again after ${monotonicMsOf(clock) - sinceMs} ms`,
        )
      })
      yield* supervisor.service("storage-watch", Effect.forever(watch))
      yield* conditions.add(
        "storage",
        Effect.sync(() => {
          const { kind } = sql.trouble
          return {
            name: "storage",
            ok: kind === null,
            // Without paper.db nothing can be decided; without evaluator.db what is followed goes on.
            blocks: lane === "paper",
            says:
              kind === null
                ? `${file} can be written`
                : `${file} ${words[kind]}, for ${monotonicMsOf(clock) - sinceMs} ms`,
          }
        }),
      )
    }),
  )
