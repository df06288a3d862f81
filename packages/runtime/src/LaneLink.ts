/**
 * How the two lanes talk: named requests with an answer, and notices without one. Both sides serve
 * and ask. Payloads are plain JSON values.
 *
 * Between threads the messages cross a `MessagePort`; inline (virtual time, tests) they are calls.
 * Whoever asks and no longer waits, because it was interrupted or its time is over, interrupts the work
 * on the other side; what that side was told goes on.
 * Limits: at most {@link pendingLimit} unanswered requests a side; a request waits at most
 * {@link answerTimeout} or what it says itself.
 */
import {
  Cause,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Schema,
  type Scope,
} from "effect"
import { EventEmitter } from "node:events"

export const pendingLimit = 1024
export const answerTimeout = "30 seconds"

/** The other lane did not answer, answered with an error, or has nobody serving the name. */
export class LaneLinkError extends Schema.TaggedError<LaneLinkError>()("LaneLinkError", {
  request: Schema.String,
  message: Schema.String,
}) {}

export type Serve = (payload: unknown) => Effect.Effect<unknown, unknown>

export class LaneLink extends Context.Service<
  LaneLink,
  {
    /** Asks the other lane; waits {@link answerTimeout} unless the question says how long. */
    readonly ask: (
      name: string,
      payload: unknown,
      timeout?: Duration.Input,
    ) => Effect.Effect<unknown, LaneLinkError>
    /** Tells the other lane without waiting; lost when nobody serves the name there. */
    readonly tell: (name: string, payload: unknown) => Effect.Effect<void>
    /** Serves a name in this lane, for both `ask` and `tell`, until the scope closes. */
    readonly serve: (name: string, serve: Serve) => Effect.Effect<void, never, Scope.Scope>
  }
>()("runtime/LaneLink") {
  /** Over a port: the worker's `parentPort`, or a {@link LanePort} to a worker that may be replaced. */
  static readonly layerPort = (port: LinkPort) =>
    Layer.effect(
      LaneLink,
      Effect.gen(function* () {
        const served = new Map<string, Serve>()
        const pending = new Map<number, Deferred.Deferred<unknown, LaneLinkError>>()
        /** Work for questions of the other side, by the question's number. */
        const working = new Map<number, Fiber.Fiber<unknown>>()
        let lastId = 0
        const runFork = Effect.runForkWith(yield* Effect.context())
        const post = (message: Message) => port.postMessage(message)

        const answer = (message: Asked) =>
          callServed(served, message.name, message.payload).pipe(
            Effect.match({
              onSuccess: (value): Message => ({ kind: "answer", id: message.id, value }),
              onFailure: (error): Message => ({
                kind: "refusal",
                id: message.id,
                error: error.message,
              }),
            }),
            Effect.map((reply) => {
              if (message.kind === "ask") post(reply)
            }),
          )

        const receive = (message: Message) => {
          // The port also carries what a thread says of itself ("ready", "stop").
          if (message.kind === undefined) return
          if (message.kind === "gone") {
            const error = new LaneLinkError({ request: "", message: message.why })
            for (const waiting of pending.values()) Deferred.doneUnsafe(waiting, Effect.fail(error))
            pending.clear()
            for (const work of working.values()) work.interruptUnsafe()
            working.clear()
            return
          }
          if (message.kind === "begins") {
            for (const id of pending.keys()) post({ kind: "heard", id })
            return
          }
          if (message.kind === "heard") {
            // An answer already given is ahead of this one.
            if (!working.has(message.id))
              post({ kind: "refusal", id: message.id, error: "the other lane did not listen yet" })
            return
          }
          if (message.kind === "forget") {
            working.get(message.id)?.interruptUnsafe()
            return
          }
          if (message.kind !== "answer" && message.kind !== "refusal") {
            const work = runFork(answer(message))
            if (message.kind === "tell") return
            working.set(message.id, work)
            work.addObserver(() => {
              if (working.get(message.id) === work) working.delete(message.id)
            })
            return
          }
          const waiting = pending.get(message.id)
          pending.delete(message.id)
          if (waiting === undefined) return
          Deferred.doneUnsafe(
            waiting,
            message.kind === "answer"
              ? Effect.succeed(message.value)
              : Effect.fail(new LaneLinkError({ request: "", message: message.error })),
          )
        }
        yield* Effect.acquireRelease(
          Effect.sync(() => port.on("message", receive)),
          () =>
            Effect.suspend(() => {
              port.off("message", receive)
              return Fiber.interruptAll(working.values())
            }),
        )
        post(begins)

        const ask = Effect.fnUntraced(function* (
          name: string,
          payload: unknown,
          timeout: Duration.Input = answerTimeout,
        ) {
          if (pending.size >= pendingLimit) {
            return yield* new LaneLinkError({
              request: name,
              message: `${pendingLimit} requests already wait for the other lane`,
            })
          }
          const id = ++lastId
          const waiting = Deferred.makeUnsafe<unknown, LaneLinkError>()
          pending.set(id, waiting)
          post({ kind: "ask", id, name, payload })
          return yield* Deferred.await(waiting).pipe(
            Effect.timeoutOrElse({
              duration: timeout,
              orElse: () =>
                Effect.fail(
                  new LaneLinkError({
                    request: name,
                    message: `no answer in ${Duration.format(Duration.fromInputUnsafe(timeout))}`,
                  }),
                ),
            }),
            Effect.mapError((e) => new LaneLinkError({ request: name, message: e.message })),
            Effect.onExit((exit) =>
              Effect.sync(() => {
                if (pending.delete(id) && Exit.isFailure(exit)) post({ kind: "forget", id })
              }),
            ),
          )
        })
        const tell = (name: string, payload: unknown) =>
          Effect.sync(() => post({ kind: "tell", id: 0, name, payload }))
        return LaneLink.of({ ask, tell, serve: serveIn(served) })
      }),
    )

  /** Two links that call each other: the lanes share a thread. */
  static readonly inlinePair = (): readonly [LaneLink["Service"], LaneLink["Service"]] => {
    const here = new Map<string, Serve>()
    const there = new Map<string, Serve>()
    return [inlineLink(here, there), inlineLink(there, here)]
  }
}

