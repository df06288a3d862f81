import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { LedgerRow } from "@evaluator/polymarket/DataApi"
import { Book } from "@evaluator/domain/market/Book"
import { ledgerRowOf } from "@evaluator/polymarket/wire/ActivityRow"
import { bookOf } from "@evaluator/polymarket/wire/BookRow"
import { holderOf, ungrouped } from "@evaluator/polymarket/wire/HolderRow"
import { leaderboardRowOf } from "@evaluator/polymarket/wire/LeaderboardRow"
import { marketOfRow } from "@evaluator/polymarket/wire/MarketRow"
import { positionOf } from "@evaluator/polymarket/wire/PositionRow"
import { fillOf } from "@evaluator/polymarket/wire/TradeRow"
import { filesOf, hasRecording, rowsOf } from "./Recording.ts"

const counted = (reasons: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

describe("recorded trades and activity", () => {
  it("decode to the last row and hold 107,198 distinct fills", () => {
    if (!hasRecording()) return
    const fills = new Set<string>()
    const activities = new Set<string>()
    const perFile: Record<string, readonly [rows: number, fills: number]> = {}
    let rows = 0
    for (const kind of ["trades", "activity"]) {
      for (const file of filesOf(kind)) {
        const raws = rowsOf(kind, file)
        const own = new Set<string>()
        for (const raw of raws) {
          const row: Result.Result<LedgerRow, string> =
            kind === "activity"
              ? ledgerRowOf(raw)
              : Result.map(fillOf(raw), (fill) => ({ kind: "fill", fill }))
          if (Result.isFailure(row)) return assert.fail(`${file}: ${row.failure}`)
          if (row.success.kind === "fill") own.add(row.success.fill.id)
          else activities.add(row.success.activity.id)
        }
        rows += raws.length
        perFile[file] = [raws.length, own.size]
        for (const id of own) fills.add(id)
      }
    }
    assert.strictEqual(rows, 113_560)
    assert.strictEqual(fills.size, 107_198)
    assert.deepStrictEqual(perFile["trades_event_nobel2025.ndjson.gz"], [5000, 1500])
    assert.strictEqual(activities.size, 2358)
  })
})

describe("recorded markets", () => {
  it("decode where they are binary, and say why where they are not", () => {
    if (!hasRecording()) return
    const outcome = (file: string) => {
      const results = rowsOf("markets", file).map(marketOfRow)
      const refused = results.flatMap((result) =>
        Result.isFailure(result) ? [result.failure] : [],
      )
      return { decoded: results.length - refused.length, refused: counted(refused) }
    }
    assert.deepStrictEqual(outcome("markets_active_20260311.ndjson.gz"), {
      decoded: 3531,
      refused: {},
    })
    assert.deepStrictEqual(outcome("markets_closed_200.ndjson.gz"), {
      decoded: 184,
      refused: {
        "not binary: 3 outcomes": 3,
        "not binary: 4 outcomes": 1,
        "not binary: 5 outcomes": 4,
        "not binary: 6 outcomes": 6,
        "no token ids: null": 2,
      },
    })
    assert.strictEqual(outcome("markets_categories_sample.ndjson.gz").decoded, 50)
    assert.strictEqual(outcome("crypto_day.derived.ndjson.gz").decoded, 795)
  })
})

describe("recorded books", () => {
  it("decode with the best level first and no crossed prices", () => {
    if (!hasRecording()) return
    const raws = ["book_sample.ndjson.gz", "books_fed_event.ndjson.gz"].flatMap((file) =>
      rowsOf("books", file).flat(),
    )
    assert.isAbove(raws.length, 1)
    for (const raw of raws) {
      const book = Result.getOrThrow(bookOf(raw))
      assert.isTrue(Schema.is(Book)(book))
      assert.isBelow(book.bids[0]?.price ?? 0, book.asks[0]?.price ?? 1_000_001)
      for (const [at, level] of book.bids.entries()) {
        assert.isAtMost(level.price, book.bids[at - 1]?.price ?? 1_000_000)
      }
      for (const [at, level] of book.asks.entries()) {
        assert.isAtLeast(level.price, book.asks[at - 1]?.price ?? 0)
      }
    }
  })
})

describe("other recorded rows", () => {
  it("of holders, positions and the leaderboard decode to the last", () => {
    if (!hasRecording()) return
    const holders = ungrouped(rowsOf("other", "holders.ndjson.gz")).map(holderOf)
    const positions = ["positions_user.ndjson.gz", "positions_user_0x4766.ndjson.gz"]
      .flatMap((file) => rowsOf("other", file))
      .map(positionOf)
    const board = rowsOf("other", "leaderboard_50.ndjson.gz").map(leaderboardRowOf)
    assert.isAbove(holders.length, 2)
    assert.strictEqual(positions.length, 65)
    assert.strictEqual(board.length, 50)
    for (const row of [...holders, ...positions, ...board]) {
      assert.isTrue(Result.isSuccess<unknown, string>(row))
    }
  })
})
