/**
 * Asks the venue anything under its configured hosts and gives the answer as it is, errors included:
 * the doctor wants to see what the client is made to hide.
 *
 * Promises: reads only; one request at a time, {@link apart} apart, at most {@link mostRequests} of
 * them, far below every limit; each body goes to {@link BodyRecorder}.
 */
import { Clock, Context, Duration, Effect, Layer, Option, Schema, Semaphore } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { BodyRecorder } from "../BodyRecorder.ts"
import { bodyOf } from "../ResponseBody.ts"
import type { Host } from "../VenueEndpoints.ts"
import { VenueEndpoints } from "../VenueEndpoints.ts"
import type { Query } from "../VenueHttp.ts"
import { attemptTimeout } from "../VenueHttp.ts"
import { parseJson } from "../wire/Json.ts"

export const apart = Duration.millis(100)
export const mostRequests = 100

/** The venue gave no answer at all. */
export class NoAnswer extends Schema.TaggedError<NoAnswer>()("NoAnswer", {
  request: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `${this.why} (${this.request})`
  }
}

/** What a chain of causes ends in: `getaddrinfo ENOTFOUND host`, where the errors around it say less. */
const deepestOf = (error: Error): string => {
  let deepest = error
  for (let depth = 0; depth < mostCauses && deepest.cause instanceof Error; depth++) {
    deepest = deepest.cause
  }
  return deepest.message || error.message
}
const mostCauses = 8

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** `undefined` when the body is no JSON. */
  readonly json: unknown
  readonly elapsedMs: number
  readonly receivedMs: number
}

export class Prober extends Context.Service<
  Prober,
  {
    readonly ask: (
      host: Host,
      path: string,
      query?: Query,
      post?: unknown,
    ) => Effect.Effect<RawAnswer, NoAnswer>
  }
>()("polymarket/doctor/Prober") {
  static readonly layer: Layer.Layer<Prober, never, VenueEndpoints | HttpClient.HttpClient> =
    Layer.effect(
      Prober,
      Effect.gen(function* () {
        const endpoints = yield* VenueEndpoints
        const client = yield* HttpClient.HttpClient
        const record = yield* BodyRecorder
        const turn = yield* Semaphore.make(1)
        let asked = 0

        const ask = Effect.fnUntraced(function* (
          host: Host,
          path: string,
          query: Query = [],
          post?: unknown,
        ) {
          const method = post === undefined ? "GET" : "POST"
          const parameters = query.map(([name, value]) => `${name}=${value}`).join("&")
          const request = `${method} /${host}${path}${parameters === "" ? "" : `?${parameters}`}`
          asked += 1
          if (asked > mostRequests) {
            return yield* new NoAnswer({ request, why: `more than ${mostRequests} requests` })
          }
          yield* Effect.sleep(apart)
          const sentMs = yield* Clock.currentTimeMillis
          const bare = HttpClientRequest.make(method)(`${endpoints[host]}${path}`, {
            urlParams: query,
            headers: { "user-agent": endpoints.userAgent, accept: "application/json" },
          })
          const sent = post === undefined ? bare : HttpClientRequest.bodyJsonUnsafe(bare, post)
          return yield* Effect.gen(function* () {
            const response = yield* client.execute(sent)
            const body = yield* bodyOf(response)
            const receivedMs = yield* Clock.currentTimeMillis
            const { headers, status } = response
            yield* record({ request, status, headers, body, receivedMs })
            const json = Option.getOrUndefined(parseJson(body))
            return { status, headers, json, elapsedMs: receivedMs - sentMs, receivedMs }
          }).pipe(
            Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Effect.mapError((error) => new NoAnswer({ request, why: deepestOf(error) })),
            Effect.timeoutOrElse({
              duration: attemptTimeout,
              orElse: () =>
                new NoAnswer({ request, why: `none within ${Duration.format(attemptTimeout)}` }),
            }),
          )
        })

        return Prober.of({ ask: (...asking) => turn.withPermit(ask(...asking)) })
      }),
    )
}
