/**
 * The venue without a socket, for virtual time: a `HttpClient` that answers at the `Clock`'s moment
 * and a stream that is driven by the `Clock`. Nothing here starts a promise or a timer.
 *
 * Whatever the host of a URL, its path says which API is meant (`/gamma`, `/data`, `/clob`).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Pipeable from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { VenueApi, VenueResponse } from "./Api.ts"
import { payloadsIn, type TradePayload } from "./TradeStream.ts"
import type { World } from "./World.ts"

export const layer = (api: VenueApi): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.map(Clock.currentTimeMillis, (nowMs) => {
        const answer = api.handle(
          {
            method: request.method,
            path: url.pathname,
            query: url.searchParams,
            body: bodyOf(request),
          },
          nowMs,
        )
        return new MemoryResponse(request, url.href, answer)
      }),
    ),
  )

const bodyOf = (request: HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? Buffer.from(request.body.body).toString("utf8") : ""

/** Trades from the moment of subscription on, each when it becomes visible; ends with the world. */
export const tradesAsTheyAppear = (world: World): Stream.Stream<TradePayload> =>
  Stream.unwrap(
    Effect.map(Clock.currentTimeMillis, (startMs) =>
      Stream.paginate(startMs, (seenMs: number) =>
        Effect.gen(function* () {
          const nextMs = world.nextTradeAfter(seenMs)
          if (nextMs === null) return [[] as ReadonlyArray<TradePayload>, Option.none<number>()]
          const nowMs = yield* Clock.currentTimeMillis
          if (nextMs > nowMs) yield* Effect.sleep(nextMs - nowMs)
          const untilMs = Math.max(nextMs, yield* Clock.currentTimeMillis)
          const payloads = payloadsIn(world, seenMs, untilMs).map(({ payload }) => payload)
          return [payloads, Option.some(untilMs)]
        }),
      ),
    ),
  )

/** A response whose body is already here. */
class MemoryResponse extends Pipeable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId =
    HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest
  readonly url: string
  readonly status: number
  readonly headers: Headers.Headers
  readonly cookies = Cookies.empty
  readonly remoteAddress = Option.none<string>()
  readonly text: Effect.Effect<string>
  private readonly body: string

  constructor(request: HttpClientRequest, url: string, answer: VenueResponse) {
    super()
    this.request = request
    this.url = url
    this.status = answer.status
    this.headers = Headers.fromInput(answer.headers)
    this.body = answer.body
    this.text = Effect.succeed(answer.body)
  }

  get json(): Effect.Effect<Schema.Json, HttpClientError.HttpClientError> {
    return Effect.try({
      try: () => (this.body === "" ? null : (JSON.parse(this.body) as Schema.Json)),
      catch: (cause) => this.undecodable(cause),
    })
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    return Effect.sync(() => Uint8Array.from(Buffer.from(this.body, "utf8")).buffer)
  }

  get stream(): Stream.Stream<Uint8Array> {
    return Stream.sync(() => Buffer.from(this.body, "utf8"))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams> {
    return Effect.sync(() => UrlParams.fromInput(new URLSearchParams(this.body)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.HttpClientError> {
    return Effect.suspend(() => Effect.fail(this.undecodable("the venue sends no forms")))
  }

  get upgrade(): Effect.Effect<never, HttpClientError.HttpClientError> {
    return Effect.suspend(() => Effect.fail(this.undecodable("use tradesAsTheyAppear")))
  }

  private undecodable(cause: unknown): HttpClientError.HttpClientError {
    return new HttpClientError.HttpClientError({
      reason: new HttpClientError.DecodeError({ request: this.request, response: this, cause }),
    })
  }

  toJSON(): unknown {
    return { _id: "MemoryResponse", url: this.url, status: this.status }
  }

  override toString(): string {
    return JSON.stringify(this.toJSON())
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toJSON()
  }
}
