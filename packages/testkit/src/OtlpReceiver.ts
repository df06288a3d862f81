/**
 * A collector for tests: takes OTLP/HTTP JSON on a free loopback port and keeps what came, span by
 * span with the `service.name` of its Resource.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Deferred, Effect, Schema } from "effect"

const Attributes = Schema.Array(
  Schema.Struct({
    key: Schema.String,
    value: Schema.Struct({ stringValue: Schema.optionalKey(Schema.String) }),
  }),
)

const Body = Schema.fromJsonString(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({
        resource: Schema.Struct({ attributes: Attributes }),
        scopeSpans: Schema.Array(
          Schema.Struct({
            spans: Schema.Array(
              Schema.Struct({
                traceId: Schema.String,
                spanId: Schema.String,
                parentSpanId: Schema.optionalKey(Schema.String),
                name: Schema.String,
                kind: Schema.Int,
                endTimeUnixNano: Schema.String,
                attributes: Attributes,
              }),
            ),
          }),
        ),
      }),
    ),
  }),
)

const decode = Schema.decodeUnknownSync(Body)

export interface ReceivedSpan {
  readonly service: string | undefined
  readonly resource: Readonly<Record<string, string | undefined>>
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: number
  readonly endMs: number
}

const record = (attributes: typeof Attributes.Type) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))

const spansOf = (text: string): ReadonlyArray<ReceivedSpan> =>
  decode(text).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = record(resource.attributes)
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: of["service.name"],
        resource: of,
        attributes: record(span.attributes),
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        name: span.name,
        kind: span.kind,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
      })),
    )
  })

export interface OtlpReceiver {
  readonly endpoint: string
  readonly spans: ReadonlyArray<ReceivedSpan>
  readonly posts: () => number
}

/** Answers every post with `status`; 200 unless told otherwise. */
export const makeOtlpReceiver = (status = 200) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const listening = yield* Deferred.make<void>()
      const spans: Array<ReceivedSpan> = []
      let posts = 0
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          posts++
          if (status === 200) spans.push(...spansOf(Buffer.concat(chunks).toString()))
          response.writeHead(status, { "content-type": "application/json" }).end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => Deferred.doneUnsafe(listening, Effect.void))
      yield* Deferred.await(listening)
      const { port } = server.address() as AddressInfo
      const receiver: OtlpReceiver = {
        endpoint: `http://127.0.0.1:${port}`,
        spans,
        posts: () => posts,
      }
      return { receiver, server }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }),
  ).pipe(Effect.map(({ receiver }) => receiver))
