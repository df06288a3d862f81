/**
 * An order book of one outcome token, best level first on both sides, whatever order it came in.
 */
import { Schema } from "effect"
import { ConditionId, TokenId } from "../Id.ts"
import { MicroShares, Price } from "../money/Micro.ts"

export const Level = Schema.Struct({ price: Price, size: MicroShares })
export type Level = typeof Level.Type

export const Book = Schema.Struct({
  condition: ConditionId,
  token: TokenId,
  /** The venue's own time of the snapshot, milliseconds. */
  atMs: Schema.Int,
  hash: Schema.String,
  /** Highest price first. */
  bids: Schema.Array(Level),
  /** Lowest price first. */
  asks: Schema.Array(Level),
  tick: Price,
  minimumSize: MicroShares,
  /** `venue`: a book the venue served. `assumed`: built from the tape, never evidence. */
  origin: Schema.Literals(["venue", "assumed"]),
})
export type Book = typeof Book.Type
