import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { metricsPage } from "@evaluator/app/http/MetricsPages"
import { handleOver, type PaperReport } from "@evaluator/app/LaneHandles"
import { type LaneLink, LaneLinkError } from "@evaluator/runtime/LaneLink"

const text = (count: number) =>
  ["# TYPE evaluator_events_total counter", `evaluator_events_total ${count}`, ""].join("\n")

const evaluation = { metrics: Effect.succeed(text(1)) }

/** A link to a lane whose thread is blocked: whoever asks waits as long as he would. */
const blocked: LaneLink["Service"] = {
  ask: (request, _payload, timeout = "1 hour") =>
    Effect.never.pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () =>
          Effect.fail(
            new LaneLinkError({
              request,
              message: Duration.format(Duration.fromInputUnsafe(timeout)),
            }),
          ),
      }),
    ),
  tell: () => Effect.void,
  serve: () => Effect.void,
}

describe("the metrics page", () => {
  it.effect("has the samples of both lanes, each with its lane", () =>
    Effect.gen(function* () {
      const page = yield* metricsPage(evaluation, { metrics: Effect.succeed(text(2)) })
      assert.match(page, /evaluator_events_total\{lane="evaluation"\} 1/)
      assert.match(page, /evaluator_events_total\{lane="paper"\} 2/)
    }),
  )

  it.effect("does not wait for a fast lane that is blocked; its own samples keep their lane", () =>
    Effect.gen(function* () {
      const scrape = yield* Effect.forkChild(
        metricsPage(evaluation, handleOver<PaperReport>(blocked, "paper")),
      )
      yield* TestClock.adjust("2 seconds")
      const page = yield* Fiber.join(scrape)
      assert.match(page, /evaluator_events_total\{lane="evaluation"\} 1/)
      assert.notInclude(page, "paper")
    }),
  )
})
