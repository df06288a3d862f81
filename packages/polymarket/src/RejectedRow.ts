/**
 * Telling rows that could not be used apart, and who hears of those that come with no page.
 */
import { Context, Effect } from "effect"
import { createHash } from "node:crypto"
import type { RejectedRow } from "./Page.ts"

/**
 * The same for the same row whatever request brought it, since requests differ from poll to poll; a
 * recorded row is told apart by where it stands. 16 bytes.
 */
export const fingerprintOf = (row: RejectedRow): Uint8Array =>
  createHash("sha256")
    .update(row.recorded ?? "")
    .update("\n")
    .update(row.body)
    .digest()
    .subarray(0, 16)

/**
 * Hears of rows that a stream brought and nobody could read, or that stood in an answer which failed
 * because of them. By default nobody does; hearing must not fail.
 */
export const RejectedRows = Context.Reference<
  (rows: ReadonlyArray<RejectedRow>) => Effect.Effect<void>
>("polymarket/RejectedRows", { defaultValue: () => () => Effect.void })
