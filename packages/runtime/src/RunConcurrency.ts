/**
 * How many things a run works on side by side: what its job declares as `concurrency`.
 *
 * Code that works for a run fans out with {@link sideBySide} and names no number of its own. Outside a
 * run it goes one by one, unless whoever calls provides {@link RunConcurrency}.
 */
import { Context, Effect } from "effect"

export const RunConcurrency = Context.Reference<number>("runtime/RunConcurrency", {
  defaultValue: () => 1,
})

/** The answers in the order of the items. A fan-out within a fan-out multiplies. */
export const sideBySide = <A, B, E, R>(
  items: ReadonlyArray<A>,
  work: (item: A) => Effect.Effect<B, E, R>,
): Effect.Effect<Array<B>, E, R> =>
  Effect.flatMap(RunConcurrency, (concurrency) => Effect.forEach(items, work, { concurrency }))
