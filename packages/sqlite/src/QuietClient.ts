/**
 * A client without a span for each statement and transaction.
 *
 * Effect gives every statement a span, and no option of `SqlClient.make` turns that off; here a span
 * costs more than a point select. A quiet statement goes straight to the connection, and transactions
 * are those of `LeanTransactions.ts`; what runs inside one sees the tracer and the parent span it had before.
 *
 * With {@link TransactionSpans} an outermost transaction is one CLIENT span, which makes the file a node
 * of the service graph, but only within a span that was chosen to be kept: otherwise it costs a look.
 *
 * Promises: apart from spans, the client behaves as the one it wraps; spans opened by the caller,
 * inside and outside a transaction, keep their parents. `Statement.CurrentTransformer` is honoured.
 */
import { Context, Effect, Effectable, type Fiber, References, Stream, Tracer } from "effect"
import { externalPeers, peerAttributes, spans } from "@evaluator/telemetry/Names"
import { type SqlClient, type SqlConnection, type SqlError, Statement } from "effect/sql"

type Connection = SqlConnection.Connection
type Transform = Parameters<Connection["execute"]>[2]

/** Where a statement finds its connection: the open transaction's, else one borrowed or leased. */
interface Lender {
  readonly transactionService: SqlClient.SqlClient["transactionService"]
  readonly acquirer: SqlConnection.Acquirer
  readonly borrower: SqlConnection.Borrower
  readonly transformRows: Transform
}

const untraced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, References.TracerEnabled, false)

/** Text and values of a statement, as a compiler hands them over. */
type Compiled = readonly [sql: string, values: ReadonlyArray<unknown>]

const isValue = (value: unknown): boolean =>
  value === null ||
  value instanceof Uint8Array ||
  typeof value === "string" ||
  typeof value === "number" ||
  typeof value === "bigint" ||
  typeof value === "boolean"

const plainTexts = new WeakMap<TemplateStringsArray, string>()

/** A template whose gaps hold nothing but values: its text is the same every time. */
const plainly = (
  strings: TemplateStringsArray,
  values: ReadonlyArray<unknown>,
): Compiled | undefined => {
  if (!values.every(isValue)) return undefined
  let text = plainTexts.get(strings)
  if (text === undefined) plainTexts.set(strings, (text = strings.join("?")))
  return [text, values]
}

class QuietStatement<A>
  extends Effectable.Class<ReadonlyArray<A>, SqlError.SqlError>
  implements Statement.Statement<A>
{
  readonly "~effect/sql/Statement/Fragment" = "~effect/sql/Statement/Fragment" as const
  private readonly makeStock: () => Statement.Statement<A>
  private readonly lender: Lender
  private readonly plain: Compiled | undefined
  private made: Statement.Statement<A> | undefined

  constructor(makeStock: () => Statement.Statement<A>, lender: Lender, plain?: Compiled) {
    super()
    this.makeStock = makeStock
    this.lender = lender
    this.plain = plain
  }

  private get stock() {
    return (this.made ??= this.makeStock())
  }

  get segments() {
    return this.stock.segments
  }
  compile(withoutTransform?: boolean) {
    return this.plain ?? this.stock.compile(withoutTransform)
  }

  private lend<X>(
    stock: () => Effect.Effect<X, SqlError.SqlError>,
    run: (connection: Connection) => Effect.Effect<X, SqlError.SqlError>,
  ): Effect.Effect<X, SqlError.SqlError> {
    return Effect.withFiber((fiber) => {
      if (fiber.getRef(Statement.CurrentTransformer) !== undefined) return untraced(stock())
      const open = openConnection(fiber, this.lender)
      return open === undefined ? this.lender.borrower(run) : run(open)
    })
  }

  asEffect(): Effect.Effect<ReadonlyArray<A>, SqlError.SqlError> {
    return this.lend(
      () => this.stock,
      (connection) => connection.execute(...this.compile(), this.lender.transformRows),
    )
  }
  get withoutTransform() {
    return this.lend<ReadonlyArray<A>>(
      () => this.stock.withoutTransform,
      (connection) => connection.execute(...this.compile(true), undefined),
    )
  }
  get raw() {
    return this.lend<unknown>(
      () => this.stock.raw,
      (connection) => connection.executeRaw(...this.compile(true)),
    )
  }
  get values() {
    return this.lend<ReadonlyArray<ReadonlyArray<unknown>>>(
      () => this.stock.values,
      (connection) => connection.executeValues(...this.compile()),
    )
  }
  get valuesUnprepared() {
    return this.lend<ReadonlyArray<ReadonlyArray<unknown>>>(
      () => this.stock.valuesUnprepared,
      (connection) => connection.executeValuesUnprepared(...this.compile()),
    )
  }
  get unprepared() {
    return this.lend<ReadonlyArray<A>>(
      () => this.stock.unprepared,
      (connection) => connection.executeUnprepared(...this.compile(), this.lender.transformRows),
    )
  }
  get stream(): Stream.Stream<A, SqlError.SqlError> {
    return Stream.provideService(this.stock.stream, References.TracerEnabled, false)
  }
}

const openConnection = (
  fiber: Fiber.Fiber<unknown, unknown>,
  lender: Lender,
): Connection | undefined => Context.getOrUndefined(fiber.context, lender.transactionService)?.[0]

/** Whether transactions are seen in traces; where spans go nowhere they need not be. */
export const TransactionSpans = Context.Reference<boolean>("sqlite/TransactionSpans", {
  defaultValue: () => false,
})

export interface QuietOptions extends Omit<Lender, "transactionService"> {
  /** The file's name, where transactions are spans; `null` where they are none. */
  readonly spansOf: string | null
  readonly transactions: Pick<SqlClient.SqlClient, "withTransaction" | "afterCommit">
}

/** The client with quiet statements and transactions. */
export const quieten = (
  client: SqlClient.SqlClient,
  options: QuietOptions,
): SqlClient.SqlClient => {
  const spanOptions = {
    kind: "client",
    captureStackTrace: false,
    attributes: {
      ...peerAttributes(externalPeers.sqlite),
      "db.system.name": "sqlite",
      "db.namespace": options.spansOf,
    },
  } as const
  const lender = { ...options, transactionService: client.transactionService }

  const { afterCommit } = options.transactions
  const withTransaction = <R, E, A>(effect: Effect.Effect<A, E, R>) =>
    options.spansOf === null
      ? options.transactions.withTransaction(effect)
      : Effect.withFiber<A, E | SqlError.SqlError, R>((fiber) => {
          const quiet = options.transactions.withTransaction(effect)
          const parent = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
          return parent?.sampled === true &&
            fiber.getRef(References.TracerEnabled) &&
            openConnection(fiber, lender) === undefined
            ? Effect.useSpan(spans.transaction, spanOptions, () => quiet)
            : quiet
        })

  const template = (strings: TemplateStringsArray | string, ...values: Array<unknown>) =>
    typeof strings === "string"
      ? client(strings)
      : new QuietStatement(() => client(strings, ...values), lender, plainly(strings, values))

  const quiet: SqlClient.SqlClient = Object.assign(template as SqlClient.SqlClient, client, {
    withTransaction,
    afterCommit,
    unsafe: <A extends object>(sql: string, values?: ReadonlyArray<unknown>) =>
      new QuietStatement(() => client.unsafe<A>(sql, values), lender, [sql, values ?? []]),
    withoutTransforms: () =>
      options.transformRows === undefined
        ? quiet
        : quieten(client.withoutTransforms(), { ...options, transformRows: undefined }),
  })
  return Object.assign(quiet, { safe: quiet })
}
