/**
 * Checkpoints paper.db from the background thread: the fast lane's own connection never does.
 *
 * PASSIVE never waits for the fast lane and never makes it wait; what it cannot move now it moves the
 * next time.
 */
import { type Duration, Effect } from "effect"
import * as Job from "@evaluator/runtime/Job"
import type { SqliteClient } from "@evaluator/sqlite/SqliteClient"

export const checkpointPaper = (paper: SqliteClient, every: Duration.Duration) =>
  Job.layer({
    name: "checkpoint-paper",
    about: "Moves paper.db's write-ahead log into the file, a passive checkpoint at a time.",
    service: "maintenance",
    every,
    atBoot: false,
    timeout: "1 minute",
    run: Effect.map(paper.checkpoint("PASSIVE"), ({ logPages, movedPages }) => ({
      log_pages: logPages,
      moved_pages: movedPages,
    })),
  })
