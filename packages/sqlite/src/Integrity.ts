/**
 * Looks for faults in a database: damaged pages, rows and indexes that disagree, broken references.
 *
 * Promises: an empty answer means that none of the checks of that depth found anything; damage that
 * makes SQLite itself give up is an answer too, not a failure.
 * Does not: with depth `"steps"`, compare every index with its rows or look at free pages.
 * Limits: {@link faultLimit} faults. A step is one table and yields after it; measured, half a
 * millisecond for a thousand rows, so keep single calls under 250 ms by keeping tables under half a
 * million rows, or by checking a copy. `"whole"` is one call of several times that: for commands only.
 */
import { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

/** `"steps"` for a running service, `"whole"` for a command that has the process to itself. */
export type CheckDepth = "steps" | "whole"

/** Faults reported at most. */
export const faultLimit = 100

/** Faults in plain words. Reads only; each step is a statement of its own. */
export const findFaults = (
  sql: SqlClient.SqlClient,
  depth: CheckDepth,
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const faults: Array<string> = []

    const pragma = (name: string, table?: string) =>
      sql.unsafe<Record<string, unknown>>(
        `PRAGMA ${name}${table === undefined ? "" : `('${table.replaceAll("'", "''")}')`}`,
      ).withoutTransform
    const note = <A>(
      about: string,
      check: Effect.Effect<ReadonlyArray<A>, SqlError.SqlError>,
      say: (row: A) => string | undefined,
    ) =>
      check.pipe(
        Effect.map((rows) => rows.map(say).filter((text) => text !== undefined)),
        Effect.catch((error) => Effect.succeed([`${about}: ${error.message}`])),
        Effect.map((found) => faults.push(...found)),
        Effect.andThen(Effect.yieldNow),
      )
    const soundness = (row: Record<string, unknown>) => {
      const [text] = Object.values(row)
      return text === "ok" ? undefined : String(text)
    }
    const reference = (row: Record<string, unknown>) =>
      `row ${String(row["rowid"])} of ${String(row["table"])} refers to a missing ${String(row["parent"])}`

    if (depth === "whole") {
      yield* note("the file", pragma("integrity_check"), soundness)
      yield* note("the references", pragma("foreign_key_check"), reference)
      return faults.slice(0, faultLimit)
    }
    const tables: Array<string> = []
    yield* note(
      "the schema",
      sql<{ name: string }>`SELECT name FROM sqlite_schema WHERE type = 'table'`.withoutTransform,
      ({ name }) => void tables.push(name),
    )
    for (const table of tables) {
      if (faults.length >= faultLimit) break
      yield* note(table, pragma("quick_check", table), soundness)
      yield* note(table, pragma("foreign_key_check", table), reference)
    }
    return faults.slice(0, faultLimit)
  })
