/**
 * The background lane of benchmark `isolation`, flat out: {@link queued} items in a backlog, four workers,
 * each item a transaction of {@link rowsAnItem} rows in a table with two indexes, and an event. The queue
 * never runs empty within a measurement.
 */
import { createHash } from "node:crypto"
import { Effect, Latch } from "effect"
import { SqlClient } from "effect/sql"
import { atLeastOne } from "@evaluator/evaluation/stores/AtLeastOne"
import * as Backlog from "@evaluator/runtime/Backlog"
import { EventLog } from "@evaluator/runtime/EventLog"

export const queued = 100_000
export const rowsAnItem = 500
const workers = 4
/** Rows a statement, as the stores of the service write them. */
const rowsAStatement = 50

const hashOf = (n: number): Uint8Array => createHash("sha256").update(String(n)).digest()

/** Fills the queue and returns; the workers go on as long as the scope lives. */
export const saturate = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  yield* sql`CREATE TABLE bulk_fills (id BLOB PRIMARY KEY, wallet BLOB NOT NULL, at_ms INTEGER NOT NULL,
    condition BLOB NOT NULL, price INTEGER NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL) STRICT`
  yield* sql`CREATE INDEX bulk_fills_by_wallet ON bulk_fills (wallet, at_ms)`
  yield* sql`CREATE INDEX bulk_fills_by_condition ON bulk_fills (condition, at_ms)`
  let rows = 0
  const row = () => {
    const id = hashOf(++rows)
    const at_ms = 1_767_614_400_000 + rows * 7
    const [wallet, condition] = [hashOf(rows % 5000).subarray(0, 20), hashOf(rows % 2000)]
    const size = (rows % 977) * 1_000_000
    const body = JSON.stringify({ number: rows, at_ms, size, side: "BUY" })
    return { id, wallet, at_ms, condition, price: rows % 1_000_000, size, body }
  }
  const statement = Effect.suspend(() => {
    const values = atLeastOne(Array.from({ length: rowsAStatement }, row))
    return sql`INSERT INTO bulk_fills ${sql.insert(values)}`
  })
  // Nobody writes before the queue is full: the offers would take their turns after whole transactions.
  const full = yield* Latch.make(false)
  const write = (item: number) =>
    Effect.forEach(Array.from({ length: rowsAnItem / rowsAStatement }), () => statement, {
      discard: true,
    }).pipe(
      Effect.andThen(
        log.append([
          { type: "MarketsScored", payload: { day: "2026-11-25", markets: item, events: 1 } },
        ]),
      ),
      sql.withTransaction,
    )
  const backlog = yield* Backlog.make({
    name: "bulk-to-write",
    capacity: queued,
    workers,
    whenFull: "wait",
    timeout: "10 minutes",
    key: String,
    handle: (item) => Effect.andThen(full.await, write(item)),
  })
  for (let item = 0; item < queued; item++) yield* backlog.offer(item)
  yield* full.open
  return backlog
}).pipe(Effect.orDie)
