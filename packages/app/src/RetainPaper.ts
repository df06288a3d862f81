/**
 * Retention of paper.db, in the fast lane, the file's only writer: the machinery's rows leave when they
 * have had their time. Copies, postings and what they rest on never do.
 *
 * A statement removes {@link batchRows} rows and others have their turn after each, so that no decision
 * waits for it; at most {@link batchesPerTable} a table and run.
 */
import { Clock, Duration, Effect } from "effect"
import { machineryTables, removeAged, removeDeadLetters } from "@evaluator/runtime/AgedRows"
import * as Job from "@evaluator/runtime/Job"
import type { SettingsShape } from "./Settings.ts"

const batchRows = 100
const batchesPerTable = 50

/** Batch after batch while they are full. */
const inBatches = Effect.fnUntraced(function* <R>(batch: Effect.Effect<number, never, R>) {
  let rows = 0
  for (let n = 0; n < batchesPerTable; n++) {
    const gone = yield* batch
    rows += gone
    if (gone < batchRows) return rows
    yield* Effect.yieldNow
  }
  return rows
})

export const retainPaperRows = Effect.fnUntraced(function* (retention: SettingsShape["retention"]) {
  const now = yield* Clock.currentTimeMillis
  const before = (setting: "events" | "job_runs" | "boots" | "dead_letters") =>
    now - Duration.toMillis(retention[setting])
  const counts = {
    events: yield* inBatches(removeAged(machineryTables.events, before("events"), batchRows)),
    job_runs: yield* inBatches(removeAged(machineryTables.job_runs, before("job_runs"), batchRows)),
    boots: yield* inBatches(removeAged(machineryTables.boots, before("boots"), batchRows)),
    dead_letters: yield* inBatches(removeDeadLetters(before("dead_letters"), batchRows)),
  }
  return counts
})

export const retainPaper = ({ retention }: Pick<SettingsShape, "retention">) =>
  Job.layer({
    name: "retain-paper",
    about: "Removes events, runs, starts and dead letters of paper.db that have had their time",
    service: "maintenance",
    every: retention.every,
    atBoot: false,
    timeout: "5 minutes",
    run: retainPaperRows(retention),
  })
