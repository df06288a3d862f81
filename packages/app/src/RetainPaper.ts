/**
 * Retention of paper.db, in the fast lane, the file's only writer: the machinery's rows leave when they
 * have had their time, or are more than may be kept. Copies, postings and what they rest on never do.
 *
 * A statement removes {@link batchRows} rows (of letters: looks at so many) and others have their turn after
 * each, for {@link pauseAfterBatch} at least, so that no decision waits for it; at most
 * {@link batchesPerTable} a table and run, letters apart: more than the lane can write in the period between two.
 */
import { Clock, Duration, Effect } from "effect"
import { mostKept, type RetentionSetting } from "@evaluator/evaluation/stores/Retention"
import { lettersStanding } from "@evaluator/paper/GivenUp"
import {
  type AgedTable,
  machineryTables,
  removeAged,
  removeDeadLetters,
} from "@evaluator/runtime/AgedRows"
import * as Job from "@evaluator/runtime/Job"
import type { SettingsShape } from "./Settings.ts"

const batchRows = 100
const batchesPerTable = 3000
const pauseAfterBatch = "5 millis"

/** Batch after batch while they are full. */
const inBatches = Effect.fnUntraced(function* <R>(batch: Effect.Effect<number, never, R>) {
  let rows = 0
  for (let n = 0; n < batchesPerTable; n++) {
    const gone = yield* batch
    rows += gone
    if (gone < batchRows) return rows
    yield* Effect.sleep(pauseAfterBatch)
  }
  return rows
})

export const retainPaperRows = Effect.fnUntraced(function* (retention: SettingsShape["retention"]) {
  const now = yield* Clock.currentTimeMillis
  const before = (setting: RetentionSetting) => now - Duration.toMillis(retention[setting])
  const aged = (setting: keyof typeof machineryTables) => {
    const table: AgedTable = machineryTables[setting]
    return inBatches(removeAged(table, before(setting), batchRows, mostKept(retention, setting)))
  }
  const counts = {
    events: yield* aged("events"),
    job_runs: yield* aged("job_runs"),
    boots: yield* aged("boots"),
    dead_letters: yield* removeDeadLetters(
      lettersStanding,
      before("dead_letters"),
      batchRows,
      Effect.sleep(pauseAfterBatch),
    ),
  }
  return counts
})

export const retainPaper = ({ retention }: Pick<SettingsShape, "retention">) =>
  Job.layer({
    name: "retain-paper",
    about:
      "Removes events, runs, starts and dead letters of paper.db that have had their time or are too many",
    service: "maintenance",
    every: retention.every,
    atBoot: false,
    timeout: "5 minutes",
    run: retainPaperRows(retention),
  })
