/**
 * How long each call into SQLite takes, for whoever measures: no call may keep the thread for long.
 *
 * Read once, when a connection opens; when off, a statement costs nothing more. A stream is told of
 * chunk by chunk, because between chunks others run.
 */
import { Context } from "effect"

/** Told of every call that ended, well or not. */
export type StatementWatch = (sql: string, milliseconds: number) => void

/** The default: nobody is told. A connection that finds exactly this measures nothing. */
export const off: StatementWatch = () => undefined

export const StatementWatch = Context.Reference<StatementWatch>("sqlite/StatementWatch", {
  defaultValue: () => off,
})
