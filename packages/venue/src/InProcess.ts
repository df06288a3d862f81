/**
 * The venue without a socket, for virtual time: a `HttpClient` that answers at the `Clock`'s moment,
 * and connections that are driven by the `Clock`. Nothing here starts a fiber, a promise or a timer;
 * an answer that stalls is a sleep of the `Clock`.
 *
 * Whatever the host of a URL, its path says which API is meant (`/gamma`, `/data`, `/clob`).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import { type HttpClientRequest, toUrl } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Pipeable from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { VenueApi, VenueResponse } from "./Api.ts"
import { openSession, type SocketPath, type SocketSource } from "./Sockets.ts"
import { payloadsIn, type TradePayload } from "./TradeStream.ts"
import type { World } from "./World.ts"

/** `makeWith`, not `make`: nothing here can be aborted, and a controller a request is dear. */
export const layer = (api: VenueApi): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.makeWith(
      (asked: Effect.Effect<HttpClientRequest, HttpClientError.HttpClientError>) =>
        Effect.flatMap(asked, (request) =>
          Option.match(toUrl(request), {
            onNone: () => Effect.fail(unheardOf(request)),
            onSome: (url) => answered(api, request, url),
          }),
        ),
      Effect.succeed,
    ),
  )

const answered = (api: VenueApi, request: HttpClientRequest, url: URL) =>
  Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
    const answer = api.handle(
      {
        method: request.method,
        path: url.pathname,
        query: url.searchParams,
        body: bodyOf(request),
      },
      nowMs,
    )
    const response = new MemoryResponse(request, url.href, answer)
    const { stallMs = 0 } = answer
    return stallMs === 0 ? Effect.succeed(response) : Effect.as(Effect.sleep(stallMs), response)
  })

const unheardOf = (request: HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.InvalidUrlError({ request, cause: request.url }),
  })

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

/** One end of a socket in process. */
export interface Connection {
  readonly send: (frame: string) => Effect.Effect<void>
  /** The next frames, at least one; `null` when the venue has hung up. */
  readonly receive: Effect.Effect<ReadonlyArray<string> | null>
}

/** A socket; nothing is kept when its scope closes, for there is nothing to close. */
export const connect = (source: SocketSource, path: SocketPath): Effect.Effect<Connection> =>
  Effect.map(Clock.currentTimeMillis, (openedMs) => {
    const session = openSession(source, path, `memory-${openedMs}`)
    const waiting: Array<string> = []
    const spoken = Latch.makeUnsafe(false)
    const send = (frame: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
        waiting.push(...session.hear(frame, nowMs))
        return spoken.open
      })
    const receive = Effect.gen(function* () {
      for (;;) {
        yield* spoken.close
        const nowMs = yield* Clock.currentTimeMillis
        if (session.hangsUp(nowMs)) return null
        const frames = [...waiting.splice(0), ...session.due(nowMs)]
        if (frames.length > 0) return frames
        const nextMs = session.nextMs(nowMs)
        yield* nextMs === null
          ? spoken.await
          : Effect.raceFirst(Effect.sleep(Math.max(1, nextMs - nowMs)), spoken.await)
      }
    })
    return { send, receive }
  })

const subscription = JSON.stringify({
  action: "subscribe",
  subscriptions: [{ topic: "activity", type: "trades" }],
})

/** Frames of the trade stream, from the moment of running on, until the venue hangs up. */
export const tradeFrames = (source: SocketSource): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { send, receive } = yield* connect(source, "/stream")
      yield* send(subscription)
      return Stream.paginate(undefined, () =>
        Effect.map(
          receive,
          (frames): readonly [ReadonlyArray<string>, Option.Option<undefined>] => [
            frames ?? [],
            frames === null ? Option.none() : Option.some(undefined),
          ],
        ),
      )
    }),
  )

/** A response whose body is already here, whole or cut off. */
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
  readonly text: Effect.Effect<string, HttpClientError.HttpClientError>

  constructor(request: HttpClientRequest, url: string, answer: VenueResponse) {
    super()
    this.request = request
    this.url = url
    this.status = answer.status
    this.headers = Headers.fromInput(answer.headers)
    this.text =
      answer.cut === true
        ? Effect.suspend(() => Effect.fail(this.undecodable("the connection broke")))
        : Effect.succeed(answer.body)
  }

  get json(): Effect.Effect<Schema.Json, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.text, (text) =>
      Effect.try({
        try: () => (text === "" ? null : (JSON.parse(text) as Schema.Json)),
        catch: (cause) => this.undecodable(cause),
      }),
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.HttpClientError> {
    return Effect.map(this.text, (text) => Uint8Array.from(Buffer.from(text, "utf8")).buffer)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    return Stream.fromEffect(Effect.map(this.text, (text) => Buffer.from(text, "utf8")))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.HttpClientError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.HttpClientError> {
    return Effect.suspend(() => Effect.fail(this.undecodable("the venue sends no forms")))
  }

  get upgrade(): Effect.Effect<never, HttpClientError.HttpClientError> {
    return Effect.suspend(() => Effect.fail(this.undecodable("use connect")))
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
