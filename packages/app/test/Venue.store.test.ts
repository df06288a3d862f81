/**
 * The embedded venue's thread, killed in the middle of its life.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import type { Worker } from "node:worker_threads"
import { loadSettings } from "@evaluator/app/Settings"
import { openVenue } from "@evaluator/app/Venue"

const hourMs = 3_600_000

/** The threads that this one starts from now on. */
const startedThreads = Effect.acquireRelease(
  Effect.sync(() => {
    const workers: Array<Worker> = []
    const hear = (worker: Worker) => void workers.push(worker)
    process.on("worker", hear)
    return { workers, hear }
  }),
  ({ hear }) => Effect.sync(() => process.off("worker", hear)),
).pipe(Effect.map(({ workers }) => workers))

const text = (url: string) =>
  Effect.tryPromise(() => fetch(url).then((response) => response.text()))

const tradersOf = (page: string): ReadonlyArray<string> => {
  const { data } = JSON.parse(page) as { data: ReadonlyArray<{ proxy_wallet: string }> }
  return [...new Set(data.map((row) => row.proxy_wallet))]
}

describe("the embedded venue", () => {
  it.live("is named and started again when its thread ends, and tells the same history", () =>
    Effect.gen(function* () {
      const workers = yield* startedThreads
      const { settings } = yield* loadSettings({ profiles: ["embedded"], environment: {} })
      const now = yield* Clock.currentTimeMillis
      const identity = { kind: "embedded", seed: 7, epochMs: now - hourMs } as const
      const venue = yield* openVenue(settings, identity)
      yield* Effect.forkScoped(venue.keep, { startImmediately: true })
      const condition = Effect.map(venue.conditions, ([thread]) => thread!)
      assert.isTrue((yield* condition).ok)

      const { data } = venue.endpoints
      const traders = tradersOf(yield* text(`${data}/v2/trades?limit=200`)).slice(0, 20)
      const until = Math.floor((now - hourMs / 2) / 1000)
      const histories = Effect.forEach(traders, (trader) =>
        text(`${data}/v2/activity?user=${trader}&end=${until}&limit=500`),
      )
      const before = yield* histories
      assert.isAbove(before.join("").length, 20_000)

      const [thread] = workers
      yield* Effect.promise(() => thread!.terminate())
      const ended = yield* condition.pipe(
        Effect.delay("1 millis"),
        Effect.repeat({ until: ({ ok }) => !ok }),
        Effect.timeout("500 millis"),
      )
      assert.deepInclude(ended, { name: "venue thread", blocks: false })
      assert.match(ended.says, /^ended \(exit code 1\) and is being started again/)
      yield* Effect.flip(histories)

      const after = yield* histories.pipe(
        Effect.delay("50 millis"),
        Effect.eventually,
        Effect.timeout("20 seconds"),
      )
      assert.deepStrictEqual(after, before)
      assert.strictEqual(workers.length, 2)
      const again = yield* condition.pipe(
        Effect.delay("10 millis"),
        Effect.repeat({ until: ({ says }) => !says.startsWith("ended") }),
      )
      assert.match(again.says, /^started again 1 of 3 times, \d s ago, because exit code 1$/)
    }).pipe(Effect.scoped),
  )
})
