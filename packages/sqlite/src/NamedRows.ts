/**
 * Rows of a prepared statement as plain objects.
 *
 * `node:sqlite` makes an object without a prototype for each row, which takes two to three times as long as
 * an array of the values and is slow to read; an array is asked for and its values are named here.
 * Names are looked up once a statement, and again when the number of columns is another or when
 * {@link forgetNames} says that the schema changed.
 */
import type { StatementSync } from "node:sqlite"

export type Row = Record<string, unknown>

/** A statement that returns arrays, and the names of their places as far as they are known. */
export interface Naming {
  readonly statement: StatementSync
  names: ReadonlyArray<string>
}

export const changesSchema = (sql: string): boolean => /^\s*(?:ALTER|CREATE|DROP)\b/i.test(sql)

export const forgetNames = (statements: Iterable<Naming>): void => {
  for (const statement of statements) statement.names = []
}

export const nameRows = (naming: Naming, found: ReadonlyArray<unknown>): ReadonlyArray<Row> => {
  const rows = found as ReadonlyArray<ReadonlyArray<unknown>>
  const width = rows[0]?.length ?? 0
  if (width !== naming.names.length && width > 0) {
    naming.names = naming.statement.columns().map(({ name }) => name)
  }
  const { names } = naming
  return rows.map((values) => {
    const row: Row = {}
    for (let place = 0; place < width; place++) row[names[place]!] = values[place]
    return row
  })
}
