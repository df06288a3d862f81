/**
 * What the COMMIT of a transaction is called, for proofs that go from one to the next. Who opens the
 * transaction names it; the connection tells its kill point.
 */
import { Context, Effect } from "effect"

export const CommitName = Context.Reference<string>("runtime/CommitName", {
  defaultValue: () => "unnamed",
})

/** Names the COMMIT of a transaction; inside another one it says nothing. */
export const committing =
  (name: string) =>
  <A, E, R>(transaction: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(transaction, CommitName, name)
