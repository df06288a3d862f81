/**
 * Several statements of a transaction in one step, for paths on which the way from one statement
 * to the next costs more than the statements: nothing comes between them, and none is an effect.
 *
 * Promises: statements pass the parameter guard and are prepared once; the first that fails ends the
 * step with its `SqlError`; anything else that is thrown is a defect. Where no transaction is open the
 * step is one of its own; else its owner ends it.
 * Needs our own driver, and dies without. Limits: the thread is blocked meanwhile; a step is some ten
 * statements, or a small one for each row of a page.
 */
import { Context, Effect } from "effect"
import type { SqlClient, SqlConnection, SqlError } from "effect/sql"
import type { SqliteConnection } from "./SqliteConnection.ts"

/** Runs a statement now; answers with its rows. */
export type Run = <Row extends object = never>(
  statement: string,
  ...values: ReadonlyArray<unknown>
) => ReadonlyArray<Row>

export const inOneStep = <A>(
  sql: SqlClient.SqlClient,
  step: (run: Run) => A,
): Effect.Effect<A, SqlError.SqlError> =>
  Effect.withFiber((fiber) => {
    const open = Context.getOrUndefined(fiber.context, sql.transactionService)?.[0]
    if (open === undefined) return sql.withTransaction(inOneStep(sql, step))
    return isOurs(open)
      ? open.executeStep(step)
      : Effect.die(new Error("statements in one step need a driver that runs them now"))
  })

const isOurs = (connection: SqlConnection.Connection): connection is SqliteConnection =>
  "executeStep" in connection
