/**
 * Starts a thread of the process and watches it.
 *
 * Promises: the thread ends with the scope (it is told `stop` and, when it does not end by itself in
 * time, terminated); its unexpected end fails {@link Thread.ended} with what was known about it.
 * Does not: start it again.
 */
import { Deferred, Effect, Schema, type Scope } from "effect"
import { once } from "node:events"
import { type ResourceLimits, Worker } from "node:worker_threads"

/** A thread of the process ended though nobody asked it to. */
export class ThreadEnded extends Schema.TaggedError<ThreadEnded>()("ThreadEnded", {
  thread: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `the ${this.thread} thread ended: ${this.why}`
  }
}

export interface Thread {
  readonly worker: Worker
  /** Fails when the thread ends unasked; otherwise never completes. */
  readonly ended: Effect.Effect<never, ThreadEnded>
  /** The first message of this type the thread posts. */
  readonly message: (type: string) => Effect.Effect<Readonly<Record<string, unknown>>, ThreadEnded>
}

export interface ThreadOptions {
  readonly name: string
  readonly entry: URL
  readonly data: unknown
  readonly limits?: ResourceLimits
  /** How long `stop` may take before the thread is terminated. */
  readonly stopWithinMs: number
}

/** `./LaneThread.ts` beside this module in a checkout, `./lane.mjs` beside the bundle. */
export const threadEntry = (source: string, bundled: string): URL =>
  new URL(
    (globalThis as { __BUNDLED__?: boolean }).__BUNDLED__ === true ? bundled : source,
    import.meta.url,
  )

export const startThread = Effect.fnUntraced(function* (
  options: ThreadOptions,
): Effect.fn.Return<Thread, never, Scope.Scope> {
  const { name } = options
  const ended = yield* Deferred.make<never, ThreadEnded>()
  let stopping = false
  let exited = false
  const fail = (why: string) => {
    if (!stopping) Deferred.doneUnsafe(ended, Effect.fail(new ThreadEnded({ thread: name, why })))
  }
  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const started = new Worker(options.entry, {
        name,
        workerData: options.data,
        ...(options.limits !== undefined && { resourceLimits: options.limits }),
      })
      started.on("error", (error) => fail(error instanceof Error ? error.message : String(error)))
      started.on("exit", (code) => {
        exited = true
        fail(`exit code ${code}`)
      })
      return started
    }),
    (started) =>
      Effect.gen(function* () {
        stopping = true
        if (exited) return
        const exit = Effect.promise(() => once(started, "exit"))
        started.postMessage({ type: "stop" })
        yield* exit.pipe(
          Effect.timeoutOrElse({
            duration: options.stopWithinMs,
            orElse: () => Effect.promise(() => started.terminate()),
          }),
        )
      }),
  )
  const message = (type: string) =>
    Effect.callback<Readonly<Record<string, unknown>>>((resume) => {
      const hear = (posted: unknown) => {
        if (typeof posted === "object" && posted !== null && "type" in posted) {
          if (posted.type !== type) return
          worker.off("message", hear)
          resume(Effect.succeed(posted as Readonly<Record<string, unknown>>))
        }
      }
      worker.on("message", hear)
      return Effect.sync(() => worker.off("message", hear))
    }).pipe(Effect.raceFirst(Deferred.await(ended)))
  return { worker, ended: Deferred.await(ended), message }
})
