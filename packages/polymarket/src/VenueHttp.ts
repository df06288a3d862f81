/**
 * The one place that sends requests to the venue.
 *
 * Promises: each attempt waits for the budget, ends within {@link attemptTimeout}, reads at most
 * {@link maxBodyBytes}, is counted by route and outcome, and is one CLIENT span that names the host.
 * No trace header leaves the process, no redirect is followed. `Unreachable` is tried again three
 * times with jittered exponential back-off, `Throttled` three times after the time the venue named
 * (not beyond {@link longestQuietWorthWaiting}), `Malformed` once.
 * Does not: cache, or look into the body beyond its being JSON without an error.
 */
import { Clock, Context, Duration, Effect, Layer, Random, Result, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import type { Answer, Reason } from "./Answer.ts"
import { judged, malformed, unreachable } from "./Answer.ts"
import { Budget } from "./Budget.ts"
import { PolymarketError } from "./PolymarketError.ts"
import type { RouteName } from "./Routes.ts"
import { labelOf, perRoute, routes } from "./Routes.ts"
import { measuredRoute } from "./RouteTelemetry.ts"
import { VenueEndpoints } from "./VenueEndpoints.ts"
import { cut } from "./wire/Rows.ts"

export const attemptTimeout = Duration.seconds(10)
export const maxBodyBytes = 16 * 1024 * 1024
export const longestQuietWorthWaiting = Duration.seconds(30)
const firstBackOffMs = 250
const maxRequestText = 1000

/** How often an attempt is repeated after each kind of failure. */
const retries: Readonly<Record<Reason["_tag"], number>> = {
  Unreachable: 3,
  Throttled: 3,
  Malformed: 1,
  Refused: 0,
  NotFound: 0,
}

/** Parameters in the order sent; a repeated name is sent as often as it stands here. */
export type Query = ReadonlyArray<readonly [name: string, value: string]>

export class VenueHttp extends Context.Service<
  VenueHttp,
  { readonly get: (route: RouteName, query: Query) => Effect.Effect<Answer, PolymarketError> }
>()("polymarket/VenueHttp") {
  static readonly layer: Layer.Layer<
    VenueHttp,
    never,
    Budget | VenueEndpoints | HttpClient.HttpClient
  > = Layer.effect(
    VenueHttp,
    Effect.gen(function* () {
      const budget = yield* Budget
      const endpoints = yield* VenueEndpoints
      const client = yield* HttpClient.HttpClient
      const measured = perRoute(measuredRoute)

      const attempt = (name: RouteName, query: Query): Effect.Effect<unknown, Reason> => {
        const { host, path } = routes[name]
        const request = HttpClientRequest.get(`${endpoints[host]}${path}`, {
          urlParams: query,
          headers: { "user-agent": endpoints.userAgent, accept: "application/json" },
        })
        return client.execute(request).pipe(
          Effect.flatMap((response) => received(response)),
          Effect.catchTag("HttpClientError", (error) => Effect.fail(unreachable(error.message))),
          Effect.timeoutOrElse({
            duration: attemptTimeout,
            orElse: () =>
              Effect.fail(unreachable(`no answer within ${Duration.format(attemptTimeout)}`)),
          }),
          // The span below is ours: the client would add one more and send its ids to the venue.
          Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
          measured[name],
        )
      }

      const get = Effect.fnUntraced(function* (name: RouteName, query: Query) {
        const request = requestText(name, query)
        const failed = (reason: Reason) => new PolymarketError({ request, reason })
        const left = { ...retries }
        for (let tries = 0; ; tries++) {
          yield* Effect.mapError(budget.spend(name), failed)
          const outcome = yield* Effect.result(attempt(name, query))
          if (Result.isSuccess(outcome)) return { request, json: outcome.success }
          const reason = outcome.failure
          const quietMs =
            reason._tag === "Throttled" ? yield* budget.throttled(name, reason.retryAfterMs) : 0
          const hopeless = quietMs > Duration.toMillis(longestQuietWorthWaiting)
          left[reason._tag] -= 1
          if (left[reason._tag] < 0 || hopeless) return yield* failed(reason)
          // The budget itself waits out a throttle; the back-off comes on top.
          yield* Effect.sleep(yield* backOffMs(tries))
        }
      })

      return VenueHttp.of({ get })
    }),
  )
}

const requestText = (name: RouteName, query: Query): string => {
  const parameters = query.map(([key, value]) => `${key}=${value}`).join("&")
  return cut(
    `GET /${labelOf(routes[name])}${parameters === "" ? "" : `?${parameters}`}`,
    maxRequestText,
  )
}

/** 250 ms, 500 ms, 1 s, … each made up to a fifth shorter or longer. */
const backOffMs = (tries: number) =>
  Effect.map(Random.next, (chance) => Math.ceil(firstBackOffMs * 2 ** tries * (0.8 + 0.4 * chance)))

const received = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<unknown, Reason | HttpClientError.HttpClientError> =>
  Effect.gen(function* () {
    yield* Effect.annotateCurrentSpan("http.response.status_code", response.status)
    const body = yield* bodyOf(response)
    const nowMs = yield* Clock.currentTimeMillis
    const retryAfter = response.headers["retry-after"]
    return yield* Effect.fromResult(judged({ status: response.status, retryAfter, body, nowMs }))
  })

const isEmptyBody = (error: Reason | HttpClientError.HttpClientError): boolean =>
  error._tag === "HttpClientError" && error.reason._tag === "EmptyBodyError"

const tooLarge = () => malformed(`a body of more than ${maxBodyBytes} bytes`, "")

/**
 * The body as text. Where the answer declares its length the transport holds it to that; otherwise
 * (chunked, or the length is that of the compressed form) the bytes are counted as they come.
 */
const bodyOf = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<string, Reason | HttpClientError.HttpClientError> => {
  const declared = Number(response.headers["content-length"] ?? Number.NaN)
  if (declared > maxBodyBytes) return Effect.fail(tooLarge())
  if (declared >= 0 && response.headers["content-encoding"] === undefined) return response.text
  return Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let bytes = 0
    return Stream.runForEach(response.stream, (chunk) => {
      bytes += chunk.byteLength
      if (bytes > maxBodyBytes) return Effect.fail(tooLarge())
      chunks.push(chunk)
      return Effect.void
    }).pipe(
      Effect.catchIf(isEmptyBody, () => Effect.void),
      Effect.map(() => Buffer.concat(chunks).toString("utf8")),
    )
  })
}
