import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { join } from "node:path"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const shown = Effect.map(Metric.snapshot, (metrics) =>
  metrics.flatMap(({ attributes, id, state }) =>
    id === "evaluator_dead_letters" && "value" in state
      ? [`${attributes?.["source"]} ${Number(state.value)}`]
      : [],
  ),
)

describe("the dead letters on the metrics page", () => {
  it.effect("are those of every source in the file, whoever wrote or removed them", () =>
    Effect.gen(function* () {
      const lane = yield* openLane(join(yield* temporaryDirectory, "lane.db"))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const letter = (source: string, subject: string) =>
          sql`INSERT INTO dead_letters ${sql.insert({
            source,
            subject,
            cause: "no JSON",
            attempts: 12,
            payload: "{}",
            at_ms: 1,
          })}`
        for (const subject of ["a", "b"]) yield* letter("ingest-trades", subject)
        yield* letter("settlement", "lot 7")
        const count = yield* DeadLetters.makeGauges
        yield* count
        assert.sameMembers(yield* shown, ["ingest-trades 2", "settlement 1"])
        yield* sql`DELETE FROM dead_letters WHERE source = 'settlement' OR subject = 'a'`
        yield* count
        assert.sameMembers(yield* shown, ["ingest-trades 1", "settlement 0"])
        yield* DeadLetters.ask("ingest-trades", null)
        yield* count
        assert.sameMembers(yield* shown, ["ingest-trades 0", "settlement 0"])
      }).pipe(inLane(lane))
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )
})
