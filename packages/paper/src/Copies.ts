/**
 * The rows of the copies: one for each leader's fill and strategy, written before anything is done
 * about it, moved only along the legal moves.
 *
 * Promises: a fill that comes again changes nothing; a move names the state it leaves and fails with
 * {@link CopyMovedElsewhere} when the row is not in it any more, so of two fibers that push one copy
 * only one gets on. Every method runs in the caller's transaction.
 * Limits: {@link insertRows} rows an insert, {@link pageRows} rows a page of those in flight.
 */
import { Array as Arr, Clock, Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToBareHex,
  bytesToHex,
  bytesToToken,
  type FillId,
  hexToBytes,
  tokenToBytes,
} from "@evaluator/domain/Id"
import { Book } from "@evaluator/domain/market/Book"
import type { MicroShares, MicroUsdc, Price } from "@evaluator/domain/money/Micro"
import type { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { copyMoves, type CopyState } from "@evaluator/domain/paper/CopyState"
import type { Fill, Side } from "@evaluator/domain/trade/Trade"
import { bookOf, runningStrategies } from "./Strategies.ts"

export const insertRows = 200
export const pageRows = 500

/** How a fill came to us. */
export type DetectedVia = "bridge" | "feed" | "poll"

export interface CopyKey {
  readonly fillId: FillId
  readonly strategy: Strategy
}

/** A place among the copies in flight. */
export interface CopyPlace {
  readonly atMs: number
  readonly rowId: number
}

/** What a detection knows beside the fill: when, how, and what caused it. */
export interface Detected {
  readonly via: DetectedVia
  readonly atMs: number
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly traceparent: string | null
}

/** A copy in flight. What a later state writes is null before it. */
export interface Copy extends CopyKey {
  readonly fill: Fill
  readonly book: string
  readonly state: CopyState
  readonly detected: Detected
  readonly budget: MicroUsdc | null
  readonly offered: MicroShares | null
  readonly limitPrice: Price | null
  readonly arriveAtMs: number | null
  readonly pricedBook: Book | null
}

/** Another fiber moved the copy; whoever finds this has nothing left to do. */
export class CopyMovedElsewhere extends Schema.TaggedError<CopyMovedElsewhere>()(
  "CopyMovedElsewhere",
  { fillId: Schema.String, strategy: Schema.String, expected: Schema.String },
) {}

/** Columns that a move writes beside the state. */
export type CopyColumns = Readonly<Record<string, string | number | null>>

interface CopyRecord {
  readonly fill_id: Uint8Array
  readonly strategy: Strategy
  readonly book: string
  readonly state: CopyState
  readonly outcome: CopyOutcome | null
  readonly wallet: Uint8Array
  readonly condition_id: Uint8Array
  readonly token: Uint8Array
  readonly outcome_index: number
  readonly side: Side
  readonly leader_price: Price
  readonly leader_size: MicroShares
  readonly leader_at_ms: number
  readonly transaction_hash: Uint8Array
  readonly detected_via: DetectedVia
  readonly detected_at_ms: number
  readonly correlation_id: string | null
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly budget: MicroUsdc | null
  readonly offered: MicroShares | null
  readonly limit_price: Price | null
  readonly arrive_at_ms: number | null
  readonly priced_book: string | null
}

const BookJson = Schema.fromJsonString(Book)
export const encodeBook = Schema.encodeSync(BookJson)
const decodeBook = Schema.decodeSync(BookJson)

const toCopy = (row: CopyRecord): Copy => ({
  fillId: bytesToBareHex(row.fill_id) as FillId,
  strategy: row.strategy,
  book: row.book,
  state: row.state,
  fill: {
    id: bytesToBareHex(row.fill_id) as FillId,
    wallet: bytesToHex(row.wallet) as Fill["wallet"],
    condition: bytesToHex(row.condition_id) as Fill["condition"],
    token: bytesToToken(row.token),
    outcomeIndex: row.outcome_index,
    side: row.side,
    price: row.leader_price,
    size: row.leader_size,
    atMs: row.leader_at_ms,
    transaction: bytesToHex(row.transaction_hash) as Fill["transaction"],
  },
  detected: {
    via: row.detected_via,
    atMs: row.detected_at_ms,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    traceparent: row.traceparent,
  },
  budget: row.budget,
  offered: row.offered,
  limitPrice: row.limit_price,
  arriveAtMs: row.arrive_at_ms,
  pricedBook: row.priced_book === null ? null : decodeBook(row.priced_book),
})

const newCopy = (fill: Fill, strategy: Strategy, detected: Detected): Copy => ({
  fillId: fill.id,
  strategy,
  fill,
  book: bookOf(strategy, fill.wallet),
  state: "detected",
  detected,
  budget: null,
  offered: null,
  limitPrice: null,
  arriveAtMs: null,
  pricedBook: null,
})

const toRow = ({ fill, strategy, book, detected }: Copy) => ({
  fill_id: hexToBytes(fill.id),
  strategy,
  book,
  state: "detected",
  wallet: hexToBytes(fill.wallet),
  condition_id: hexToBytes(fill.condition),
  token: tokenToBytes(fill.token),
  outcome_index: fill.outcomeIndex,
  side: fill.side,
  leader_price: fill.price,
  leader_size: fill.size,
  leader_at_ms: fill.atMs,
  transaction_hash: hexToBytes(fill.transaction),
  detected_via: detected.via,
  detected_at_ms: detected.atMs,
  correlation_id: detected.correlationId,
  causation_id: detected.causationId,
  traceparent: detected.traceparent,
  moved_at_ms: detected.atMs,
})

export class Copies extends Context.Service<
  Copies,
  {
    /** Writes `detected` rows for the fills not seen before; answers with the copies that are new, in order. */
    readonly detect: (
      fills: ReadonlyArray<Fill>,
      detected: Detected,
    ) => Effect.Effect<ReadonlyArray<Copy>>
    /** Moves a copy from one state to the next and writes `columns` with it. */
    readonly move: (
      key: CopyKey,
      from: CopyState,
      to: CopyState,
      columns: CopyColumns,
    ) => Effect.Effect<void, CopyMovedElsewhere>
    /** The copy as it stands now, or null. */
    readonly find: (key: CopyKey) => Effect.Effect<Copy | null>
    /** A page of the copies without an outcome, oldest first; `next` is null on the last. */
    readonly inFlight: (after: CopyPlace | null) => Effect.Effect<{
      readonly copies: ReadonlyArray<Copy>
      readonly next: CopyPlace | null
    }>
  }
>()("paper/Copies") {
  static readonly layer = Layer.effect(
    Copies,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      const insert = Effect.fnUntraced(function* (copies: ReadonlyArray<Copy>) {
        if (!Arr.isReadonlyArrayNonEmpty(copies)) return []
        const rows = yield* sql<{ fill_id: Uint8Array; strategy: Strategy }>`
          INSERT INTO copies ${sql.insert(Arr.map(copies, toRow))}
          ON CONFLICT (fill_id, strategy) DO NOTHING RETURNING fill_id, strategy`
        const fresh = new Set(rows.map((row) => `${bytesToBareHex(row.fill_id)} ${row.strategy}`))
        // A page may serve a fill twice; the second copy of it is not new.
        return copies.filter(({ fillId, strategy }) => fresh.delete(`${fillId} ${strategy}`))
      }, Effect.orDie)

      const detect = Effect.fnUntraced(function* (fills: ReadonlyArray<Fill>, detected: Detected) {
        const copies = fills.flatMap((fill) =>
          runningStrategies.map((strategy) => newCopy(fill, strategy, detected)),
        )
        const fresh: Array<Copy> = []
        for (let at = 0; at < copies.length; at += insertRows) {
          fresh.push(...(yield* insert(copies.slice(at, at + insertRows))))
        }
        return fresh
      })

      const move = Effect.fnUntraced(function* (
        key: CopyKey,
        from: CopyState,
        to: CopyState,
        columns: CopyColumns,
      ) {
        if (!copyMoves[from].includes(to)) {
          return yield* Effect.die(new Error(`no copy moves from ${from} to ${to}`))
        }
        const now = yield* Clock.currentTimeMillis
        const set = sql.update({ state: to, moved_at_ms: now, ...columns })
        const moved = yield* sql`UPDATE copies SET ${set}
          WHERE fill_id = ${hexToBytes(key.fillId)} AND strategy = ${key.strategy}
            AND state = ${from} RETURNING state`.pipe(Effect.orDie)
        if (moved.length === 0) {
          return yield* new CopyMovedElsewhere({
            fillId: key.fillId,
            strategy: key.strategy,
            expected: from,
          })
        }
      })

      const find = Effect.fnUntraced(function* ({ fillId, strategy }: CopyKey) {
        const [row] = yield* sql<CopyRecord>`SELECT * FROM copies
          WHERE fill_id = ${hexToBytes(fillId)} AND strategy = ${strategy}`
        return row === undefined ? null : toCopy(row)
      }, Effect.orDie)

      const inFlight = Effect.fnUntraced(function* (after: CopyPlace | null) {
        const rows = yield* sql<
          CopyRecord & { row_id: number }
        >`SELECT rowid AS row_id, * FROM copies
          WHERE state IN ('detected', 'reviewed', 'reserved', 'priced', 'compensating')
            AND (detected_at_ms, rowid) > (${after?.atMs ?? 0}, ${after?.rowId ?? 0})
          ORDER BY detected_at_ms, rowid LIMIT ${pageRows}`
        const last = rows.length < pageRows ? undefined : rows.at(-1)
        return {
          copies: rows.map(toCopy),
          next: last === undefined ? null : { atMs: last.detected_at_ms, rowId: last.row_id },
        }
      }, Effect.orDie)

      return Copies.of({ detect, move, find, inFlight })
    }),
  )
}
