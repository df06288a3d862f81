/**
 * `copies`: what became of every fill of a followed wallet.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { CopyState } from "@evaluator/domain/paper/CopyState"
import { mostCopies, readCopies } from "./CopyRows.ts"
import { dataDirectoryFor } from "./Directory.ts"
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

export const copiesCommand = Command.make(
  "copies",
  {
    outcome: oneOf("outcome", CopyOutcome.literals, "Only copies that ended so"),
    state: oneOf("state", CopyState.literals, "Only copies in this state"),
    strategy: oneOf("strategy", Strategy.literals, "Only copies of this strategy"),
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
)
