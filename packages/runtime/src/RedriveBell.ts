/**
 * Tells a subscriber of this lane that letters of its source wait to be tried again, so that it does not
 * find them only at its next sweep. By default nobody hears, and the sweep finds them.
 */
import { Context, Effect, Layer, type Scope } from "effect"

export interface RedriveBellShape {
  /** Runs `wake` whenever letters of the source were asked to be tried again; it cannot fail. */
  readonly hear: (
    source: string,
    wake: Effect.Effect<void>,
  ) => Effect.Effect<void, never, Scope.Scope>
  readonly ring: (source: string) => Effect.Effect<void>
}

export const RedriveBell = Context.Reference<RedriveBellShape>("runtime/RedriveBell", {
  defaultValue: () => ({ hear: () => Effect.void, ring: () => Effect.void }),
})

/** The bell of one lane. */
export const layer = Layer.sync(RedriveBell, () => {
  const wakes = new Map<string, Effect.Effect<void>>()
  return {
    hear: (source, wake) =>
      Effect.acquireRelease(
        Effect.sync(() => wakes.set(source, wake)),
        () => Effect.sync(() => wakes.delete(source)),
      ).pipe(Effect.asVoid),
    ring: (source) => wakes.get(source) ?? Effect.void,
  }
})
