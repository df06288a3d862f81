import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Worker } from "node:worker_threads"
import type { VenueThreadData, VenueThreadMessage } from "../src/VenueThread.ts"
import { epochMs } from "./Worlds.ts"

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
      const config = { pastDays: 5 }
      const worker = yield* start({ kind: "seeded", seed: 7, epochMs, port: 0, config })
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
