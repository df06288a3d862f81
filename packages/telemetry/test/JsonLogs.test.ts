import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Metric, References, Schema, Scope } from "effect"
import { Causation } from "@evaluator/telemetry/Causation"
import { layerLogs, type LogOptions, maxLineBytes } from "@evaluator/telemetry/JsonLogs"
import type { LineSink } from "@evaluator/telemetry/LineBuffer"
import { counterOf, metrics } from "@evaluator/telemetry/Names"

type Line = { readonly [key: string]: unknown }
const parse = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)),
)

/** A descriptor that holds each chunk until the test lets it go. */
const makePipe = (stalled = false) => {
  const chunks: Array<string> = []
  const waiting: Array<() => void> = []
  let open = !stalled
  const sink: LineSink = (chunk, done) => {
    const finish = () => {
      chunks.push(chunk.toString())
      done(false)
    }
    if (open) queueMicrotask(finish)
    else waiting.push(finish)
  }
  const release = () => {
    open = true
    for (const finish of waiting.splice(0)) finish()
  }
  const lines = (): ReadonlyArray<Line> =>
    chunks
      .join("")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => parse(line))
  return { sink, chunks, release, lines }
}

const dropped = (reason: string) =>
  Metric.value(Metric.withAttributes(counterOf(metrics.logLinesDropped), { reason })).pipe(
    Effect.map((state) => state.count),
  )

const logging = (options: Partial<LogOptions>, said: Effect.Effect<void>) =>
  Effect.provide(said, layerLogs({ to: "stderr", ...options }))

describe("a log line", () => {
  it.live("is one JSON object with time, level, message, span and annotations", () => {
    const pipe = makePipe()
    return Effect.gen(function* () {
      let ids: ReadonlyArray<unknown> = []
      const said = Effect.gen(function* () {
        const span = yield* Effect.orDie(Effect.currentSpan)
        ids = [span.traceId, span.spanId]
        yield* Effect.logInfo("scored")
      }).pipe(Effect.withSpan("job"), Effect.annotateLogs({ job: "score-events", level: "mine" }))
      yield* logging({ sink: pipe.sink, always: { lane: "background" } }, said)
      const [line] = pipe.lines()
      assert.strictEqual(pipe.lines().length, 1)
      assert.strictEqual(line?.["level"], "info")
      assert.strictEqual(line?.["level_"], "mine")
      assert.strictEqual(line?.["message"], "scored")
      assert.strictEqual(line?.["job"], "score-events")
      assert.strictEqual(line?.["lane"], "background")
      assert.deepStrictEqual([line?.["trace_id"], line?.["span_id"]], ids)
      assert.match(String(line?.["at"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    })
  })

  it.live("names the event being handled and the chain it belongs to", () => {
    const pipe = makePipe()
    const said = Effect.logWarning("not applied").pipe(
      Effect.provideService(Causation, { correlationId: "c1", causationId: "e2" }),
    )
    return Effect.gen(function* () {
      yield* logging({ sink: pipe.sink }, said)
      const [line] = pipe.lines()
      assert.deepInclude(line, { correlation_id: "c1", causation_id: "e2" })
    })
  })

  it.live("shows errors, big integers, bytes and cycles as something readable", () => {
    const pipe = makePipe()
    const cycle: Record<string, unknown> = { name: "a" }
    cycle["self"] = cycle
    const said = Effect.logWarning(
      new Error("no book"),
      12345678901234567890n,
      new Uint8Array([1, 255]),
      cycle,
    )
    return logging({ sink: pipe.sink }, said).pipe(
      Effect.andThen(
        Effect.sync(() => {
          const message = pipe.lines()[0]?.["message"] as ReadonlyArray<unknown>
          assert.deepStrictEqual(message.slice(0, 3), ["no book", "12345678901234567890", "01ff"])
          assert.include(JSON.stringify(message[3]), "…")
        }),
      ),
    )
  })

  it.live("carries the cause of a failure", () => {
    const pipe = makePipe()
    const said = Effect.fail("disk is full").pipe(
      Effect.catchCause((cause) => Effect.logError("job failed", cause)),
    )
    return logging({ sink: pipe.sink }, said).pipe(
      Effect.andThen(
        Effect.sync(() => assert.include(String(pipe.lines()[0]?.["cause"]), "disk is full")),
      ),
    )
  })

  it.effect.prop(
    "never exceeds its limit and stays one line of JSON",
    [Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3000 }))],
    ([text, times]) => {
      const pipe = makePipe()
      const long = `${text}\n\u0001ß"`.repeat(times)
      const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`key${n}`, long]))
      return logging(
        { sink: pipe.sink },
        Effect.logInfo(long).pipe(Effect.annotateLogs({ ...many, [long]: 1 })),
      ).pipe(
        Effect.andThen(
          Effect.sync(() => {
            assert.strictEqual(pipe.lines().length, 1)
            assert.isAtMost(Buffer.byteLength(pipe.chunks.join("")), maxLineBytes)
            if (times > 2000) assert.isTrue(pipe.lines()[0]?.["cut"])
          }),
        ),
      )
    },
  )

  it.live("below the level is not written", () => {
    const pipe = makePipe()
    const said = Effect.andThen(Effect.logInfo("quiet"), Effect.logWarning("loud"))
    return logging({ sink: pipe.sink, level: "Warn" }, said).pipe(
      Effect.andThen(
        Effect.sync(() =>
          assert.deepStrictEqual(
            pipe.lines().map((line) => line["message"]),
            ["loud"],
          ),
        ),
      ),
    )
  })
})

describe("a reader that stops reading", () => {
  it.live("makes nobody wait; what does not fit is counted, the rest comes in order", () =>
    Effect.gen(function* () {
      const pipe = makePipe(true)
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        layerLogs({ to: "stdout", sink: pipe.sink, capacity: 10 }),
        scope,
      )
      yield* Effect.forEach(Array.from({ length: 30 }), (_, n) => Effect.logInfo(`line ${n}`), {
        discard: true,
      }).pipe(Effect.provide(context))
      assert.strictEqual(pipe.chunks.length, 0)
      // One line is on its way, ten wait.
      assert.strictEqual(yield* dropped("full"), 19)
      pipe.release()
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(
        pipe.lines().map((line) => line["message"]),
        Array.from({ length: 11 }, (_, n) => `line ${n}`),
      )
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )

  it.live("does not hold up the exit, and what it never read is counted", () =>
    Effect.gen(function* () {
      const pipe = makePipe(true)
      const three = Effect.forEach([1, 2, 3], (n) => Effect.logInfo(n), { discard: true })
      yield* logging({ sink: pipe.sink }, three)
      assert.strictEqual(yield* dropped("unwritable"), 3)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )

  it.live("is not asked when logs go to eyes on a terminal", () => {
    const pipe = makePipe()
    return Effect.gen(function* () {
      yield* References.MinimumLogLevel
    }).pipe(
      Effect.provide(layerLogs({ to: "stderr", pretty: true, sink: pipe.sink })),
      Effect.andThen(Effect.sync(() => assert.strictEqual(pipe.chunks.length, 0))),
    )
  })
})
