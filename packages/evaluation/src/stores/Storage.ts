/**
 * How much of `[data] max_bytes` evaluator.db uses, and what is given up when it runs out: first the
 * bodies of quarantined rows, then quarantine, then the tape of wallets nobody follows. What paper
 * trading needs (followed wallets, markets, outcomes, copies) is never given up.
 *
 * Sizes are measured by `retain-rows` and read from where it left them, so that looking is cheap.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { keepsOf } from "./Retention.ts"

export type GivenUp = "nothing" | "bodies" | "quarantine" | "tape"

/** From this share of the limit on; the last that applies holds. */
const shares: ReadonlyArray<readonly [number, GivenUp]> = [
  [0, "nothing"],
  [0.9, "bodies"],
  [0.95, "quarantine"],
  [1, "tape"],
]

export const givenUpAt = (usedBytes: number, maxBytes: number): GivenUp =>
  shares.findLast(([share]) => usedBytes >= share * maxBytes)?.[1] ?? "nothing"

/** What has no room now, as last measured. */
export const givenUp = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ gives_up: GivenUp }>`SELECT gives_up FROM storage WHERE only = 1`
  return row?.gives_up ?? "nothing"
}).pipe(Effect.orDie)

/** Bytes of the file's pages that hold something; free pages do not count. */
const usedBytes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ bytes: number }>`SELECT (p.page_count - f.freelist_count) * s.page_size
    AS bytes FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`
  return row!.bytes
})

/** Measures the file against its limit and stores the answer. */
export const measureStorage = Effect.fnUntraced(function* (maxBytes: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const used = yield* usedBytes
  const gives = givenUpAt(used, maxBytes)
  yield* sql`INSERT INTO storage (only, used_bytes, max_bytes, gives_up, at_ms)
    VALUES (1, ${used}, ${maxBytes}, ${gives}, ${now})
    ON CONFLICT (only) DO UPDATE SET used_bytes = excluded.used_bytes,
      max_bytes = excluded.max_bytes, gives_up = excluded.gives_up, at_ms = excluded.at_ms`
  return { usedBytes: used, givenUp: gives }
}, Effect.orDie)

export interface TableSize {
  readonly table: string
  readonly rows: number
  /** With its indexes. */
  readonly bytes: number
  /** Over the last whole day or more; null before there was one. */
  readonly rows_per_day: number | null
  readonly bytes_per_day: number | null
  /** How long its rows stay, or what bounds them. */
  readonly keeps: string
}

export interface StorageFigures {
  readonly used_bytes: number | null
  readonly max_bytes: number | null
  readonly gives_up: GivenUp
  readonly tables: ReadonlyArray<TableSize>
}

const dayMs = 86_400_000
/** A tree larger than this is not walked page by page: that would take over a quarter of a second. */
const largestWalkedBytes = 100_000_000

/**
 * Measures one table: its rows are counted; its bytes are those of its pages, or grow with its rows. A
 * table of another file is read over its connection and kept under the name given.
 */
export const measureTable = Effect.fnUntraced(function* (
  table: string,
  elsewhere?: { readonly file: SqlClient.SqlClient; readonly name: string },
) {
  const sql = yield* SqlClient.SqlClient
  const { file, name } = elsewhere ?? { file: sql, name: table }
  const now = yield* Clock.currentTimeMillis
  const [counted] = yield* file<{ rows: number }>`SELECT count(*) AS rows FROM ${file(table)}`
  const rows = counted!.rows
  const [before] = yield* sql<{ rows: number; bytes: number; base_at_ms: number }>`SELECT rows,
    bytes, base_at_ms FROM table_sizes WHERE name = ${name}`
  const grown =
    before === undefined || before.bytes < largestWalkedBytes
      ? null
      : Math.round((before.bytes / Math.max(1, before.rows)) * rows)
  const bytes =
    grown ?? (yield* Effect.provideService(walkedBytes(table), SqlClient.SqlClient, file))
  yield* sql`INSERT INTO table_sizes VALUES
    (${name}, ${rows}, ${bytes}, ${now}, ${rows}, ${bytes}, ${now})
    ON CONFLICT (name) DO UPDATE SET
      base_rows = iif(${now} - base_at_ms > ${2 * dayMs}, rows, base_rows),
      base_bytes = iif(${now} - base_at_ms > ${2 * dayMs}, bytes, base_bytes),
      base_at_ms = iif(${now} - base_at_ms > ${2 * dayMs}, measured_at_ms, base_at_ms),
      rows = excluded.rows, bytes = excluded.bytes, measured_at_ms = excluded.measured_at_ms`
  return bytes
}, Effect.orDie)

/** Tree by tree, so that no call walks all of a table's indexes. */
const walkedBytes = Effect.fnUntraced(function* (table: string) {
  const sql = yield* SqlClient.SqlClient
  const trees = yield* sql<{ name: string }>`SELECT name FROM sqlite_schema
    WHERE tbl_name = ${table} AND rootpage > 0`
  let bytes = 0
  for (const { name } of trees) {
    const [tree] = yield* sql<{ bytes: number | null }>`SELECT sum(pgsize) AS bytes FROM dbstat
      WHERE name = ${name} AND aggregate = TRUE`
    bytes += tree?.bytes ?? 0
    yield* Effect.yieldNow
  }
  return bytes
})

/** Every table of the file, largest first, as last measured. */
export const readStorage = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [room] = yield* sql<{ used_bytes: number; max_bytes: number; gives_up: GivenUp }>`SELECT
    used_bytes, max_bytes, gives_up FROM storage WHERE only = 1`
  const tables = yield* sql<Omit<TableSize, "keeps">>`SELECT name AS "table", rows, bytes,
      iif(measured_at_ms - base_at_ms < ${dayMs}, NULL,
        round((rows - base_rows) * 1.0 * ${dayMs} / (measured_at_ms - base_at_ms))) AS rows_per_day,
      iif(measured_at_ms - base_at_ms < ${dayMs}, NULL,
        round((bytes - base_bytes) * 1.0 * ${dayMs} / (measured_at_ms - base_at_ms))) AS bytes_per_day
    FROM table_sizes ORDER BY bytes DESC, name`
  const figures: StorageFigures = {
    used_bytes: room?.used_bytes ?? null,
    max_bytes: room?.max_bytes ?? null,
    gives_up: room?.gives_up ?? "nothing",
    tables: tables.map((size) => ({ ...size, keeps: keepsOf(size.table) })),
  }
  return figures
}).pipe(Effect.orDie)
