import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { HttpBody, HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as InProcess from "../src/InProcess.ts"
import { Api, epochMs, smallWorld } from "./Worlds.ts"

const world = smallWorld()
const api = Api.make(world)
const client = InProcess.layer(api)

describe("the venue in process", () => {
  it.effect("answers at the clock's moment, whatever the host", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      for (const host of ["http://127.0.0.1:1", "https://venue.example"]) {
        const response = yield* HttpClient.get(`${host}/clob/time`)
        assert.strictEqual(yield* response.text, String(epochMs / 1000))
      }
      yield* TestClock.adjust("1 hour")
      const later = yield* HttpClient.get("http://x/clob/time")
      assert.strictEqual(yield* later.text, String(epochMs / 1000 + 3600))
      assert.strictEqual(later.headers["date"], new Date(epochMs + 3_600_000).toUTCString())
    }).pipe(Effect.provide(client)),
  )

  it.effect("gives status, JSON and bytes, takes bodies", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      const refused = yield* HttpClient.get("http://x/data/v2/activity")
      assert.strictEqual(refused.status, 400)
      assert.propertyVal(yield* refused.json, "code", "invalid_request")
      const token = world.markets(epochMs).at(-1)!.tokens[0]!
      const body = HttpBody.jsonUnsafe([{ token_id: token }])
      const books = yield* HttpClient.post("http://x/clob/books", { body })
      const bytes = yield* books.arrayBuffer
      assert.deepEqual(JSON.parse(Buffer.from(bytes).toString("utf8")), yield* books.json)
      assert.strictEqual(
        ((yield* books.json) as ReadonlyArray<{ asset_id: string }>)[0]?.asset_id,
        token,
      )
    }).pipe(Effect.provide(client)),
  )

  it("needs no promise: a request is answered in one go", () => {
    const request = HttpClient.get("http://x/data/v2/trades?limit=3").pipe(
      Effect.flatMap((response) => response.json),
      Effect.provide(client),
    )
    const exit = Effect.runSyncExit(request)
    assert.isTrue(Exit.isSuccess(exit))
  })

  it.effect("tells trades when they become visible, each once, in their order", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      const seen: Array<string> = []
      const fiber = yield* InProcess.tradesAsTheyAppear(world).pipe(
        Stream.runForEach((payload) => Effect.sync(() => void seen.push(payload.transactionHash))),
        Effect.forkChild,
      )
      for (let second = 1; second <= 20; second++) {
        yield* TestClock.adjust("1 second")
        const expected = world.tradesVisibleIn(epochMs, epochMs + second * 1000)
        assert.deepEqual(
          seen,
          expected.map((row) => row.transaction),
        )
      }
      assert.isAbove(seen.length, 10)
      yield* Fiber.interrupt(fiber)
    }),
  )
})
