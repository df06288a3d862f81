/**
 * A venue in the test's hands: a script of answers behind an `HttpClient`, and what was asked.
 */
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { Budget } from "@evaluator/polymarket/Budget"
import { VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"

export interface Asked {
  readonly method: string
  readonly url: URL
  /** Of a POST; otherwise empty. */
  readonly body: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** What one request gets: a response, a refused connection, or silence. */
export type Reply = Response | "refused" | "silence"

export const json = (body: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(body), {
    headers: { "content-type": "application/json", ...init.headers },
    status: init.status ?? 200,
  })

export const page = (data: ReadonlyArray<unknown>, next_cursor: string | null = null): Response =>
  json({ data, pagination: { limit: 100, offset: 0, has_more: next_cursor !== null, next_cursor } })

export const fakeVenue = (reply: (asked: Asked, nth: number) => Reply) => {
  const asked: Array<Asked> = []
  const client = HttpClient.make((request, url) => {
    const { body, headers, method } = request
    const text = body._tag === "Uint8Array" ? Buffer.from(body.body).toString("utf8") : ""
    asked.push({ method, url, body: text, headers: { ...headers } })
    const answer = reply(asked.at(-1)!, asked.length)
    if (answer === "silence") return Effect.never
    return answer === "refused"
      ? Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, description: "refused" }),
          }),
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
  })
  const layer = VenueHttp.layer.pipe(
    Layer.provide(Budget.layer({ lane: "background" })),
    Layer.provide(
      VenueEndpoints.layerOf({
        gamma: "http://gamma.test",
        data: "http://data.test/base",
        clob: "http://clob.test",
        stream: "ws://stream.test",
        books: "ws://books.test",
        userAgent: "test/1",
      }),
    ),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
  )
  return { asked, layer }
}
