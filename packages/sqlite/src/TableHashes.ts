/**
 * One hash for each table of a database: two databases with the same rows have the same hashes.
 *
 * Rows count in primary-key order and columns in the order in which they are declared, without those
 * the caller names. Types count: the text `1`, the integer 1 and the blob 31 differ.
 * A large table is read in steps, between which others work.
 * Does not: see rows written while it reads, unless the caller holds a transaction.
 */
import { createHash, type Hash } from "node:crypto"
import { Effect, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

export interface TableHash {
  readonly rows: number
  /** Hex. */
  readonly sha256: string
}

/** Columns that do not count, by table. */
export type LeftOut = Readonly<Record<string, ReadonlyArray<string>>>

interface Column {
  readonly name: string
  /** Place in the primary key from 1 on; 0: no part of it. */
  readonly pk: number
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const feed = (hash: Hash, value: unknown): void => {
  if (value instanceof Uint8Array) hash.update(`x${value.byteLength}:`).update(value)
  else if (typeof value === "string") hash.update(`t${Buffer.byteLength(value)}:`).update(value)
  else hash.update(`${typeof value === "bigint" ? "number" : typeof value}${String(value)};`)
}

/** The hash of one table, without the columns named. */
export const hashTable = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  table: string,
  leftOut: ReadonlyArray<string>,
) {
  const declared = yield* sql<Column>`SELECT name, pk FROM pragma_table_info(${table}) ORDER BY cid`
  const key = declared.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk)
  const order = key.length === 0 ? "rowid" : key.map(({ name }) => quoted(name)).join(", ")
  const columns = declared.map(({ name }) => name).filter((name) => !leftOut.includes(name))
  const hash = createHash("sha256").update(columns.join(","))
  let rows = 0
  yield* sql
    .unsafe<Record<string, unknown>>(
      `SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(table)} ORDER BY ${order}`,
    )
    .stream.pipe(
      Stream.runForEachArray((chunk) =>
        Effect.suspend(() => {
          rows += chunk.length
          for (const row of chunk) for (const column of columns) feed(hash, row[column])
          return Effect.yieldNow
        }),
      ),
    )
  return { rows, sha256: hash.digest("hex") } satisfies TableHash
})

/** Hashes of every table of the program, by name. */
export const hashTables = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  leftOut: LeftOut,
): Effect.fn.Return<Readonly<Record<string, TableHash>>, SqlError.SqlError> {
  const tables = yield* sql<{ name: string }>`SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
  const hashes: Record<string, TableHash> = {}
  for (const { name } of tables) hashes[name] = yield* hashTable(sql, name, leftOut[name] ?? [])
  return hashes
})
