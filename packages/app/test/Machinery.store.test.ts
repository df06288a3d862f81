import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import { SqlClient } from "effect/sql"
import { machineryOf } from "@evaluator/app/Machinery"
import { migrations } from "@evaluator/app/Migrations"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Boot } from "@evaluator/runtime/Boot"
import { Conditions } from "@evaluator/runtime/Conditions"
import { EventLog } from "@evaluator/runtime/EventLog"
import { JobLog } from "@evaluator/runtime/JobLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { QueuePauses } from "@evaluator/runtime/QueuePauses"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import * as Database from "@evaluator/sqlite/Database"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"

const lane = Layer.merge(QueuePauses.layer, Supervisor.layer).pipe(
  Layer.provideMerge(JobLog.layer),
  Layer.provideMerge(EventLog.layer),
  Layer.provideMerge(Boot.layer),
  Layer.provideMerge(Layer.merge(Backlogs.layer, Conditions.layer)),
  Layer.provideMerge(Layer.succeed(LaneLink, LaneLink.inlinePair()[0])),
  Layer.provideMerge(ServiceTracer.layer),
  Layer.provideMerge(
    Database.layer({ file: ":memory:", lane: "paper", migrations: migrations.paper }),
  ),
)

describe("a lane's metrics", () => {
  it.effect("count the dead letters its file has at that moment", () =>
    Effect.gen(function* () {
      const { metrics } = yield* machineryOf("paper")
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO dead_letters ${sql.insert({
        source: "settlement",
        subject: "lot 7",
        cause: "no payout",
        attempts: 1,
        payload: "{}",
        at_ms: 1,
      })}`
      assert.match(yield* metrics, /evaluator_dead_letters\{source="settlement"\} 1\n/)
      yield* sql`DELETE FROM dead_letters`
      assert.match(yield* metrics, /evaluator_dead_letters\{source="settlement"\} 0\n/)
    }).pipe(Effect.provide(lane), Effect.provideService(Metric.MetricRegistry, new Map())),
  )
})
