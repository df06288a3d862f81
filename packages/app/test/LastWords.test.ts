import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Glance } from "@evaluator/app/LaneHandles"
import { lastWords, silenceBornMs } from "@evaluator/app/LastWords"
import type { SummaryDocument } from "@evaluator/app/SummaryDocument"

const glance: Glance = { funnel: {}, ranking: [], outcomes: {}, equity_usdc: "1000.000000" }
const document = { venue: "embedded" } as SummaryDocument

/** Words whose printed lines are kept. */
const saying = (
  words: Partial<Parameters<typeof lastWords>[0]>,
): { readonly printed: Array<unknown>; readonly said: ReturnType<typeof lastWords> } => {
  const printed: Array<unknown> = []
  const console = { ...globalThis.console, log: (line: unknown) => void printed.push(line) }
  return {
    printed,
    said: lastWords({
      json: false,
      summary: Effect.succeed(document),
      glance: Effect.succeed(glance),
      silentForMs: Effect.succeed(0),
      ...words,
    }).pipe(Effect.provideService(Console.Console, console)),
  }
}

/** How it has ended after so long; `null` while it has not. */
const after = Effect.fnUntraced(function* (
  said: ReturnType<typeof lastWords>,
  wait: Parameters<typeof TestClock.adjust>[0],
) {
  const fiber = yield* Effect.forkChild(said)
  yield* TestClock.adjust(wait)
  return fiber.pollUnsafe() ?? null
})

describe("the last words of the service", () => {
  it.effect("are a document on stdout where one was asked for", () =>
    Effect.gen(function* () {
      const { printed, said } = saying({ json: true })
      yield* said
      assert.deepStrictEqual(printed, [JSON.stringify(document)])
    }),
  )

  it.effect("may take their time while the background lane is heard", () =>
    Effect.gen(function* () {
      const slow = Effect.as(Effect.sleep("3 minutes"), document)
      const { printed, said } = saying({ json: true, summary: slow })
      const fiber = yield* Effect.forkChild(said)
      yield* TestClock.adjust("3 minutes")
      yield* Fiber.join(fiber)
      assert.strictEqual(printed.length, 1)
    }),
  )

  it.effect("are no document when that lane is silent, and that is a failure", () =>
    Effect.gen(function* () {
      let ms = 0
      const silentForMs = Effect.sync(() => (ms += 1000))
      const { printed, said } = saying({ json: true, summary: Effect.never, silentForMs })
      const exit = yield* after(said, silenceBornMs + 1000)
      assert.isTrue(exit !== null && Exit.isFailure(exit))
      assert.deepStrictEqual(printed, [])
    }),
  )

  it.effect("are left unsaid without a document, and the end is a good one", () =>
    Effect.gen(function* () {
      const { said } = saying({ glance: Effect.never })
      const exit = yield* after(said, "5 seconds")
      assert.isTrue(exit !== null && Exit.isSuccess(exit))
      const silent = saying({ glance: Effect.never, silentForMs: Effect.succeed(20_000) })
      const atOnce = yield* after(silent.said, 0)
      assert.isTrue(atOnce !== null && Exit.isSuccess(atOnce))
    }),
  )
})
