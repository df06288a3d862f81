/**
 * `why ID`: why something is as it is, from both lanes, in sentences with the rows they rest on.
 */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { FillId, WalletAddress } from "@evaluator/domain/Id"
import type { Section } from "@evaluator/domain/report/Section"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { Option } from "effect"
import { dataDirectoryFor } from "./Directory.ts"
import { NotFound } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printSections } from "./Output.ts"
import { openLane, withReports } from "./Reader.ts"

/** An event of the fast lane's own log; the background lane explains those of its log itself. */
const paperEvent = Effect.fnUntraced(function* (directory: string, id: string) {
  const sql = yield* openLane(directory, "paper")
  const rows = yield* sql<{
    seq: number
    type: string
    at_ms: number
    correlation_id: string
    causation_id: string | null
    payload: string
  }>`SELECT seq, type, at_ms, correlation_id, causation_id, payload FROM events
    WHERE id = ${id}`.pipe(Effect.orDie)
  return rows.map((row): Section => ({
    title: `Event ${row.type} of the fast lane`,
    says: [
      `It is number ${row.seq} in the log of paper.db.`,
      row.causation_id === null
        ? "Nothing else caused it."
        : `Event ${row.causation_id} caused it; why ${row.causation_id} goes on from there.`,
      `events --correlation ${row.correlation_id} lists everything with the same cause.`,
    ],
    rows: [{ ...row }],
  }))
}, Effect.scoped)

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

export const whyCommand = Command.make(
  "why",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription(
        "A wallet, condition or transaction (0x…), a fill (32 hex digits, as in copies), an event (as in events), verdict-N, model-N or ADDRESS:PART (as in wallet)",
      ),
      Argument.map((text) => text.trim().toLowerCase()),
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
    const all = [...sections, ...(yield* paperEvent(directory, id))]
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
