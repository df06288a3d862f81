/**
 * What becomes of a wallet whose turn broke off: by a defect, or because it took too long. A request
 * that failed is none of these; it has written its back-off where it failed.
 *
 * Promises: the wallet is not offered again at once. Its feeds that are due get attempts and back-off
 * like after a failed request; where that cannot be written either, the wallet is held back in memory
 * for {@link holdMs}. A turn that took too long, and one in a file that cannot be written, are never a
 * reason to give a feed up.
 */
import { Cause, Clock, Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { WalletAddress } from "@evaluator/domain/Id"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { monotonicMs } from "@evaluator/runtime/MonotonicTime"
import { nextAfterFailure } from "./Backoff.ts"
import { failWalk, feedsOf } from "./stores/WalletFeeds.ts"

export const holdMs = 30_000

export const makeBrokenTurns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { trouble } = yield* SqliteClient
  /** On the clock that nobody sets. */
  const heldUntilMs = new Map<WalletAddress, number>()

  const write = Effect.fnUntraced(
    function* (wallet: WalletAddress, cause: Cause.Cause<unknown>, outage: boolean) {
      const now = yield* Clock.currentTimeMillis
      const error = Cause.squash(cause)
      const reason = error instanceof Error ? error.message : String(error)
      for (const feed of yield* feedsOf(wallet)) {
        if (feed.dueMs === null || feed.dueMs > now) continue
        const next = yield* nextAfterFailure(feed.attempts, reason, outage)
        yield* failWalk(feed, next, false)
      }
    },
    Effect.provideService(SqlClient.SqlClient, sql),
  )

  const hold = Effect.fnUntraced(function* (wallet: WalletAddress) {
    heldUntilMs.set(wallet, (yield* monotonicMs) + holdMs)
    yield* Effect.logWarning(
      `the back-off of ${wallet} could not be written: it is held back for ${Duration.format(Duration.millis(holdMs))}`,
    )
  })

  /** Of a turn: sees to what it broke off with. */
  const watched = <A, E, R>(wallet: WalletAddress, turn: Effect.Effect<A, E, R>) =>
    Effect.tapCause(turn, (cause) => {
      const overran = Cause.isTimeoutError(Cause.squash(cause))
      if (!overran && !Cause.hasDies(cause)) return Effect.void
      return write(wallet, cause, overran || trouble.kind !== null).pipe(
        Effect.catchCause(() => hold(wallet)),
      )
    })

  /** Who is held back now, and for how many milliseconds more. */
  const held = Effect.map(monotonicMs, (now): ReadonlyMap<WalletAddress, number> => {
    for (const [wallet, untilMs] of heldUntilMs) {
      if (untilMs <= now) heldUntilMs.delete(wallet)
    }
    return new Map([...heldUntilMs].map(([wallet, untilMs]) => [wallet, untilMs - now]))
  })

  return { watched, held }
})
