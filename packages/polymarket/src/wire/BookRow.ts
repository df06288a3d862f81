/**
 * An order book as the CLOB serves it: worst level first, sides that may be null, text numbers.
 *
 * The order received is never relied on. Levels without size are dropped, repeated prices added up.
 * A book with a level that cannot be read is refused as a whole: half a book is a lie.
 */
import { Result, Schema } from "effect"
import type { Book, Level } from "@evaluator/domain/market/Book"
import { ONE, price, shares } from "@evaluator/domain/money/Micro"
import type { RowDecoder } from "./Rows.ts"
import { Absent, conditionOf, microOf, NumberLike, shown, timeMsOf, tokenOf } from "./Scalar.ts"

const LevelRow = Schema.Struct({ price: NumberLike, size: NumberLike })

const BookRow = Schema.Struct({
  market: Schema.String,
  asset_id: Schema.String,
  timestamp: NumberLike,
  hash: Absent(Schema.String),
  bids: Absent(Schema.Array(LevelRow)),
  asks: Absent(Schema.Array(LevelRow)),
  tick_size: Absent(NumberLike),
  min_order_size: Absent(NumberLike),
  /** Only the embedded venue says this: the book was built from a recorded tape. */
  assumed: Absent(Schema.Boolean),
})
type BookRow = typeof BookRow.Type

const decodeRow = Schema.decodeUnknownResult(BookRow)

export const bookOf: RowDecoder<Book> = (raw) => {
  const decoded = decodeRow(raw)
  return Result.isSuccess(decoded) ? fromRow(decoded.success) : Result.fail(decoded.failure.message)
}

const fromRow = (row: BookRow): Result.Result<Book, string> => {
  const condition = conditionOf(row.market)
  if (condition === null) return Result.fail(`no condition: ${shown(row.market)}`)
  const token = tokenOf(row.asset_id)
  if (token === null) return Result.fail(`no token: ${shown(row.asset_id)}`)
  const atMs = timeMsOf(row.timestamp)
  if (atMs === null) return Result.fail(`no time: ${shown(row.timestamp)}`)
  const tick = microOf(row.tick_size ?? 0.01)
  if (tick === null || tick <= 0 || tick >= ONE)
    return Result.fail(`no tick: ${shown(row.tick_size)}`)
  const minimum = microOf(row.min_order_size ?? 5)
  if (minimum === null || minimum < 0) {
    return Result.fail(`no minimum size: ${shown(row.min_order_size)}`)
  }
  const bids = levelsOf(row.bids ?? [], (a, b) => b.price - a.price)
  if (Result.isFailure(bids)) return Result.fail(`bids: ${bids.failure}`)
  const asks = levelsOf(row.asks ?? [], (a, b) => a.price - b.price)
  if (Result.isFailure(asks)) return Result.fail(`asks: ${asks.failure}`)
  return Result.succeed({
    condition,
    token,
    atMs,
    hash: row.hash ?? "",
    bids: bids.success,
    asks: asks.success,
    tick: price(tick),
    minimumSize: shares(minimum),
    origin: row.assumed === true ? "assumed" : "venue",
  })
}

const levelsOf = (
  rows: ReadonlyArray<typeof LevelRow.Type>,
  bestFirst: (a: Level, b: Level) => number,
): Result.Result<ReadonlyArray<Level>, string> => {
  const sizes = new Map<number, number>()
  for (const row of rows) {
    const at = microOf(row.price)
    const size = microOf(row.size)
    if (at === null || at < 0 || at > ONE)
      return Result.fail(`price outside 0…1: ${shown(row.price)}`)
    const total = size === null || size < 0 ? null : size + (sizes.get(at) ?? 0)
    if (total === null || !Number.isSafeInteger(total)) {
      return Result.fail(`no size: ${shown(row.size)}`)
    }
    if (total > 0) sizes.set(at, total)
  }
  const levels = Array.from(sizes, ([at, size]) => ({ price: price(at), size: shares(size) }))
  return Result.succeed(levels.toSorted(bestFirst))
}
