/**
 * `wallet ADDRESS`: everything both lanes know about a wallet, in plain words with the rows behind.
 * `wallet approve ADDRESS`: an owner's approval of what is paper traded.
 */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { dataDirectoryFor, handlersFor } from "./Directory.ts"
import { NotFound } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printRows, printSections } from "./Output.ts"
import { withReports } from "./Reader.ts"

const approve = Command.make(
  "approve",
  { address: Flags.address, data: Flags.data, json: Flags.json },
  Effect.fn("cli wallet approve")(function* (flags) {
    const handlers = yield* handlersFor({ data: flags.data, profiles: [] })
    const approval = yield* handlers.approveWallet(flags.address)
    yield* printRows(flags, { document: approval, rows: [{ ...approval }] })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Approve a wallet that is paper traded, before its copies have earned it; a breach still stops it. The move is kept with its reason.",
  ),
  Command.withShortDescription("Approve a wallet that is paper traded"),
  Command.withExamples([
    {
      command: "trader-evaluator wallet approve 0x1234567890abcdef1234567890abcdef12345678",
    },
  ]),
)

export const walletCommand = Command.make(
  "wallet",
  { address: Flags.address, data: Flags.data, json: Flags.json },
  Effect.fn("cli wallet")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const sections = yield* Effect.gen(function* () {
      const found = yield* (yield* EvaluationReports).wallet(flags.address)
      const copied = yield* (yield* PaperReports).wallet(flags.address)
      return [...found, ...copied]
    }).pipe(withReports(directory))
    if (sections.length === 0) {
      return yield* new NotFound({
        what: `the wallet ${flags.address} is not on the watchlist: it was not among the holders and traders of a selected event, nor on a leaderboard`,
      })
    }
    yield* printSections(flags, sections)
  }),
).pipe(
  Command.withDescription(
    "Everything known about a wallet: where it was found, how much of its history is here, features, failed gates, persona, scores, rules, follows, copies",
  ),
  Command.withShortDescription("Everything known about a wallet"),
  Command.withExamples([
    { command: "trader-evaluator wallet 0x1234567890abcdef1234567890abcdef12345678" },
  ]),
  Command.withSubcommands([approve]),
)
