/**
 * The one place that sends requests to the venue.
 *
 * Promises: each attempt waits for the budget, ends within {@link attemptTimeout}, reads a bounded
 * body, is counted by route and outcome, and is one CLIENT span that names the host. No trace header
 * leaves the process, no redirect is followed. `Unreachable` is tried again three times with jittered
 * exponential back-off, `Throttled` three times after the time the venue named (not beyond
 * {@link longestQuietWorthWaiting}), `Malformed` once, `Stale` never: the same address would bring
 * the same copy. The time an answer takes, its date and its body go to {@link Budget},
 * {@link VenueClock} and {@link BodyRecorder}.
 * Does not: cache, or look into the body beyond its being JSON without an error.
 */
import { Clock, Context, Duration, Effect, Layer, Random, Result } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import { waitingOn } from "@evaluator/runtime/JobProgress"
import { Tempo } from "@evaluator/runtime/Tempo"
import type { Answer, Reason } from "./Answer.ts"
import { judged, unreachable } from "./Answer.ts"
import { BodyRecorder } from "./BodyRecorder.ts"
import { Budget } from "./Budget.ts"
import { CacheAge } from "./CacheAge.ts"
import { PolymarketError, Stale } from "./PolymarketError.ts"
import { ReachNotice } from "./ReachNotice.ts"
import { bodyOf } from "./ResponseBody.ts"
import type { RouteName } from "./Routes.ts"
import { labelOf, perRoute, routes } from "./Routes.ts"
import { measuredRoute } from "./RouteTelemetry.ts"
import { VenueClock } from "./VenueClock.ts"
import { VenueEndpoints } from "./VenueEndpoints.ts"
import { cut } from "./wire/Rows.ts"

export const attemptTimeout = Duration.seconds(10)
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
  Stale: 0,
}

/** Parameters in the order sent; a repeated name is sent as often as it stands here. */
export type Query = ReadonlyArray<readonly [name: string, value: string]>

export interface AskOptions {
  /** The last part of the path, for routes that name a thing there. */
  readonly segment?: string
  /** Sent as JSON, to routes that are POSTs. */
  readonly body?: unknown
  /** An answer that has lain in a cache for longer fails with `Stale`. */
  readonly maxAgeMs?: number | undefined
}

export class VenueHttp extends Context.Service<
  VenueHttp,
  {
    readonly get: (
      route: RouteName,
      query: Query,
      options?: AskOptions,
    ) => Effect.Effect<Answer, PolymarketError>
  }
