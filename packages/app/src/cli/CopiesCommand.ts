/**
 * `copies`: what became of every fill of a followed wallet. `copies retry` and `copies void`: what an
 * owner does about one that is stuck.
 */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { FillId } from "@evaluator/domain/Id"
import { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { CopyState } from "@evaluator/domain/paper/CopyState"
import type { StuckVerb } from "@evaluator/paper/StuckCopies"
import { mostCopies, readCopies } from "./CopyRows.ts"
import { dataDirectoryFor, handlersFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { timeOf } from "./Readable.ts"
import { openLane } from "./Reader.ts"

/** Copies in a table for eyes when no limit is given; a document or CSV has all of them. */
export const defaultLimit = 40

const oneOf = <const Names extends ReadonlyArray<string>>(
  name: string,
  names: Names,
  about: string,
) =>
  Flag.Literals(name, names).pipe(
    Flag.withDescription(about),
    Flag.optional,
    Flag.map(Option.getOrNull),
  )

const strategyFlag = (about: string) => oneOf("strategy", Strategy.literals, about)

const freeing = (verb: StuckVerb, about: string) =>
  Command.make(
    verb,
    {
      id: Argument.String("id").pipe(
        Argument.withDescription("A fill, 32 hex digits, as `copies --state stuck` lists them"),
        Argument.withSchema(FillId),
      ),
      reason: Flag.String("reason").pipe(
        Flag.withMetavar("TEXT"),
        Flag.withDescription("Why, for the audit row"),
      ),
      strategy: strategyFlag("Only the copy of this strategy; all that are stuck when absent"),
      data: Flags.data,
      json: Flags.json,
    },
    Effect.fn(`cli copies ${verb}`)(function* ({ id, reason, strategy, ...flags }) {
      const handlers = yield* handlersFor({ data: flags.data, profiles: [] })
      const document = yield* handlers.freeStuck({ verb, fill: id, strategy, reason })
      yield* printRows(flags, {
        document,
        rows: document.freed.map((one) => ({ ...one })),
        note: "compensated: nothing is promised to it any more",
      })
    }, Effect.scoped),
  ).pipe(
    Command.withDescription(
      `${about} Its outcome stays FAILED. Leaves an audit row; works through the running service, or alone while none runs. Exits 1 when no copy of the fill is stuck, or one stays so.`,
    ),
    Command.withShortDescription(about),
    Command.withExamples([
      {
        command: `trader-evaluator copies ${verb} 0123456789abcdef0123456789abcdef --reason "the disk was full"`,
      },
    ]),
  )

export const copiesCommand = Command.make(
  "copies",
  {
    outcome: oneOf("outcome", CopyOutcome.literals, "Only copies that ended so"),
    state: oneOf("state", CopyState.literals, "Only copies in this state"),
    strategy: strategyFlag("Only copies of this strategy"),
    wallet: Flag.String("wallet").pipe(
      Flag.withMetavar("ADDRESS"),
      Flag.withDescription("Only copies of this leader"),
      Flag.withSchema(Flags.AddressText),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    limit: Flags.limit,
    data: Flags.data,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli copies")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const sql = yield* openLane(directory, "paper")
    const forPrograms = flags.json || flags.csv
    const limit = Math.min(flags.limit ?? (forPrograms ? mostCopies : defaultLimit), mostCopies)
    const copies = yield* readCopies(sql, flags, limit)
    const complete = copies.length < limit
    if (forPrograms) {
      return yield* printRows(flags, { document: { complete, copies }, rows: copies })
    }
    yield* printRows(flags, {
      rows: copies.map((copy) => ({
        leader_fill_at: timeOf(copy.leader_at_ms),
        wallet: `${copy.wallet.slice(0, 10)}…`,
        side: copy.side,
        leader_price: copy.leader_price,
        outcome: copy.outcome ?? copy.state,
        shares: copy.shares,
        usdc: copy.gross_usdc,
        fee: copy.fee_usdc,
        pnl: copy.pnl_usdc,
        id: copy.id,
      })),
      note: complete
        ? "why ID says why"
        : `the newest ${limit}; --limit shows more, why ID says why`,
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription("What became of every fill of a followed wallet, newest first"),
  Command.withExamples([
    { command: "trader-evaluator copies --outcome SKIPPED_NO_BOOK --limit 20" },
    { command: "trader-evaluator copies --csv" },
  ]),
  Command.withSubcommands([
    freeing("retry", "Take back once more what is promised to a copy that is stuck."),
    freeing(
      "void",
      "Set the balances of a stuck copy's book to their postings, then take its promise back.",
    ),
  ]),
)
