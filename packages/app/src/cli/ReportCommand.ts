/**
 * `report`: whom to follow and why, as one HTML file that can be opened anywhere.
 */
import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { Clock, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { describeVenue, locate } from "../DirectoryFiles.ts"
import { reportPage } from "../report/ReportPage.ts"
import { version } from "../Version.ts"
import { dataDirectoryFor } from "./Directory.ts"
import { WrongUsage } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { withReports } from "./Reader.ts"

export const reportCommand = Command.make(
  "report",
  {
    out: Flag.String("out").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Where the page is written; a file there is replaced"),
      Flag.withDefault("report.html"),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli report")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const { venue } = locate(directory)
    const page = yield* Effect.gen(function* () {
      const evaluation = yield* EvaluationReports
      const { curve, fidelity } = yield* (yield* PaperReports).receipts("solo")
      return reportPage({
        atMs: yield* Clock.currentTimeMillis,
        venue: venue === null ? null : describeVenue(venue),
        version,
        funnel: yield* evaluation.funnel,
        skill: yield* evaluation.skill,
        curve,
        receipts: fidelity.receipts,
      })
    }).pipe(withReports(directory))
    const file = resolve(flags.out)
    yield* Effect.try({
      try: () => writeFileSync(file, page),
      catch: (cause) => new WrongUsage({ why: `the report cannot be written: ${String(cause)}` }),
    })
    const written = { file, bytes: Buffer.byteLength(page) }
    yield* printRows(flags, { document: written, rows: [written] })
  }),
).pipe(
  Command.withDescription(
    "One HTML file with the verdicts and what they rest on: reasons, what copies earned, promises against outcomes, prices, slippage, controls, the funnel. It needs no network and no script.",
  ),
  Command.withShortDescription("Whom to follow and why, as one HTML file"),
  Command.withExamples([{ command: "trader-evaluator report --out report.html" }]),
)
