import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Ref } from "effect"
import { MessageChannel } from "node:worker_threads"
import { LaneLink, LanePort } from "@evaluator/runtime/LaneLink"

const overPorts = Effect.gen(function* () {
  const channel = yield* Effect.acquireRelease(
    Effect.sync(() => new MessageChannel()),
    ({ port1, port2 }) => Effect.sync(() => (port1.close(), port2.close())),
  )
  const linkOver = (port: typeof channel.port1) =>
    Effect.map(Layer.build(Layer.fresh(LaneLink.layerPort(port))), (services) =>
      Effect.provide(LaneLink, services),
    ).pipe(Effect.flatten)
  return [yield* linkOver(channel.port1), yield* linkOver(channel.port2)] as const
})

for (const [name, pair] of [
  ["inline", Effect.sync(() => LaneLink.inlinePair())],
  ["over a message port", overPorts],
] as const) {
  describe(`LaneLink ${name}`, () => {
    it.live("answers a question with what the other lane serves", () =>
      Effect.gen(function* () {
        const [here, there] = yield* pair
        yield* there.serve("double", (n) => Effect.succeed(2 * (n as number)))
        assert.strictEqual(yield* here.ask("double", 21), 42)
      }),
    )

    it.live("carries a failure of the serving side back with its words", () =>
      Effect.gen(function* () {
        const [here, there] = yield* pair
        yield* there.serve("break", () => Effect.fail("no such wallet 0xab"))
        const error = yield* Effect.flip(here.ask("break", null))
        assert.match(error.message, /no such wallet 0xab/)
      }),
    )

    it.live("says which name nobody serves", () =>
      Effect.gen(function* () {
        const [here] = yield* pair
        const error = yield* Effect.flip(here.ask("absent", null))
        assert.strictEqual(error.request, "absent")
      }),
    )

    it.live("serves a name only as long as its scope lives", () =>
      Effect.gen(function* () {
        const [here, there] = yield* pair
        yield* Effect.scoped(there.serve("brief", () => Effect.succeed(1)))
        assert.strictEqual((yield* Effect.exit(here.ask("brief", null)))._tag, "Failure")
      }),
    )

    it.live("interrupts the work for a question that nobody waits for any more", () =>
      Effect.gen(function* () {
        const [here, there] = yield* pair
        const begun = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        yield* there.serve("judge", () =>
          Deferred.succeed(begun, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(stopped, undefined)),
          ),
        )
        const asking = yield* Effect.forkChild(here.ask("judge", null))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(asking)
        yield* Deferred.await(stopped)
      }),
    )

    it.live("asks both ways at once", () =>
      Effect.gen(function* () {
        const [here, there] = yield* pair
        const count = yield* Ref.make(0)
        const bump = () => Ref.updateAndGet(count, (n) => n + 1)
        yield* here.serve("bump", bump)
        yield* there.serve("bump", bump)
        yield* Effect.forEach(
          Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? here : there)),
          (link) => link.ask("bump", null),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(yield* Ref.get(count), 50)
      }),
    )
  })
}

describe("a lane that asks before the other listens", () => {
  const asking = Effect.gen(function* () {
    const channel = yield* Effect.acquireRelease(
      Effect.sync(() => new MessageChannel()),
      ({ port1, port2 }) => Effect.sync(() => (port1.close(), port2.close())),
    )
    // Somebody else reads the port until then, as the start of a thread does: what comes is lost.
    const lost = yield* Deferred.make<void>()
    channel.port1.on("message", ({ kind }: { readonly kind?: string }) => {
      if (kind === "ask") Deferred.doneUnsafe(lost, Effect.void)
    })
    const early = Context.get(yield* Layer.build(LaneLink.layerPort(channel.port2)), LaneLink)
    const asked = yield* Effect.forkChild(Effect.flip(early.ask("pull", null, "1 hour")), {
      startImmediately: true,
    })
    yield* Deferred.await(lost)
    return { asked, port: channel.port1 }
  })

  it.live("is told when the other's link begins", () =>
    Effect.gen(function* () {
      const { asked, port } = yield* asking
      yield* Layer.build(Layer.fresh(LaneLink.layerPort(port)))
      assert.match((yield* Fiber.join(asked)).message, /did not listen yet/)
    }),
  )

  it.live("is told when it is attached in place of another", () =>
    Effect.gen(function* () {
      const { asked, port } = yield* asking
      const kept = new LanePort()
      yield* Layer.build(Layer.fresh(LaneLink.layerPort(kept)))
      kept.attach(port)
      assert.match((yield* Fiber.join(asked)).message, /did not listen yet/)
    }),
  )
})
