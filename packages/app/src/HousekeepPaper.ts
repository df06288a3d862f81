/**
 * Checkpoints and measures paper.db from the background thread: the fast lane's own connection does
 * neither.
 *
 * PASSIVE never waits for the fast lane and never makes it wait; what it cannot move now it moves the
 * next time.
 */
import { type Duration, Effect } from "effect"
import { paperPrefix, tableNames } from "@evaluator/evaluation/stores/Retention"
import { measureTable } from "@evaluator/evaluation/stores/Storage"
import { SqlClient } from "effect/sql"
import * as Job from "@evaluator/runtime/Job"
import type { SqliteClient } from "@evaluator/sqlite/SqliteClient"

export const checkpointPaper = (paper: SqliteClient, every: Duration.Duration) =>
  Job.layer({
    name: "checkpoint-paper",
    about: "Moves paper.db's write-ahead log into the file, a passive checkpoint at a time",
    service: "maintenance",
    every,
    atBoot: false,
    timeout: "1 minute",
    run: Effect.map(paper.checkpoint("PASSIVE"), ({ logPages, movedPages }) => ({
      log_pages: logPages,
      moved_pages: movedPages,
    })),
  })

/** Sizes of paper.db's tables, kept beside those of evaluator.db. */
export const measurePaper = (paper: SqliteClient, every: Duration.Duration) =>
  Job.layer({
    name: "measure-paper",
    about: "Measures the tables of paper.db",
    service: "maintenance",
    every,
    atBoot: false,
    timeout: "5 minutes",
    run: Effect.gen(function* () {
      const names = yield* Effect.provideService(tableNames, SqlClient.SqlClient, paper)
      for (const name of names) {
        yield* measureTable(name, { file: paper, name: `${paperPrefix}${name}` })
        yield* Effect.yieldNow
      }
      return { tables: names.length }
    }),
  })
