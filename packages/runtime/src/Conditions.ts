/**
 * What of a lane is not as it should be, by name: asked for when somebody looks, never remembered.
 *
 * A part of the lane adds its check; whoever reports the lane's health asks them all.
 * Promises: a check that breaks is itself a condition that is not well; the others are still answered.
 * Does not: act. Who can mend a condition mends it where it is.
 */
import { Cause, Context, Effect, Layer, type Scope } from "effect"

export interface Condition {
  /** Few values, lower case: `storage`, `venue`, `clock`. */
  readonly name: string
  readonly ok: boolean
  /** While it is not well, nothing can be decided about paper money. */
  readonly blocks: boolean
  /** In plain words, with numbers. */
  readonly says: string
}

export class Conditions extends Context.Service<
  Conditions,
  {
    /** Answered with the others for as long as the scope lives. */
    readonly add: (
      name: string,
      check: Effect.Effect<Condition>,
    ) => Effect.Effect<void, never, Scope.Scope>
    /** All of the lane, by name. */
    readonly all: Effect.Effect<ReadonlyArray<Condition>>
  }
>()("runtime/Conditions") {
  static readonly layer = Layer.sync(Conditions, () => {
    const checks = new Set<Effect.Effect<Condition>>()
    return Conditions.of({
      add: (name, check) => {
        const guarded = Effect.catchCause(check, (cause) =>
          Effect.succeed({
            name,
            ok: false,
            blocks: false,
            says: `cannot be told: ${Cause.pretty(cause).split("\n")[0]}`,
          }),
        )
        return Effect.acquireRelease(
          Effect.sync(() => checks.add(guarded)),
          () => Effect.sync(() => checks.delete(guarded)),
        ).pipe(Effect.asVoid)
      },
      all: Effect.suspend(() => Effect.all([...checks])).pipe(
        Effect.map((all) => all.toSorted((a, b) => (a.name < b.name ? -1 : 1))),
      ),
    })
  })
}
