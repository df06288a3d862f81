import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Metric, Option } from "effect"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type ControlHandlers,
  ControlRefused,
  type HaltRequest,
  type JobRun,
  type QueueEntry,
} from "@evaluator/app/Control"
import { connect, handlersAt } from "@evaluator/app/ControlClient"
import * as ControlServer from "@evaluator/app/ControlServer"
import { FillId, WalletAddress } from "@evaluator/domain/Id"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { makeOtlpReceiver } from "@evaluator/testkit/OtlpReceiver"
import { serviceGraph } from "@evaluator/testkit/ServiceGraph"

const socketPath = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "control-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true })),
).pipe(Effect.map((directory) => join(directory, "control.sock")))

const run = (job: string): JobRun => ({
  id: 7,
  job,
  cause: "command",
  startedAtMs: 1000,
  endedAtMs: 1500,
  outcome: "completed",
  counts: { markets: 12 },
  error: null,
  cursor: null,
})

const queue: QueueEntry = {
  lane: "evaluation",
  name: "wallets-to-ingest",
  offered: 5,
  done: 3,
  failed: 0,
  dropped: 0,
  coalesced: 1,
  pending: 1,
  late: 0,
  pressed: false,
  capacity: 64,
  workers: 4,
  whenFull: "wait",
  oldestMs: 12,
  paused: null,
}

const fake = (overrides: Partial<ControlHandlers> = {}): ControlHandlers => ({
  state: Effect.succeed({
    pid: 4,
    version: "0.1.0",
    venue: "the embedded venue",
    startedAtMs: 1,
    alive: true,
    ready: true,
    degraded: ["low disk"],
  }),
  jobs: Effect.succeed([
    {
      name: "score-events",
      about: "Scores markets.",
      lane: "evaluation",
      everyMs: 60_000,
      at: null,
      concurrency: 4,
      running: false,
      stalled: null,
      last: run("score-events"),
    },
  ]),
  wiring: Effect.succeed({
    jobs: [{ name: "score-events", emits: ["MarketsScored"] }],
    queues: [{ name: "wallets-to-ingest", on: ["WalletsDiscovered"] }],
  }),
  runJob: (name) => Effect.succeed(run(name)),
  halt: (request) => Effect.succeed({ halted: true, ...request }),
  resume: ({ strategy }) =>
    Effect.succeed({ strategy, halted: false, reason: null, untilMs: null }),
  freeStuck: ({ fill, strategy }) =>
    Effect.succeed({ freed: [{ fill, strategy: strategy ?? "solo", book: "solo" }] }),
  queues: Effect.succeed([queue]),
  pauseQueue: ({ reason, untilMs }) => Effect.succeed({ ...queue, paused: { reason, untilMs } }),
  resumeQueue: () => Effect.succeed(queue),
  redrive: ({ subjects }) => Effect.succeed({ count: subjects.length }),
  replay: ({ from, to }) => Effect.succeed({ count: to - from + 1 }),
  approveWallet: (wallet) => Effect.succeed({ wallet, from: "PAPER_TRADING", to: "APPROVED" }),
  ...overrides,
})

const served = Effect.fnUntraced(function* (
  handlers: ControlHandlers,
  tracing: Layer.Layer<ServiceTracer> = ServiceTracer.layer,
) {
  const socket = yield* socketPath
  const tracer = yield* Effect.provide(ServiceTracer, yield* Layer.build(tracing))
  yield* Layer.build(ControlServer.layer(socket, handlers, tracer))
  return { socket, client: handlersAt(socket), flush: tracer.flush }
})