>()("polymarket/VenueHttp") {
  static readonly layerNoDeps: Layer.Layer<
    VenueHttp,
    never,
    Budget | VenueClock | VenueEndpoints | HttpClient.HttpClient
  > = Layer.effect(
    VenueHttp,
    Effect.gen(function* () {
      const budget = yield* Budget
      const venueClock = yield* VenueClock
      const endpoints = yield* VenueEndpoints
      const client = yield* HttpClient.HttpClient
      const record = yield* BodyRecorder
      const reached = yield* ReachNotice
      const tempo = yield* Tempo
      const measured = perRoute(measuredRoute)
      const cacheAge = new CacheAge()

      /** An answer's body and date, handed to whoever wants them, and what the answer means. */
      const received = Effect.fnUntraced(function* (
        response: HttpClientResponse.HttpClientResponse,
        request: string,
        sentMs: number,
      ): Effect.fn.Return<Omit<Answer, "request">, Reason | HttpClientError.HttpClientError> {
        const { headers, status } = response
        yield* Effect.annotateCurrentSpan("http.response.status_code", status)
        const answeredMs = yield* Clock.currentTimeMillis
        const body = yield* bodyOf(response)
        const nowMs = yield* Clock.currentTimeMillis
        yield* record({ request, status, headers, body, receivedMs: nowMs })
        const ageMs = cacheAge.of(headers, nowMs)
        if (ageMs === 0 && headers["date"] !== undefined) {
          yield* venueClock.note({ date: headers["date"], sentMs, receivedMs: answeredMs })
        }
        const retryAfter = headers["retry-after"]
        const json = yield* Effect.fromResult(judged({ status, retryAfter, body, nowMs }))
        return { json, ageMs }
      })

      const attempt = (name: RouteName, query: Query, options: AskOptions, text: string) => {
        const { host, method, path } = routes[name]
        const segment =
          options.segment === undefined ? "" : `/${encodeURIComponent(options.segment)}`
        const bare = HttpClientRequest.make(method)(`${endpoints[host]}${path}${segment}`, {
          urlParams: query,
          headers: { "user-agent": endpoints.userAgent, accept: "application/json" },
        })
        const request =
          method === "POST" ? HttpClientRequest.bodyJsonUnsafe(bare, options.body) : bare
        return Clock.currentTimeMillis.pipe(
          Effect.flatMap((sentMs) =>
            Effect.flatMap(client.execute(request), (response) => received(response, text, sentMs)),
          ),
          Effect.catchTag("HttpClientError", (error) => Effect.fail(unreachable(error.message))),
          Effect.timeoutOrElse({
            duration: attemptTimeout,
            orElse: () =>
              Effect.fail(unreachable(`no answer within ${Duration.format(attemptTimeout)}`)),
          }),
          // The span below is ours: the client would add one more and send its ids to the venue.
          Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
          paced(budget, name),
          measured[name],
        )
      }

      const get = Effect.fnUntraced(function* (
        name: RouteName,
        query: Query,
        options: AskOptions = {},
      ) {
        const request = requestText(name, query, options.segment)
        const failed = (reason: Reason) => new PolymarketError({ request, reason })
        const left = { ...retries }
        for (let tries = 0; ; tries++) {
          yield* tempo.pause
          yield* Effect.mapError(budget.spend(name), failed).pipe(
            waitingOn(`the budget of ${name}`),
          )
          const outcome = yield* Effect.result(attempt(name, query, options, request)).pipe(
            waitingOn(request),
          )
          reached(
            routes[name].host,
            Result.isFailure(outcome) && outcome.failure._tag === "Unreachable"
              ? "unreachable"
              : "answered",
          )
          if (Result.isSuccess(outcome)) {
            const { ageMs } = outcome.success
            if (ageMs > (options.maxAgeMs ?? Infinity)) return yield* failed(new Stale({ ageMs }))
            return { request, ...outcome.success }
          }
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

  static readonly layer: Layer.Layer<
    VenueHttp | VenueClock,
    never,
    Budget | VenueEndpoints | HttpClient.HttpClient
  > = Layer.provideMerge(this.layerNoDeps, VenueClock.layer)
}

/** Tells the budget how long the attempt took, however it ended. */
const paced =
  (budget: Budget["Service"], name: RouteName) =>
  <A, E, R>(attempt: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Clock.clockWith((clock) => {
      const startedNs = clock.monotonicTimeNanosUnsafe()
      return Effect.ensuring(
        attempt,
        Effect.suspend(() =>
          budget.answered(name, Number(clock.monotonicTimeNanosUnsafe() - startedNs) / 1e6),
        ),
      )
    })

const requestText = (name: RouteName, query: Query, segment: string | undefined): string => {
  const parameters = query.map(([key, value]) => `${key}=${value}`).join("&")
  const path = segment === undefined ? "" : `/${segment}`
  return cut(
    `${routes[name].method} /${labelOf(routes[name])}${path}${parameters === "" ? "" : `?${parameters}`}`,
    maxRequestText,
  )
}

/** 250 ms, 500 ms, 1 s, … each made up to a fifth shorter or longer. */
const backOffMs = (tries: number) =>
  Effect.map(Random.next, (chance) => Math.ceil(firstBackOffMs * 2 ** tries * (0.8 + 0.4 * chance)))
