/**
 * `why ID`: why something is as it is, from both lanes, in sentences with the rows they rest on.
 */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { FillId, WalletAddress } from "@evaluator/domain/Id"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { Option } from "effect"
import { dataDirectoryFor } from "./Directory.ts"
import { NotFound } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printSections } from "./Output.ts"
import { withReports } from "./Reader.ts"
import { whyEvent } from "./WhyEvent.ts"

const askPaper = Effect.fnUntraced(function* (id: string) {
  const reports = yield* PaperReports
  const fill = FillId.makeOption(id)
  if (Option.isSome(fill)) return yield* reports.why(fill.value)
  const [address, part] = id.split(":")
  const wallet = WalletAddress.makeOption(address!)
  if (Option.isNone(wallet)) return []
  return part === undefined
    ? yield* reports.wallet(wallet.value)
    : yield* reports.trace(wallet.value, part)
})

/** A fill is named with and without 0x. */
const asAnId = (text: string): string => (/^0x[0-9a-f]{32}$/.test(text) ? text.slice(2) : text)

export const whyCommand = Command.make(
  "why",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription(
        "A wallet, condition or transaction (0x…), a fill (32 hex digits, as in copies), an event (as in events), verdict-N, model-N or ADDRESS:PART (as in wallet)",
      ),
      Argument.map((text) => asAnId(text.trim().toLowerCase())),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli why")(function* ({ id, ...flags }) {
    const directory = yield* dataDirectoryFor(flags.data)
    const sections = yield* Effect.gen(function* () {
      const found = yield* (yield* EvaluationReports).why(id)
      return [...found, ...(yield* askPaper(id))]
    }).pipe(withReports(directory))
    const all = [...sections, ...(yield* whyEvent(directory, id))]
    if (all.length === 0) {
      return yield* new NotFound({
        what: `nothing here has the id ${id}; ids stand in rank, copies and events (a wallet, condition or transaction 0x…, a fill of 32 hex digits, an event id)`,
      })
    }
    yield* printSections(flags, all)
  }),
).pipe(
  Command.withDescription(
    "Why a wallet, market, fill or event is as it is: sentences in plain words, each with the rows it rests on",
  ),
  Command.withShortDescription("Why something is as it is"),
  Command.withExamples([
    { command: "trader-evaluator why 0123456789abcdef0123456789abcdef" },
    { command: "trader-evaluator why 0x1234567890abcdef1234567890abcdef12345678 --json" },
    { command: "trader-evaluator why 0x1234567890abcdef1234567890abcdef12345678:numbers" },
  ]),
)
