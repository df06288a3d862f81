import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { faultKinds } from "../src/faults/FaultPlan.ts"
import { simulate } from "../src/Simulation.ts"
import type { TradePayload } from "../src/TradeStream.ts"
import { epochMs } from "./Worlds.ts"

const parameters = { seed: 42, epochMs, pastDays: 10 }

const payloadOf = (frame: string) =>
  (JSON.parse(frame) as { readonly payload: TradePayload }).payload.transactionHash

describe("a simulation", () => {
  it.effect("serves its world over the trade stream: every trade, once, when it shows", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      const { world, trades, plan } = simulate({ parameters })
      const seen: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(trades, (frame) => Effect.sync(() => void seen.push(payloadOf(frame)))),
      )
      yield* TestClock.adjust("30 seconds")
      const told = world.tradesVisibleIn(epochMs, epochMs + 30_000)
      assert.isAbove(told.length, 30)
      assert.deepEqual(
        seen,
        told.map((row) => row.transaction),
      )
      assert.isTrue(faultKinds.every((kind) => plan.served[kind] === 0))
      yield* Fiber.interrupt(fiber)
    }),
  )

  it.effect("tells book changes while a subscriber waits, from the moment it subscribed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      const { world, books } = simulate({ parameters, bookEveryMs: 10_000 })
      const { send, receive } = yield* books
      const waiting = yield* Effect.forkChild(receive, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      const token = world.markets(epochMs).findLast((m) => world.book(m.tokens[0]!, epochMs))!
        .tokens[0]!
      yield* send(JSON.stringify({ assets_ids: [token], type: "market" }))
      const first = yield* Fiber.join(waiting)
      assert.isTrue(first?.[0]?.startsWith('[{"event_type":"book"'))
      const next = yield* Effect.forkChild(receive, { startImmediately: true })
      yield* TestClock.adjust("30 seconds")
      const frames = yield* Fiber.join(next)
      assert.isTrue(frames?.some((frame) => frame.includes("price_change")))
    }),
  )

  it.effect("sleeps on the clock for an answer that stalls, and breaks off one that is cut", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      const faults = { intensity: "many", kinds: ["stall", "halfBody"] } as const
      const { http, plan } = simulate({ parameters, faults })
      let broken = 0
      let late = 0
      const once = Effect.gen(function* () {
        const response = yield* HttpClient.get("http://venue/data/v2/status")
        return yield* response.json
      }).pipe(Effect.exit, Effect.provide(http))
      for (let i = 0; i < 600; i++) {
        const fiber = yield* Effect.forkChild(once, { startImmediately: true })
        if (fiber.pollUnsafe() === undefined) {
          late++
          yield* TestClock.adjust("20 seconds")
        }
        const exit = yield* Fiber.join(fiber)
        if (exit._tag === "Failure") broken++
        yield* TestClock.adjust("1 second")
      }
      assert.isTrue(late > 0 && broken > 0, `${late} ${broken}`)
      assert.deepEqual([plan.served.stall, plan.served.halfBody], [late, broken])
    }),
  )

  it.effect("ends its trade stream when the venue hangs up", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMs)
      const faults = { intensity: "many", kinds: ["droppedSocket"] } as const
      const { trades, plan } = simulate({ parameters, faults })
      const fiber = yield* Effect.forkChild(Stream.runDrain(trades))
      yield* TestClock.adjust("6 hours")
      assert.isDefined(fiber.pollUnsafe())
      assert.strictEqual(plan.served.droppedSocket, 1)
    }),
  )

  it("keeps the truth to itself: nothing served names a behaviour or a standing", () => {
    const { api, world } = simulate({ parameters })
    const names = new Set(world.truth.wallets.map(({ behaviour }) => behaviour))
    const wallet = world.wallets[0]!
    const market = world.markets(epochMs)[0]!
    for (const url of [
      "/data/v2/trades?limit=1000",
      `/data/v2/activity?user=${wallet}`,
      `/data/v2/positions?user=${wallet}`,
      `/data/v2/user-stats?user=${wallet}`,
      "/data/v2/leaderboard?time_period=all",
      "/gamma/events/keyset?limit=100",
      `/data/v2/resolutions?condition=${market.condition}`,
    ]) {
      const { pathname, searchParams } = new URL(url, "http://venue")
      const request = { method: "GET", path: pathname, query: searchParams, body: "" }
      const { status, body } = api.handle(request, epochMs)
      assert.strictEqual(status, 200)
      for (const name of [...names, "skilled", "adverse", "behaviour", "standing"]) {
        assert.notInclude(body, name)
      }
    }
  })
})
