import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Worker } from "node:worker_threads"
import type { VenueThreadData, VenueThreadMessage } from "../src/VenueThread.ts"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import { Api, ask, epochMs } from "./Worlds.ts"

const start = (workerData: VenueThreadData) =>
  Effect.acquireRelease(
    Effect.sync(
      () => new Worker(new URL("../src/VenueThread.ts", import.meta.url), { workerData }),
    ),
    (worker) => Effect.promise(() => worker.terminate()),
  )

const firstMessage = (worker: Worker) =>
  Effect.callback<VenueThreadMessage, Error>((resume) => {
    worker.once("message", (message) => resume(Effect.succeed(message)))
    worker.once("error", (error) => resume(Effect.fail(error)))
  })

const exited = (worker: Worker) =>
  Effect.callback<number>((resume) => {
    worker.once("exit", (code) => resume(Effect.succeed(code)))
  })

describe("the venue's thread", () => {
  it.live("says its port, serves, and ends when told to stop", () =>
    Effect.gen(function* () {
      const parameters = { pastDays: 5 }
      const worker = yield* start({ kind: "seeded", seed: 7, epochMs, port: 0, parameters })
      const message = yield* firstMessage(worker)
      if (message.type !== "listening") return assert.fail(JSON.stringify(message))
      const url = `http://127.0.0.1:${message.port}/data/v2/status`
      const response = yield* Effect.promise(() => fetch(url))
      assert.strictEqual(response.status, 200)
      const end = yield* Effect.forkChild(exited(worker), { startImmediately: true })
      worker.postMessage({ type: "stop" })
      assert.strictEqual(yield* Fiber.join(end), 0)
    }).pipe(Effect.timeout("14 seconds")),
  )

  it.live("tells its past again after it was killed, byte for byte, and as in process", () =>
    Effect.gen(function* () {
      const parameters = { pastDays: 5 }
      const world = SeededWorld.make({ ...parameters, seed: 7, epochMs })
      const past = epochMs / 1000 - 3600
      const urls = world.wallets
        .slice(0, 30)
        .flatMap((wallet) => [
          `/data/v2/activity?user=${wallet}&end=${past}&limit=500`,
          `/data/v2/trades?user=${wallet}&end=${past}&limit=500&taker_only=false`,
        ])
      const told = Effect.scoped(
        Effect.gen(function* () {
          const worker = yield* start({ kind: "seeded", seed: 7, epochMs, port: 0, parameters })
          const message = yield* firstMessage(worker)
          if (message.type !== "listening") return assert.fail(JSON.stringify(message))
          const base = `http://127.0.0.1:${message.port}`
          return yield* Effect.forEach(urls, (url) =>
            Effect.promise(() => fetch(base + url).then((response) => response.text())),
          )
        }),
      )
      const first = yield* told
      assert.isAbove(first.join().length, 20_000)
      const again = yield* told
      const api = Api.make(world)
      for (const [i, url] of urls.entries()) {
        assert.isTrue(again[i] === first[i], url)
        assert.isTrue(ask(api, url, epochMs).text === first[i], url)
      }
    }).pipe(Effect.timeout("14 seconds")),
  )

  it.live("says why it cannot start", () =>
    Effect.gen(function* () {
      const data = { kind: "recorded", dir: "/nowhere/at/all", books: "recorded", port: 0 } as const
      const message = yield* firstMessage(yield* start(data))
      assert.strictEqual(message.type, "failed")
      assert.include(message.type === "failed" ? message.message : "", "ENOENT")
      const wrong = yield* firstMessage(yield* start({ ...data, dir: ".", books: "perhaps" }))
      assert.strictEqual(wrong.type, "failed")
    }).pipe(Effect.timeout("14 seconds")),
  )
})
