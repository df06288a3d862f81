/**
 * Transactions of one connection, as Effect's own but without what nobody here asks of them: a span of
 * their own, a scope for the connection, a copy of all services. Effect's cost several times the three
 * statements of a small step.
 *
 * Promises: BEGIN and COMMIT outside, savepoints inside, one of them at a time; a failure, a defect or an
 * interruption rolls back; waiting for the connection can be interrupted, BEGIN to COMMIT's end only in
 * the caller's effect; `afterCommit` runs when the outermost has committed and let go of the connection.
 * Does not: serve `SqlResolver` and `Reactivity`, which look into Effect's own transactions.
 */
import { Cause, Context, Effect, Exit, Semaphore } from "effect"
import { SqlClient, type SqlConnection, type SqlError } from "effect/sql"

type Connection = SqlConnection.Connection
type Entry = SqlClient.TransactionConnection.Service
type Step = Effect.Effect<unknown, SqlError.SqlError>

/** An open transaction or savepoint. */
interface Level {
  readonly parent: Level | undefined
  /** The services its effect began with. */
  services: Context.Context<never> | undefined
  readonly afterwards: Array<Effect.Effect<void>>
  /** Whose turn it is among the savepoints within; made by the first. */
  turn: Semaphore.Semaphore | undefined
  open: boolean
  committed: boolean
}

export interface LeanOptions {
  readonly transactionService: SqlClient.SqlClient["transactionService"]
  readonly borrower: SqlConnection.Borrower
  readonly begin: string
  readonly commit: (connection: Connection) => Step
  /** Makes the connection usable again after a COMMIT that failed. */
  readonly onCommitFailure: (connection: Connection) => Step
  readonly isTransaction: (connection: Connection) => boolean
}

const makeLevel = (parent: Level | undefined): Level => ({
  parent,
  services: undefined,
  afterwards: [],
  turn: undefined,
  open: true,
  committed: false,
})

const told = <R>(effect: Effect.Effect<void, never, R>) =>
  Effect.ignoreCause(effect, { log: "Unhandled", message: "an afterCommit failed" })

export const makeLeanTransactions = (
  options: LeanOptions,
): Pick<SqlClient.SqlClient, "withTransaction" | "afterCommit"> => {
  const service = options.transactionService
  const levels = new WeakMap<Entry, Level>()

  const control = (connection: Connection, sql: string): Step =>
    connection.execute(sql, [], undefined)
  const cleanup = (connection: Connection, sql: string) =>
    Effect.suspend(() =>
      options.isTransaction(connection) ? Effect.orDie(control(connection, sql)) : Effect.void,
    )

  const begin = (connection: Connection): Step =>
    Effect.withFiber((fiber) => {
      const asked = fiber.getRef(SqlClient.BeginTransaction)
      return asked === undefined
        ? control(connection, options.begin)
        : connection.executeUnprepared(asked, [], undefined)
    })

  const commit = (connection: Connection): Step =>
    Effect.catchCause(options.commit(connection), (failed) =>
      Effect.matchCauseEffect(options.onCommitFailure(connection), {
        onFailure: (cleanupFailed) =>
          Effect.orDie(Effect.failCause(Cause.combine(failed, cleanupFailed))),
        onSuccess: () => Effect.failCause(failed),
      }),
    )

  /** From its first statement to its last. To be run uninterruptibly. */
  const run = <A, E, R>(
    level: Level,
    entry: Entry,
    first: Step,
    effect: Effect.Effect<A, E, R>,
    last: (succeeded: boolean) => Step,
  ): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.flatMap(first, () => {
      levels.set(entry, level)
      const noted = Effect.withFiber<A, E, R>((fiber) => {
        level.services = fiber.context
        return effect
      })
      return Effect.onExitPrimitive(
        Effect.provideService(noted, service, entry) as Effect.Effect<A, E, R>,
        (exit) =>
          Effect.map(last(Exit.isSuccess(exit)), () => {
            level.committed = Exit.isSuccess(exit)
          }),
        true,
      )
    })

  const outermost = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.uninterruptibleMask((restore) => {
      const level = makeLevel(undefined)
      const borrowed = options.borrower((connection) =>
        Effect.uninterruptibleMask((within) =>
          run(level, [connection, 0], begin(connection), within(effect), (succeeded) =>
            succeeded ? commit(connection) : cleanup(connection, "ROLLBACK"),
          ),
        ),
      )
      return Effect.onExitPrimitive(
        restore(borrowed),
        () => {
          level.open = false
          return level.committed && level.afterwards.length > 0
            ? Effect.forEach(level.afterwards, told, { discard: true })
            : undefined
        },
        true,
      )
    })

  const nested = <A, E, R>(effect: Effect.Effect<A, E, R>, [connection, depth]: Entry, of: Level) =>
    Effect.uninterruptibleMask((restore) => {
      const level = makeLevel(of)
      const name = `effect_sql_${depth + 1}`
      const release = Effect.suspend(() => cleanup(connection, `RELEASE SAVEPOINT ${name}`))
      const point = run(
        level,
        [connection, depth + 1],
        control(connection, `SAVEPOINT ${name}`),
        restore(effect),
        (succeeded) =>
          succeeded
            ? release
            : Effect.andThen(cleanup(connection, `ROLLBACK TO SAVEPOINT ${name}`), release),
      )
      of.turn ??= Semaphore.makeUnsafe(1)
      return of.turn.withPermit(
        Effect.onExitPrimitive(
          point,
          () => {
            level.open = false
            if (level.committed) of.afterwards.push(...level.afterwards)
            return undefined
          },
          true,
        ),
      )
    })

  return {
    withTransaction: <R, E, A>(effect: Effect.Effect<A, E, R>) =>
      Effect.withFiber<A, E | SqlError.SqlError, R>((fiber) => {
        const entry = Context.getOrUndefined(fiber.context, service)
        return entry === undefined ? outermost(effect) : nested(effect, entry, levels.get(entry)!)
      }),
    afterCommit: <R>(effect: Effect.Effect<void, never, R>) =>
      Effect.withFiber<void, never, R>((fiber) => {
        const entry = Context.getOrUndefined(fiber.context, service)
        const level = entry && levels.get(entry)
        if (level === undefined) return told(effect)
        for (let at: Level | undefined = level; at !== undefined; at = at.parent) {
          if (!at.open) return Effect.die(new Error("afterCommit: the transaction has ended"))
        }
        // It runs later with the services of now, without the transaction: where none were given since
        // the outermost began, these are the ones it will find.
        if (level.parent === undefined && level.services === fiber.context) {
          level.afterwards.push(effect as Effect.Effect<void>)
          return Effect.void
        }
        const services = Context.omit(service)(fiber.context) as Context.Context<R>
        level.afterwards.push(Effect.provideContext(effect, services))
        return Effect.void
      }),
  }
}
