/**
 * The rows of the copies: one for each leader's fill and strategy, written before anything is done
 * about it, moved only along the legal moves.
 *
 * Promises: a fill that comes again changes nothing; a move names the state it leaves and fails with
 * {@link CopyMovedElsewhere} when the row is not in it any more, so of two fibers that push one copy
 * only one gets on. Every method runs in the caller's transaction.
 * Limits: {@link pageRows} rows a page of those in flight.
 */
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { FillId, WalletAddress } from "@evaluator/domain/Id"
import type { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { copyMoves, type CopyState } from "@evaluator/domain/paper/CopyState"
import type { Fill } from "@evaluator/domain/trade/Trade"
import {
  byFill,
  type Copy,
  type CopyKey,
  type CopyPlace,
  type CopyRecord,
  type Detected,
  newCopy,
  toCopy,
  toRow,
} from "./CopyRow.ts"
import { inOneStep, type Run } from "@evaluator/sqlite/InOneStep"
import { LeaderNet } from "./LeaderNet.ts"
import { RunningStrategies } from "./Strategies.ts"
import { hexToBytes } from "./RowBytes.ts"

export const pageRows = 500

/** Another fiber moved the copy; whoever finds this has nothing left to do. */
export class CopyMovedElsewhere extends Schema.TaggedError<CopyMovedElsewhere>()(
  "CopyMovedElsewhere",
  { fillId: Schema.String, strategy: Schema.String, expected: Schema.String },
) {}

/** Columns that a move writes beside the state. */
export type CopyColumns = Readonly<Record<string, string | number | null>>

const insertedColumns = [
  "origin",
  "visible_at_ms",
  "fill_id",
  "strategy",
  "book",
  "state",
  "wallet",
  "condition_id",
  "token",
  "outcome_index",
  "side",
  "leader_price",
  "leader_size",
  "leader_at_ms",
  "transaction_hash",
  "detected_via",
  "detected_at_ms",
  "correlation_id",
  "causation_id",
  "traceparent",
  "moved_at_ms",
] as const satisfies ReadonlyArray<keyof ReturnType<typeof toRow>>
const insertTextFor = (copies: number) => `INSERT INTO copies (${insertedColumns.join()})
  VALUES ${Array.from({ length: copies }, () => `(${insertedColumns.map(() => "?").join()})`).join()}
  ON CONFLICT (fill_id, strategy) DO NOTHING RETURNING strategy`

/** By the number of copies, one a strategy: there are few. */
const insertTexts = new Map<number, string>()
const insertText = (copies: number): string => {
  const text = insertTexts.get(copies) ?? insertTextFor(copies)
  insertTexts.set(copies, text)
  return text
}

const rowValues = (copy: Copy) => {
  const row = toRow(copy)
  return insertedColumns.map((name) => row[name])
}

/** The statement of a move by the columns it writes: there are few, and one is made for every copy. */
const moveTexts = new Map<string, string>()
const moveText = (names: ReadonlyArray<string>): string => {
  const key = names.join()
  const known = moveTexts.get(key)
  if (known !== undefined) return known
  const set = names.map((name) => `, ${name} = ?`).join("")
  const text = `UPDATE copies SET state = ?, moved_at_ms = ?${set}
    WHERE fill_id = ? AND strategy = ? AND state = ? RETURNING state`
  moveTexts.set(key, text)
  return text
}

export class Copies extends Context.Service<
  Copies,
  {
    /** Writes `detected` rows for the fills not seen before; answers with the copies that are new, in order. */
    readonly detect: (
      fills: ReadonlyArray<Fill>,
      detected: Detected,
    ) => Effect.Effect<ReadonlyArray<Copy>>
    /** Writes the rows of copies just made; answers with those that are new, in order. */
    readonly insert: (copies: ReadonlyArray<Copy>) => Effect.Effect<ReadonlyArray<Copy>>
    /**
     * Moves a copy from one state to the next, or over `through` in one write, and writes `columns` with
     * it. Out of `detected` it takes the whole copy.
     */
    readonly move: (
      key: CopyKey | Copy,
      from: CopyState,
      to: CopyState,
      columns: CopyColumns,
      through?: CopyState,
    ) => Effect.Effect<void, CopyMovedElsewhere>
    /**
     * What its leader is known to hold of the token, from the fills decided so far; of an exit, what is left of
     * what it held then. In the step of `run`.
     */
    readonly leaderNet: (run: Run, copy: Copy) => number
    /** A fill turned out to have failed: it counts no more as what its leader holds. */
    readonly leaderFailed: (fillId: FillId) => Effect.Effect<void>
    /**
     * Grows with every copy of a wallet that is new or goes on, also with one rolled back: while it stands, so
     * does what those copies have open and on its way.
     */
    readonly versionOf: (wallet: WalletAddress) => number
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
      const strategies = yield* RunningStrategies
      const net = new LeaderNet()
      /** Of the wallets that have copies: as many as were ever followed. */
      const versions = new Map<WalletAddress, number>()
      const versionOf = (wallet: WalletAddress) => versions.get(wallet) ?? 0
      const changed = ({ fill: { wallet } }: Copy) => versions.set(wallet, versionOf(wallet) + 1)

      const insert: Copies["Service"]["insert"] = (copies) =>
        inOneStep(sql, (run) =>
          byFill(copies).flatMap((ofFill) => {
            const rows = run<{ strategy: Strategy }>(
              insertText(ofFill.length),
              ...ofFill.flatMap(rowValues),
            )
            if (rows.length > 0) changed(ofFill[0]!)
            if (rows.length === ofFill.length) return ofFill
            // A page may serve a fill twice; the second copy of it is not new.
            const fresh = new Set(rows.map(({ strategy }) => strategy))
            return ofFill.filter(({ strategy }) => fresh.delete(strategy))
          }),
        ).pipe(Effect.orDie)

      const detect = Effect.fnUntraced(function* (fills: ReadonlyArray<Fill>, detected: Detected) {
        const copies = fills.flatMap((fill) =>
          strategies.map((strategy) => newCopy(fill, strategy, detected)),
        )
        return yield* insert(copies)
      })

      const move: Copies["Service"]["move"] = Effect.fnUntraced(
        function* (key, from, to, columns, through) {
          const path = through === undefined ? [from, to] : [from, through, to]
          if (path.some((state, n) => n > 0 && !copyMoves[path[n - 1]!].includes(state))) {
            return yield* Effect.die(new Error(`no copy moves ${path.join(" → ")}`))
          }
          if ("fill" in key) changed(key)
          const now = yield* Clock.currentTimeMillis
          const text = moveText(Object.keys(columns))
          const moved = yield* inOneStep(sql, (run) =>
            run(
              text,
              to,
              now,
              ...Object.values(columns),
              hexToBytes(key.fillId),
              key.strategy,
              from,
            ),
          ).pipe(Effect.orDie)
          if (moved.length === 0) {
            return yield* new CopyMovedElsewhere({
              fillId: key.fillId,
              strategy: key.strategy,
              expected: from,
            })
          }
          if (from === "detected") {
            if (!("fill" in key)) return yield* Effect.die(new Error("a decided copy moves whole"))
            yield* net.decided(sql, key)
          }
        },
      )

      const leaderFailed = Effect.fnUntraced(function* (fillId: FillId) {
        const rows = yield* sql<CopyRecord>`SELECT * FROM copies
          WHERE fill_id = ${hexToBytes(fillId)} AND state <> 'detected'`
        for (const row of rows) yield* net.failed(sql, toCopy(row))
      }, Effect.orDie)

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

      return Copies.of({
        detect,
        insert,
        move,
        leaderNet: (run, copy) => net.of(run, copy),
        leaderFailed,
        versionOf,
        find,
        inFlight,
      })
    }),
  )
}
