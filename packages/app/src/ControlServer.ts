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

const withBody = <A>(
  schema: Schema.Codec<A, unknown>,
  handle: (body: A) => Effect.Effect<unknown, ControlRefused>,
) =>
  HttpServerRequest.schemaBodyJson(schema).pipe(
    Effect.mapError((error) => new ControlRefused({ code: "not-possible", why: error.message })),
    Effect.flatMap(handle),
    answer,
  )

const routes = (handlers: ControlHandlers) =>
  Layer.mergeAll(
    HttpRouter.add("GET", "/state", answer(handlers.state)),
    HttpRouter.add("GET", "/jobs", answer(handlers.jobs)),
    HttpRouter.add(
      "POST",
      "/jobs/:name/run",
      HttpRouter.params.pipe(Effect.flatMap(({ name }) => answer(handlers.runJob(name ?? "")))),
    ),
    HttpRouter.add("POST", "/halt", withBody(HaltRequest, handlers.halt)),
    HttpRouter.add("POST", "/resume", withBody(ResumeRequest, handlers.resume)),
    HttpRouter.add("GET", "/queues", answer(handlers.queues)),
    HttpRouter.add("POST", "/queues/pause", withBody(QueuePauseOrder, handlers.pauseQueue)),
    HttpRouter.add("POST", "/queues/resume", withBody(QueueResumeOrder, handlers.resumeQueue)),
    HttpRouter.add("POST", "/dead-letters/redrive", withBody(RedriveOrder, handlers.redrive)),
    HttpRouter.add("POST", "/events/replay", withBody(ReplayOrder, handlers.replay)),
    HttpRouter.add("POST", "/copies/stuck", withBody(StuckOrder, handlers.freeStuck)),
    HttpRouter.add(
      "POST",
      "/wallets/approve",
      withBody(ApprovalRequest, ({ wallet }) => handlers.approveWallet(wallet)),
    ),
  )

/** Listens on the socket for as long as the layer lives. The path is free: the caller removed what lay there. */
export const layer = (
  socket: string,
  handlers: ControlHandlers,
): Layer.Layer<never, ControlUnavailable> =>
  HttpRouter.serve(routes(handlers), { disableLogger: true, disableListenLog: true }).pipe(
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
