/**
 * Asks the venue anything under its configured hosts and gives the answer as it is, errors included:
 * the doctor wants to see what the client is made to hide.
 *
 * Promises: reads only; one request at a time, {@link apart} apart, at most {@link mostRequests} of
 * them, far below every limit; each body goes to {@link BodyRecorder}.
 */
import { Clock, Context, Duration, Effect, Layer, Option, Result, Schema, Semaphore } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { judged } from "../Answer.ts"
import { BodyRecorder } from "../BodyRecorder.ts"
import { bodyOf } from "../ResponseBody.ts"
import type { Host } from "../VenueEndpoints.ts"
import { VenueEndpoints } from "../VenueEndpoints.ts"
import type { Query } from "../VenueHttp.ts"
import { attemptTimeout } from "../VenueHttp.ts"
import { parseJson } from "../wire/Json.ts"

export const apart = Duration.millis(100)
export const mostRequests = 150

/** The venue gave no answer, or none that says anything: a throttle, an outage, no JSON. */
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
  readonly request: string
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** `undefined` when the body is no JSON. */
  readonly json: unknown
  /** Why it is no good answer, in words; `null` for a good one. */
  readonly fault: string | null
  readonly elapsedMs: number
  readonly receivedMs: number
}

/** The venue says with these that a request is wrong. */
export const isRefusal = ({ status }: Pick<RawAnswer, "status">): boolean =>
  status === 400 || status === 422

type Ask = (
  host: Host,
  path: string,
  query?: Query,
  post?: unknown,
) => Effect.Effect<RawAnswer, NoAnswer>

export class Prober extends Context.Service<
  Prober,
  {
    /** Any answer, for a probe that judges the refusal itself. */
    readonly ask: Ask
    /** A good answer; one of any other kind fails, for it shows nothing of what was asked. */
    readonly askGood: Ask
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
            const fault = faultOf(status, headers["retry-after"], body, receivedMs)
            const elapsedMs = receivedMs - sentMs
            return { request, status, headers, json, fault, elapsedMs, receivedMs }
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

        const inTurn: Ask = (...asking) => turn.withPermit(ask(...asking))
        return Prober.of({
          ask: inTurn,
          askGood: (...asking) =>
            Effect.filterOrFail(
              inTurn(...asking),
              ({ fault }) => fault === null,
              ({ fault, request }) => new NoAnswer({ request, why: fault ?? "" }),
            ),
        })
      }),
    )
}

/** As the client would judge the answer. */
const faultOf = (
  status: number,
  retryAfter: string | undefined,
  body: string,
  nowMs: number,
): string | null =>
  Result.match(judged({ status, retryAfter, body, nowMs }), {
    onSuccess: () => null,
    onFailure: ({ _tag, message }) =>
      `answers ${status}: ${_tag}${message === "" ? "" : `, ${message}`}`,
  })
