/**
 * A thread that is started again when it ends by itself or is silent for too long.
 *
 * Promises: {@link restartsAllowed} times in {@link restartsWithin}, a pause before each that doubles;
 * one more end and `failed` fails with it, and the process ends. Questions the thread has not answered
 * fail at once. A thread that is blocked but comes back within {@link silenceBeforeRestartMs} goes on.
 * Does not: save what the thread held; whatever matters is in its file.
 */
import { Clock, Duration, Effect, Exit, Metric, Scope } from "effect"
import type { LanePort } from "@evaluator/runtime/LaneLink"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { type Thread, ThreadEnded } from "./Threads.ts"

export const restartsAllowed = 3
export const restartsWithin = Duration.minutes(10)
/** A thread that says nothing for longer is taken for stuck: twice the longest block that is borne. */
export const silenceBeforeRestartMs = 60_000
const firstPauseMs = 1000

/** Why the thread was started again, last, and how often within {@link restartsWithin}. */
export interface Restarted {
  readonly times: number
  readonly why: string
  readonly atMs: number
}

/** A restart in words, `null` when it is so long ago that nobody need know. */
export const restartWords = (restarted: Restarted | null, nowMs: number): string | null => {
  if (restarted === null) return null
  const agoMs = nowMs - restarted.atMs
  if (agoMs > Duration.toMillis(restartsWithin)) return null
  return `started again ${restarted.times} of ${restartsAllowed} times, ${Math.round(agoMs / 1000)} s ago, because ${restarted.why}`
}

export interface KeepOptions<A, E> {
  readonly name: string
  /** What is attached to each thread in turn; `null` for one that nobody talks with. */
  readonly port: LanePort | null
  /** Starts the thread and waits until it is ready. */
  readonly start: (
    restarted: Restarted | null,
  ) => Effect.Effect<{ readonly thread: Thread; readonly ready: A }, E, Scope.Scope>
}

export interface KeptThread<A> {
  /** What the first start answered. */
  readonly ready: A
  /**
   * Starts the thread again as needed; given how long it has been silent, where it says anything. To be
   * run by the caller.
   */
  readonly keep: (silentForMs?: Effect.Effect<number>) => Effect.Effect<never, ThreadEnded>
  /** What is or was lately wrong with the thread, in words; `null` when nothing is. */
  readonly trouble: Effect.Effect<string | null>
}

const restarts = counterOf(metrics.threadRestarts)

/** Starts the thread for as long as the scope lives. */
export const keptThread = Effect.fnUntraced(function* <A, E extends { readonly message: string }>(
  options: KeepOptions<A, E>,
): Effect.fn.Return<KeptThread<A>, E, Scope.Scope> {
  const { name, port } = options
  const outer = yield* Effect.scope

  const begin = Effect.fnUntraced(function* (restarted: Restarted | null) {
    const scope = yield* Scope.fork(outer)
    const { thread, ready } = yield* options.start(restarted).pipe(
      Scope.provide(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
    )
    port?.attach(thread.worker)
    return { thread, ready, scope }
  })
  const first = yield* begin(null)
  let restarted: Restarted | null = null
  let gone: string | null = null

  const keep = Effect.fnUntraced(function* (
    silentForMs: Effect.Effect<number> = Effect.succeed(0),
  ): Effect.fn.Return<never, ThreadEnded> {
    const recent: Array<number> = []
    let current = first
    const stuck = silentForMs.pipe(
      Effect.delay("1 second"),
      Effect.repeat({ until: (ms) => ms > silenceBeforeRestartMs }),
      Effect.map((ms) => `it was silent for ${Math.round(ms / 1000)} s`),
    )
    const ending = () =>
      Effect.raceFirst(
        Effect.map(Effect.flip(current.thread.ended), ({ why }) => why),
        stuck,
      )
    for (;;) {
      let why = yield* ending()
      gone = why
      port?.detach(`the ${name} thread ended: ${why}`)
      yield* Scope.close(current.scope, Exit.void)
      for (;;) {
        const nowMs = yield* Clock.currentTimeMillis
        const sinceMs = nowMs - Duration.toMillis(restartsWithin)
        while (recent.length > 0 && recent[0]! < sinceMs) recent.shift()
        if (recent.length >= restartsAllowed) {
          return yield* new ThreadEnded({
            thread: name,
            why: `${why}, after it had been started again ${recent.length} times in ${Duration.format(restartsWithin)}`,
          })
        }
        recent.push(nowMs)
        yield* Metric.update(Metric.withAttributes(restarts, { thread: name }), 1)
        yield* Effect.logError(
          `the ${name} thread ended (${why}) and is started again, ${recent.length} of ${restartsAllowed} times in ${Duration.format(restartsWithin)}`,
        )
        yield* Effect.sleep(firstPauseMs * 2 ** (recent.length - 1))
        restarted = { times: recent.length, why, atMs: nowMs }
        const started = yield* Effect.exit(begin(restarted))
        if (Exit.isSuccess(started)) {
          current = started.value
          gone = null
          break
        }
        gone = why = `it could not be started: ${String(started.cause)}`
      }
    }
  })
  const trouble = Effect.map(Clock.currentTimeMillis, (nowMs) =>
    gone === null ? restartWords(restarted, nowMs) : `ended (${gone}) and is being started again`,
  )
  return { ready: first.ready, keep, trouble }
})