describe("the control socket", () => {
  it.live("shows a command that changes something as a call of cli, and no reader", () =>
    Effect.gen(function* () {
      const receiver = yield* makeOtlpReceiver()
      const { client, flush } = yield* served(
        fake({}),
        ServiceTracer.layerOtlp({ url: `${receiver.endpoint}/v1/traces` }),
      )
      yield* client.state
      yield* client.jobs
      yield* client.queues
      yield* client.halt({ strategy: "portfolio", reason: "no", untilMs: null })
      yield* client.pauseQueue({ queue: "things", reason: "no", untilMs: null })
      yield* client.approveWallet(WalletAddress.make(`0x${"ab".repeat(20)}`))
      yield* flush
      assert.deepStrictEqual(serviceGraph(receiver.spans, 60_000), {
        edges: { "cli -> paper-saga ()": 1, "cli -> maintenance ()": 1, "cli -> ranking ()": 1 },
        lost: 0,
      })
      assert.sameMembers(
        receiver.spans
          .filter(({ parentSpanId }) => parentSpanId === undefined)
          .map(({ name }) => name),
        ["command halt", "command queues pause", "command wallets approve"],
      )
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )

  it.live("carries every request and its answer", () =>
    Effect.gen(function* () {
      const halts: Array<HaltRequest> = []
      const handlers = fake({
        halt: (halt) =>
          Effect.sync(() => {
            halts.push(halt)
            return { halted: true, ...halt }
          }),
      })
      const { client } = yield* served(handlers)
      assert.deepStrictEqual(yield* client.state, yield* handlers.state)
      assert.deepStrictEqual(yield* client.jobs, yield* handlers.jobs)
      assert.strictEqual((yield* client.runJob("a name/with ü")).job, "a name/with ü")
      const halt = { strategy: "solo", reason: "looks odd", untilMs: 99 } as const
      assert.deepStrictEqual(yield* client.halt(halt), { halted: true, ...halt })
      assert.deepStrictEqual(halts, [halt])
      const resumed = yield* client.resume({ strategy: "careless", reason: "again" })
      assert.deepStrictEqual([resumed.strategy, resumed.halted], ["careless", false])
      const fill = FillId.make("ab".repeat(16))
      const order = { verb: "retry", fill, strategy: null, reason: "mended" } as const
      assert.deepStrictEqual(yield* client.freeStuck(order), {
        freed: [{ fill, strategy: "solo", book: "solo" }],
      })
      const wallet = WalletAddress.make(`0x${"ab".repeat(20)}`)
      assert.deepStrictEqual(yield* client.approveWallet(wallet), {
        wallet,
        from: "PAPER_TRADING",
        to: "APPROVED",
      })
    }),
  )

  it.live("carries a refusal with its code and reason", () =>
    Effect.gen(function* () {
      const refusal = new ControlRefused({ code: "unknown-job", why: "no job has that name" })
      const { client } = yield* served(fake({ runJob: () => Effect.fail(refusal) }))
      const refused = yield* client.runJob("nothing").pipe(Effect.flip)
      assert.deepStrictEqual([refused.code, refused.why], [refusal.code, refusal.why])
    }),
  )

  it.live("can be opened by its owner only", () =>
    Effect.gen(function* () {
      const { socket } = yield* served(fake())
      assert.strictEqual(statSync(socket).mode & 0o777, 0o600)
    }),
  )

  it.live("waits for a job as long as the job takes, and ends it for nobody", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const { client } = yield* served(
        fake({
          runJob: (name) =>
            Deferred.succeed(started, undefined).pipe(
              Effect.andThen(Deferred.await(finish)),
              Effect.as(run(name)),
            ),
        }),
      )
      const waiting = yield* Effect.forkChild(client.runJob("slow"))
      yield* Deferred.await(started)
      assert.strictEqual((yield* client.state).pid, 4)
      yield* Deferred.succeed(finish, undefined)
      assert.strictEqual((yield* Fiber.join(waiting)).job, "slow")
    }),
  )

  it.live("refuses a body it cannot read instead of guessing", () =>
    Effect.gen(function* () {
      const { socket } = yield* served(fake())
      const status = yield* Effect.callback<number>((resume) => {
        const sent = request(
          {
            socketPath: socket,
            method: "POST",
            path: "/halt",
            headers: { "content-type": "application/json" },
          },
          (response) => {
            response.resume()
            resume(Effect.succeed(response.statusCode ?? 0))
          },
        )
        sent.end('{"until":"tomorrow"}')
      })
      assert.strictEqual(status, 409)
    }),
  )
})

describe("a command that looks for the service", () => {
  it.live("finds it when it answers", () =>
    Effect.gen(function* () {
      const { socket } = yield* served(fake())
      assert.isTrue(Option.isSome(yield* connect(socket)))
    }),
  )

  it.live("finds nothing where no socket is, or one that a dead process left", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* connect(null)))
      assert.isTrue(Option.isNone(yield* connect(join(tmpdir(), "no-such.sock"))))
      const left = yield* served(fake()).pipe(
        Effect.map(({ socket }) => socket),
        Effect.scoped,
      )
      assert.isTrue(Option.isNone(yield* connect(left)))
    }),
  )

  it.effect("waits for a busy one, not for ever", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const busy = Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      const { socket } = yield* served({ ...fake(), state: busy })
      const looking = yield* Effect.forkChild(connect(socket))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("14 seconds")
      assert.isUndefined(looking.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.join(looking)))
    }),
  )
})