/** What a link needs of a port; `MessagePort` and `Worker` have it. */
export interface LinkPort {
  readonly postMessage: (message: unknown) => void
  readonly on: (event: "message", listener: (message: Message) => void) => unknown
  readonly off: (event: "message", listener: (message: Message) => void) => unknown
}

const begins = { kind: "begins" } as const

/**
 * A port whose other side may be replaced. While nobody is attached, what is told is lost and what is
 * asked waits for its own timeout; when a side is detached, the questions it has not answered fail, and
 * when it is attached, those asked before that it never heard.
 */
export class LanePort extends EventEmitter implements LinkPort {
  #other: LinkPort | null = null
  readonly #pass = (message: Message) => void this.emit("message", message)

  attach(other: LinkPort): void {
    this.#other = other
    other.on("message", this.#pass)
    other.postMessage(begins)
  }

  detach(why: string): void {
    this.#other?.off("message", this.#pass)
    this.#other = null
    this.#pass({ kind: "gone", why })
  }

  postMessage(message: unknown): void {
    this.#other?.postMessage(message)
  }
}

interface Asked {
  readonly kind: "ask" | "tell"
  readonly id: number
  readonly name: string
  readonly payload: unknown
}
type Message =
  | Asked
  /** A side listens from now on; what it was asked before is lost, unless it knows of it. */
  | { readonly kind: "begins" }
  | { readonly kind: "heard"; readonly id: number }
  /** Said by the port itself: whoever was to answer is gone. */
  | { readonly kind: "gone"; readonly why: string }
  /** Nobody waits for the answer any more. */
  | { readonly kind: "forget"; readonly id: number }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly error: string }

const callServed = (served: Map<string, Serve>, name: string, payload: unknown) => {
  const serve = served.get(name)
  return serve === undefined
    ? Effect.fail(new LaneLinkError({ request: name, message: "nobody serves this name" }))
    : serve(payload).pipe(
        Effect.catchCause((cause) =>
          Effect.fail(new LaneLinkError({ request: name, message: Cause.pretty(cause) })),
        ),
      )
}

const serveIn = (served: Map<string, Serve>) => (name: string, serve: Serve) =>
  Effect.acquireRelease(
    Effect.sync(() => served.set(name, serve)),
    () => Effect.sync(() => served.delete(name)),
  ).pipe(Effect.asVoid)

const inlineLink = (mine: Map<string, Serve>, theirs: Map<string, Serve>): LaneLink["Service"] => ({
  // Who serves is looked up when the question is asked, not when it is made.
  ask: (name, payload) => Effect.suspend(() => callServed(theirs, name, payload)),
  tell: (name, payload) => Effect.ignore(Effect.suspend(() => callServed(theirs, name, payload))),
  serve: serveIn(mine),
})
