/**
 * retain-rows: removes rows that have had their time, measures the tables, and holds the file against
 * `[data] max_bytes`.
 *
 * Truth: the tables' own times and the file's pages. Rows go {@link batchRows} a transaction with a
 * yield in between, at most {@link batchesPerTable} a table and run; what is left goes in the next one. Dead
 * letters are all looked at, so many a statement.
 * Pages become free and are used again; the file does not shrink. Does not run at the start, not even
 * for slots that were missed, so that the other lane has read what it missed.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { removeAged, removeDeadLetters } from "@evaluator/runtime/AgedRows"
import * as Job from "@evaluator/runtime/Job"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import {
  ageing,
  batchRows,
  emptyBodies,
  mostKept,
  removeHolders,
  removeQuarantine,
  removeUnseenMarkets,
  type RetentionSetting,
  tableNames,
} from "../stores/Retention.ts"
import { lettersStanding } from "../stores/GivenUp.ts"
import { measureStorage, measureTable } from "../stores/Storage.ts"

const batchesPerTable = 40

/** Batch after batch while they are full. */
const inBatches = Effect.fnUntraced(function* <R>(batch: Effect.Effect<number, never, R>) {
  let rows = 0
  for (let n = 0; n < batchesPerTable; n++) {
    const gone = yield* batch
    rows += gone
    if (gone < batchRows) return { rows, more: false }
    yield* Effect.yieldNow
  }
  return { rows, more: true }
})

const removals = Effect.fnUntraced(function* () {
  const { retention } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const before = (setting: RetentionSetting) => now - Duration.toMillis(retention[setting])
  const batches: ReadonlyArray<
    readonly [string, Effect.Effect<number, never, SqlClient.SqlClient>]
  > = [
    ...ageing.map(
      (one) =>
        [
          one.table,
          removeAged(one, before(one.setting), batchRows, mostKept(retention, one.setting)),
        ] as const,
    ),
    ["holders", removeHolders(before("holders"))],
    ["markets", removeUnseenMarkets(before("unseen_markets"))],
  ]
  const counts: Record<string, number> = {}
  let more = false
  for (const [table, batch] of batches) {
    const done = yield* inBatches(batch)
    if (done.rows > 0) counts[table] = done.rows
    more ||= done.more
  }
  const letters = yield* removeDeadLetters(
    lettersStanding,
    before("dead_letters"),
    batchRows,
    Effect.yieldNow,
  )
  if (letters > 0) counts["dead_letters"] = letters
  return { counts, more }
})

/** Gives up what the file has no room for. */
const makeRoom = Effect.fnUntraced(function* (maxBytes: number) {
  const { givenUp, usedBytes } = yield* measureStorage(maxBytes)
  if (givenUp === "nothing") return { rows: 0, more: false }
  yield* Effect.logWarning(
    `evaluator.db uses ${usedBytes} of data.max_bytes ${maxBytes}: ${
      {
        bodies: "bodies of quarantined rows are not kept",
        quarantine: "quarantined rows are not kept",
        tape: "no wallet is added and only followed ones are ingested; copies go on",
      }[givenUp]
    }. Raise data.max_bytes or lower discovery.max_wallets.`,
  )
  const done = yield* inBatches(givenUp === "bodies" ? emptyBodies : removeQuarantine)
  yield* measureStorage(maxBytes)
  return done
})

/** Removes, makes room, measures. */
export const retainRows = Effect.gen(function* () {
  const { data } = yield* EvaluationSettings
  const removed = yield* removals()
  const room = yield* makeRoom(data.max_bytes)
  for (const table of yield* tableNames) {
    yield* measureTable(table)
    yield* Effect.yieldNow
  }
  const counts: Job.JobCounts = {
    ...removed.counts,
    given_up: room.rows,
    more: removed.more || room.more ? 1 : 0,
  }
  return counts
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ retention }) =>
    Job.layer({
      name: "retain-rows",
      about: "Removes rows that have had their time, and measures the tables",
      service: "maintenance",
      every: retention.every,
      atBoot: false,
      missed: "skip",
      timeout: "10 minutes",
      run: retainRows,
    }),
  ),
)
