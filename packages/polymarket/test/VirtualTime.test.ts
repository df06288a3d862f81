import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Layer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { Budget } from "@evaluator/polymarket/Budget"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { VenueEndpoints, embeddedEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { json, page } from "./FakeVenue.ts"
import { tradeRow, wallet } from "./Samples.ts"

/** A thousand calls; every seventh is throttled for two seconds, every eleventh hangs. */
const aThousandCalls = (seen: Array<string>) => {
  const client = HttpClient.make((request) => {
    seen.push(request.url)
    if (seen.length % 11 === 0) return Effect.never
    const throttled = seen.length % 7 === 0
    const answer = throttled
      ? json({}, { status: 429, headers: { "retry-after": "2" } })
      : page([tradeRow])
    return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
  })
  const layer = DataApi.layer.pipe(
    Layer.provide(VenueHttp.layer),
    Layer.provide(Budget.layer({ lane: "fast" })),
    Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints("http://venue.test"))),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
  )
  return Effect.gen(function* () {
    const api = yield* DataApi
    let rows = 0
    for (let call = 0; call < 1000; call++) {
      rows += (yield* api.trades({ user: wallet, limit: 1 })).rows.length
    }
    return { rows, endedMs: yield* Clock.currentTimeMillis }
  }).pipe(Effect.provide(layer))
}

describe("under a virtual clock", () => {
  it("waits for budgets, throttles and timeouts in virtual time only", async () => {
    const time = new VirtualTime(0)
    const exit = await time.run(aThousandCalls([]))
    const end = Exit.isSuccess(exit) ? exit.value : assert.fail(String(exit))
    assert.strictEqual(end.rows, 1000)
    // About ninety hang for ten seconds each.
    assert.isAbove(end.endedMs, 900_000)
  })
})
