/**
 * SIGTERM and Ctrl-C: the first asks for a drain, the second ends the process at once.
 */
import { Deferred, Effect, type Scope } from "effect"
import { exitCodes } from "./cli/ExitCode.ts"

const signals = ["SIGINT", "SIGTERM"] as const

/** Completes with the signal's name when the first one comes. Listens as long as the scope lives. */
export const stopSignal: Effect.Effect<Effect.Effect<string>, never, Scope.Scope> = Effect.gen(
  function* () {
    const first = yield* Deferred.make<string>()
    const hear = (signal: string) => {
      if (!Deferred.doneUnsafe(first, Effect.succeed(signal))) process.exit(exitCodes.interrupted)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => signals.forEach((signal) => process.on(signal, hear))),
      () => Effect.sync(() => signals.forEach((signal) => process.off(signal, hear))),
    )
    return Deferred.await(first)
  },
)
