import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema, Tracer } from "effect"
import {
  consuming,
  maxLinks,
  producing,
  spanOf,
  traceparentOf,
} from "@evaluator/telemetry/Messaging"

const recording = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  const named = (name: string) =>
    Option.getOrThrow(Option.fromNullishOr(spans.find((span) => span.name === name)))
  return { spans, named, tracer }
}

const hex = (length: number) =>
  Schema.String.check(Schema.isPattern(new RegExp(`^[0-9a-f]{${length - 1}}[1-9a-f]$`)))

describe("a traceparent", () => {
  it.effect.prop(
    "says span, trace and sampling and is read back",
    [hex(32), hex(16), Schema.Boolean],
    ([traceId, spanId, sampled]) =>
      Effect.sync(() => {
        const read = spanOf(traceparentOf(Tracer.externalSpan({ traceId, spanId, sampled })))
        assert.deepStrictEqual(
          [read?.traceId, read?.spanId, read?.sampled],
          [traceId, spanId, sampled],
        )
      }),
  )

  it.effect.prop("that is anything else names no span", [Schema.String], ([text]) =>
    Effect.sync(() => assert.isUndefined(spanOf(text))),
  )

  it("of zeros names no span", () => {
    assert.isUndefined(spanOf(`00-${"0".repeat(32)}-${"1".repeat(16)}-01`))
    assert.isUndefined(spanOf(`00-${"1".repeat(32)}-${"0".repeat(16)}-01`))
    assert.isUndefined(spanOf(null))
    assert.isUndefined(spanOf(undefined))
  })
})

describe("a delivery", () => {
  it.effect("has its producer as direct parent, whatever span is around the consumer", () => {
    const { named, tracer } = recording()
    return Effect.gen(function* () {
      const traceparent = yield* producing(
        { destination: "fills", consumer: "paper-saga", messageId: "m1", correlationId: "c1" },
        Effect.succeed,
      )
      yield* consuming({ destination: "fills", traceparent })(
        Effect.withSpan(Effect.void, "inside"),
      ).pipe(Effect.withSpan("around"))
      const sent = named("send fills")
      const processed = named("process fills")
      assert.strictEqual(sent.kind, "producer")
      assert.strictEqual(processed.kind, "consumer")
      assert.strictEqual(Option.getOrThrow(processed.parent).spanId, sent.spanId)
      assert.strictEqual(processed.traceId, sent.traceId)
      assert.strictEqual(Option.getOrThrow(named("inside").parent).spanId, processed.spanId)
      assert.strictEqual(sent.attributes.get("peer.service"), "paper-saga")
      assert.strictEqual(sent.attributes.get("service.peer.name"), "paper-saga")
      assert.strictEqual(sent.attributes.get("messaging.message.id"), "m1")
      assert.strictEqual(sent.attributes.get("messaging.message.conversation_id"), "c1")
      assert.strictEqual(sent.attributes.get("messaging.operation.type"), "send")
      assert.strictEqual(processed.attributes.get("messaging.operation.type"), "process")
      const database = [...sent.attributes.keys()].filter((key) => key.startsWith("db."))
      assert.deepStrictEqual(database, [])
    }).pipe(Effect.withTracer(tracer))
  })

  it.effect("to three subscribers has three producers", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function* () {
      const groups = ["a", "b", "c"]
      const sent = yield* Effect.forEach(groups, (group) =>
        producing({ destination: "scored", consumer: "ranking", group }, Effect.succeed),
      )
      yield* Effect.forEach(sent, (traceparent) =>
        consuming({ destination: "scored", traceparent })(Effect.void),
      )
      const parents = spans
        .filter((span) => span.kind === "consumer")
        .map((span) => Option.getOrThrow(span.parent).spanId)
      assert.strictEqual(new Set(parents).size, 3)
    }).pipe(Effect.withTracer(tracer))
  })

  it.effect("sent again has a new producer that links the first", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function* () {
      const to = { destination: "fills", consumer: "fast-path" } as const
      const first = yield* producing(to, Effect.succeed)
      const second = yield* producing({ ...to, repeats: first }, Effect.succeed)
      assert.notStrictEqual(first, second)
      assert.strictEqual(spans[1]?.attributes.get("messaging.operation.name"), "retry")
      assert.deepStrictEqual(
        spans[1]?.links.map((link) => link.span.spanId),
        [spans[0]?.spanId],
      )
    }).pipe(Effect.withTracer(tracer))
  })

  it.effect("without a usable traceparent starts a trace of its own and draws nothing", () => {
    const { named, tracer } = recording()
    return consuming({ destination: "fills", traceparent: "nonsense" })(Effect.void).pipe(
      Effect.withSpan("around"),
      Effect.withTracer(tracer),
      Effect.andThen(
        Effect.sync(() => {
          const span = named("process fills")
          assert.strictEqual(span.kind, "internal")
          assert.isTrue(Option.isNone(span.parent))
        }),
      ),
    )
  })

  it.effect("that stands for many links them up to the limit and says how many", () => {
    const { named, tracer } = recording()
    return Effect.gen(function* () {
      const all = yield* Effect.forEach(
        Array.from({ length: maxLinks + 9 }),
        () => producing({ destination: "wake", consumer: "fast-path" }, Effect.succeed),
        { concurrency: 1 },
      )
      const [traceparent, ...coalesced] = all
      yield* consuming({ destination: "wake", traceparent, coalesced })(Effect.void)
      const span = named("process wake")
      assert.strictEqual(span.links.length, maxLinks)
      assert.strictEqual(span.attributes.get("messaging.batch.message_count"), maxLinks + 9)
    }).pipe(Effect.withTracer(tracer))
  })

  it.effect("keeps the work's answer and its failure", () =>
    Effect.gen(function* () {
      const given = { destination: "fills", traceparent: null }
      assert.strictEqual(yield* consuming(given)(Effect.succeed(7)), 7)
      assert.strictEqual(yield* Effect.flip(consuming(given)(Effect.fail("late"))), "late")
    }),
  )
})
