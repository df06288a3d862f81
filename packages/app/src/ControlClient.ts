/**
 * The other end of the control socket: {@link ControlHandlers} that ask the running service.
 *
 * Does not retry: a command says what happened and its user decides. Limits: an answer of
 * {@link answerLimit} bytes; a service that does not take the connection within
 * {@link connectWithin} counts as not running. A job's run is waited for as long as it takes.
 */
import { Console, Effect, Option, Schema } from "effect"
import { request } from "node:http"
import {
  Approval,
  type ControlHandlers,
  ControlRefused,
  FreedCopies,
  HaltState,
  JobEntry,
  LaneWiring,
  JobRun,
  ServiceState,
  Count,
  QueueEntry,
} from "./Control.ts"

export const answerLimit = 4 * 1024 * 1024
export const connectWithin = "15 seconds"
/** A busy service keeps a command waiting; after so long its user is told why. */
const saidAfter = "2 seconds"

const unreachable = (why: string) => new ControlRefused({ code: "unreachable", why })

interface Answer {
  readonly status: number
  readonly text: string
}

const call = (socketPath: string, method: "GET" | "POST", path: string, body: string | null) =>
  Effect.callback<Answer, ControlRefused>((resume) => {
    const headers = body === null ? {} : { "content-type": "application/json" }
    const sent = request({ socketPath, method, path, headers }, (response) => {
      const chunks: Array<Buffer> = []
      let length = 0
      response.on("data", (chunk: Buffer) => {
        length += chunk.length
        if (length > answerLimit) sent.destroy(new Error(`an answer over ${answerLimit} bytes`))
        else chunks.push(chunk)
      })
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString("utf8"),
          }),
        ),
      )
      response.on("error", (error) => resume(Effect.fail(unreachable(error.message))))
    })
    sent.on("error", (error) =>
      resume(
        Effect.fail(unreachable(`the service at ${socketPath} did not answer: ${error.message}`)),
      ),
    )
    sent.end(body ?? undefined)
    return Effect.sync(() => sent.destroy())
  })

const Refusal = Schema.fromJsonString(
  Schema.Struct({ code: ControlRefused.fields.code, why: Schema.String }),
)

const ask = Effect.fnUntraced(function* <A>(
  socket: string,
  method: "GET" | "POST",
  path: string,
  schema: Schema.Codec<A, unknown>,
  body?: unknown,
): Effect.fn.Return<A, ControlRefused> {
  const text = body === undefined ? null : JSON.stringify(body)
  const answer = yield* call(socket, method, path, text)
  const decode = <B>(codec: Schema.Codec<B, string>) =>
    Schema.decodeEffect(codec)(answer.text).pipe(
      Effect.mapError(() =>
        unreachable(
          `the service answered ${method} ${path} with status ${answer.status}: ${answer.text.slice(0, 200)}`,
        ),
      ),
    )
  if (answer.status === 200) return yield* decode(Schema.fromJsonString(schema))
  return yield* new ControlRefused(yield* decode(Refusal))
})

/** The service behind a socket. */
export const handlersAt = (socket: string): ControlHandlers => ({
  state: ask(socket, "GET", "/state", ServiceState),
  jobs: ask(socket, "GET", "/jobs", Schema.Array(JobEntry)),
  wiring: ask(socket, "GET", "/wiring", LaneWiring),
  runJob: (name) => ask(socket, "POST", `/jobs/${encodeURIComponent(name)}/run`, JobRun),
  halt: (halt) => ask(socket, "POST", "/halt", HaltState, halt),
  resume: (resume) => ask(socket, "POST", "/resume", HaltState, resume),
  freeStuck: (order) => ask(socket, "POST", "/copies/stuck", FreedCopies, order),
  queues: ask(socket, "GET", "/queues", Schema.Array(QueueEntry)),
  pauseQueue: (order) => ask(socket, "POST", "/queues/pause", QueueEntry, order),
  resumeQueue: (order) => ask(socket, "POST", "/queues/resume", QueueEntry, order),
  redrive: (order) => ask(socket, "POST", "/dead-letters/redrive", Count, order),
  replay: (order) => ask(socket, "POST", "/events/replay", Count, order),
  approveWallet: (wallet) => ask(socket, "POST", "/wallets/approve", Approval, { wallet }),
})

/** The service's handlers when one answers at the socket, `None` otherwise. */
export const connect = (socket: string | null): Effect.Effect<Option.Option<ControlHandlers>> => {
  if (socket === null) return Effect.succeedNone
  const handlers = handlersAt(socket)
  const waits = Console.error(
    `the service at ${socket} does not answer yet; it is waited for up to ${connectWithin}`,
  ).pipe(Effect.delay(saidAfter), Effect.andThen(Effect.never))
  return handlers.state.pipe(
    Effect.raceFirst(waits),
    Effect.timeoutOption(connectWithin),
    Effect.map(Option.as(handlers)),
    Effect.catch(({ code }) =>
      Effect.succeed(code === "unreachable" ? Option.none() : Option.some(handlers)),
    ),
  )
}
