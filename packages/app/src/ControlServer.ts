/**
 * Serves {@link ControlHandlers} over a unix socket that only the owner may open (mode 0600).
 *
 * Plain HTTP and JSON, so that `curl --unix-socket` works too. A refusal is status 409 with its code
 * and reason. Limits: a body of {@link bodyLimit}; the listener's own connection limits.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as ByteSize from "effect/ByteSize"
import { chmodSync } from "node:fs"
import { createServer } from "node:http"
import type { LogicalService } from "@evaluator/telemetry/LogicalService"
import { peerAttributes, spans } from "@evaluator/telemetry/Names"
import type { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import { StuckOrder } from "@evaluator/paper/StuckCopies"
import {
  ApprovalRequest,
  ControlRefused,
  type ControlHandlers,
  HaltRequest,
  ResumeRequest,
  QueuePauseOrder,
  QueueResumeOrder,
  RedriveOrder,
  ReplayOrder,
} from "./Control.ts"

export const bodyLimit = "256 KiB"

/** The socket could not be opened. */
export class ControlUnavailable extends Schema.TaggedError<ControlUnavailable>()(
  "ControlUnavailable",
  { socket: Schema.String, why: Schema.String },
) {
  override get message(): string {
    return `the control socket ${this.socket} could not be opened: ${this.why}`
  }
}

const answer = <R>(effect: Effect.Effect<unknown, ControlRefused, R>) =>
  effect.pipe(
    Effect.matchEffect({
      onSuccess: (value) => HttpServerResponse.json(value),
      onFailure: ({ code, why }) => HttpServerResponse.json({ code, why }, { status: 409 }),
    }),
    Effect.orDie,
  )

/**
 * A command that changes something, as a call of `cli` to the service whose work it is. The command's own
 * process is over before a collector matters, so its half is made here, from the request to the answer.
 */
const commanded =
  (tracer: ServiceTracer["Service"], verb: string, service: LogicalService) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    !tracer.exporting
      ? work
      : work.pipe(
          Effect.withSpan(verb, { kind: "server" }),
          tracer.within(service),
          Effect.withSpan(spans.command(verb), {
            root: true,
            kind: "client",
            attributes: peerAttributes(service),
          }),
          tracer.within("cli"),
        )

const withBody = <A>(
  schema: Schema.Codec<A, unknown>,
  handle: (body: A) => Effect.Effect<unknown, ControlRefused>,
) =>
  HttpServerRequest.schemaBodyJson(schema).pipe(
    Effect.mapError((error) => new ControlRefused({ code: "not-possible", why: error.message })),
    Effect.flatMap(handle),
    answer,
  )

const routes = (handlers: ControlHandlers, tracer: ServiceTracer["Service"]) => {
  const changing = <A>(
    path: `/${string}`,
    service: LogicalService,
    schema: Schema.Codec<A, unknown>,
    handle: (body: A) => Effect.Effect<unknown, ControlRefused>,
  ) => {
    const verb = path.slice(1).replace("/", " ")
    const traced = (body: A) => handle(body).pipe(commanded(tracer, verb, service))
    return HttpRouter.add("POST", path, withBody(schema, traced))
  }
  return Layer.mergeAll(
    HttpRouter.add("GET", "/state", answer(handlers.state)),
    HttpRouter.add("GET", "/jobs", answer(handlers.jobs)),
    HttpRouter.add("GET", "/wiring", answer(handlers.wiring)),
    HttpRouter.add(
      "POST",
      "/jobs/:name/run",
      HttpRouter.params.pipe(Effect.flatMap(({ name }) => answer(handlers.runJob(name ?? "")))),
    ),
    changing("/halt", "paper-saga", HaltRequest, handlers.halt),
    changing("/resume", "paper-saga", ResumeRequest, handlers.resume),
    HttpRouter.add("GET", "/queues", answer(handlers.queues)),
    changing("/queues/pause", "maintenance", QueuePauseOrder, handlers.pauseQueue),
    changing("/queues/resume", "maintenance", QueueResumeOrder, handlers.resumeQueue),
    changing("/dead-letters/redrive", "maintenance", RedriveOrder, handlers.redrive),
    changing("/events/replay", "maintenance", ReplayOrder, handlers.replay),
    changing("/copies/stuck", "paper-saga", StuckOrder, handlers.freeStuck),
    changing("/wallets/approve", "ranking", ApprovalRequest, ({ wallet }) =>
      handlers.approveWallet(wallet),
    ),
  )
}

/** Listens on the socket for as long as the layer lives. The path is free: the caller removed what lay there. */
export const layer = (
  socket: string,
  handlers: ControlHandlers,
  tracer: ServiceTracer["Service"],
): Layer.Layer<never, ControlUnavailable> =>
  HttpRouter.serve(routes(handlers, tracer), { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(
      Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.fromInputUnsafe(bodyLimit)),
    ),
    Layer.provide(
      Layer.effectDiscard(Effect.sync(() => chmodSync(socket, 0o600))).pipe(
        Layer.provideMerge(
          NodeHttpServer.layerServer(createServer, {
            path: socket,
            gracefulShutdownTimeout: "1 second",
          }),
        ),
      ),
    ),
    Layer.catchCause((cause) =>
      Layer.effectDiscard(Effect.fail(new ControlUnavailable({ socket, why: String(cause) }))),
    ),
  )
