/**
 * What followed wallets hold, as sets: a complete answer of the venue replaces the one before, and
 * what it does not name is closed. A set that is cut off changes nothing.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToToken, hexToBytes, tokenToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { proceeds } from "@evaluator/domain/money/Micro"
import type { Position } from "@evaluator/polymarket/DataApi"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import type { NextAttempt } from "../Backoff.ts"
import { atLeastOne } from "./AtLeastOne.ts"

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use((sql) => sql.withTransaction(effect)).pipe(Effect.orDie)

/** Wallets whose following began are due now; what is held by wallets nobody follows is let go. */
export const alignSnapshots = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const followed = sql`SELECT wallet FROM follows WHERE to_ms IS NULL OR to_ms > ${now}`
  yield* sql`INSERT OR IGNORE INTO position_snapshots (wallet, due_ms)
    SELECT DISTINCT wallet, ${now} FROM (${followed})`
  const gone = yield* sql<{ wallet: Uint8Array }>`SELECT wallet FROM position_snapshots
    WHERE wallet NOT IN (${followed}) ORDER BY wallet LIMIT 100`
  for (const { wallet } of gone) {
    yield* sql`DELETE FROM positions WHERE wallet = ${wallet}`
    yield* sql`DELETE FROM position_snapshots WHERE wallet = ${wallet}`
  }
}).pipe(inTransaction)

export interface DueSnapshot {
  readonly wallet: Uint8Array
  readonly attempts: number
}

/** Truth query of `snapshot-positions`. */
export const dueSnapshots = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  return yield* sql<DueSnapshot>`SELECT wallet, attempts FROM position_snapshots
    WHERE due_ms <= ${now} ORDER BY due_ms, wallet LIMIT ${limit}`
}, Effect.orDie)

/** At the venue's value; where it says none, at the average price, else at nothing. */
const valueOf = ({ averagePrice, currentValue, size }: Position): number =>
  currentValue ?? (averagePrice === null ? 0 : proceeds(size, averagePrice))

/** What all positions are worth, micro-USDC: the part of the wallet's bankroll that can be seen. */
export const bankrollOf = (positions: ReadonlyArray<Position>): number =>
  positions.reduce((sum, position) => sum + valueOf(position), 0)

const rowsATime = 200

/**
 * Replaces a wallet's set, in the caller's transaction; true when a token was taken up, given up or
 * its size changed, or when what all are worth did.
 */
export const replacePositions = Effect.fnUntraced(function* (
  wallet: WalletAddress,
  served: ReadonlyArray<Position>,
  dueMs: number,
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const key = hexToBytes(wallet)
  const held = new Map(
    served.filter(({ size }) => size > 0).map((position) => [position.token, position] as const),
  )
  const before = new Map(
    (yield* sql<{ token: Uint8Array; size: number }>`SELECT token, size FROM positions
      WHERE wallet = ${key}`).map((row) => [bytesToToken(row.token), row.size] as const),
  )
  const closed = [...before.keys()].filter((token) => !held.has(token))
  for (let at = 0; at < closed.length; at += rowsATime) {
    yield* sql`DELETE FROM positions WHERE wallet = ${key} AND ${sql.in(
      "token",
      closed.slice(at, at + rowsATime).map(tokenToBytes),
    )}`
  }
  const rows = [...held.values()].map((position) => ({
    wallet: key,
    token: tokenToBytes(position.token),
    condition: hexToBytes(position.condition),
    outcome_index: position.outcomeIndex,
    size: position.size,
    average_price: position.averagePrice,
    value: position.currentValue,
    redeemable: position.redeemable ? 1 : 0,
    since_ms: now,
  }))
  for (let at = 0; at < rows.length; at += rowsATime) {
    yield* sql`INSERT INTO positions ${sql.insert(atLeastOne(rows.slice(at, at + rowsATime)))}
      ON CONFLICT (wallet, token) DO UPDATE SET size = excluded.size,
        average_price = excluded.average_price, value = excluded.value,
        redeemable = excluded.redeemable`
  }
  const [told] = yield* sql<{ bankroll: number | null }>`SELECT bankroll FROM position_snapshots
    WHERE wallet = ${key}`
  yield* sql`UPDATE position_snapshots SET due_ms = ${dueMs}, attempts = 0, reason = NULL,
      taken_at_ms = ${now}, positions = ${held.size}, bankroll = ${bankrollOf(served)}
    WHERE wallet = ${key}`
  if (told?.bankroll !== bankrollOf(served)) return true
  return closed.length > 0 || [...held].some(([token, { size }]) => before.get(token) !== size)
})

export const snapshotFailed = Effect.fnUntraced(function* (
  wallet: WalletAddress,
  next: NextAttempt,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE position_snapshots SET due_ms = ${next.dueMs}, attempts = ${next.attempts},
    reason = ${next.reason} WHERE wallet = ${hexToBytes(wallet)}`
  if (next.dueMs === null) {
    yield* DeadLetters.write({
      source: "snapshot-positions",
      subject: wallet,
      cause: next.reason,
      attempts: next.attempts,
    })
  }
}, inTransaction)
