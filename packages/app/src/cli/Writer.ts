/**
 * One lane's file opened for writing while this process holds the data directory: for commands that
 * change rows while no service runs.
 */
import { Effect } from "effect"
import * as Database from "@evaluator/sqlite/Database"
import type { LaneName } from "../Control.ts"
import { hold } from "../DataDirectory.ts"
import { filesOf } from "../DirectoryFiles.ts"
import { migrations } from "../Migrations.ts"

/** Runs an effect over a lane's file under the directory's lock; exit 3 when a service holds it. */
export const writing =
  (directory: string, lane: LaneName) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      yield* hold({ directory, venue: null })
      const { evaluatorDb, paperDb } = filesOf(directory)
      const file = lane === "evaluation" ? evaluatorDb : paperDb
      return yield* effect.pipe(
        Effect.provide(Database.layer({ file, lane, migrations: migrations[lane] })),
      )
    }).pipe(Effect.scoped)
