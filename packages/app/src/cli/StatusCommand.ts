/**
 * `status`: where things stand, in one page or one document; with `--watch` again and again.
 */
import { Clock, Console, Effect, Option, Schedule } from "effect"
import { Command, Flag, TerminalCapabilities } from "effect/cli"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { connect } from "../ControlClient.ts"
import { describeVenue, locate } from "../DirectoryFiles.ts"
import { status as readStatus } from "../Standing.ts"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printJson, tableStyle } from "./Output.ts"
import { timeOf } from "./Readable.ts"
import { withReports } from "./Reader.ts"
import { statusText } from "./StatusText.ts"
import { screenOf } from "./WatchScreen.ts"

export const watchEvery = "2 seconds"

/** Of a terminal that does not say how high it is. */
const usualRows = 24

const look = Effect.fnUntraced(
  function* (directory: string) {
    const { venue, socket } = locate(directory)
    const reports = yield* EvaluationReports
    const background = {
      verdicts: yield* reports.verdicts,
      filters: yield* reports.filters,
      facts: yield* reports.facts,
      storage: yield* reports.storage,
    }
    const status = yield* readStatus(
      reports,
      yield* PaperReports,
      venue === null ? null : describeVenue(venue),
    )
    const running = yield* connect(socket)
    const service = yield* Option.match(running, {
      onNone: () => Effect.succeed(null),
      onSome: ({ state }) => Effect.orElseSucceed(state, () => null),
    })
    return { status, background, service }
  },
  (effect, directory) => effect.pipe(withReports(directory), Effect.scoped),
)

export const statusCommand = Command.make(
  "status",
  {
    watch: Flag.Boolean("watch").pipe(
      Flag.withDescription("Look again every two seconds until Ctrl-C"),
      Flag.withDefault(false),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli status")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const style = yield* tableStyle
    const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
    const show = Effect.gen(function* () {
      const { status, background, service } = yield* look(directory)
      if (flags.json) return yield* printJson({ ...status, ...background, service })
      const text = statusText(status, service, style, background)
      if (!flags.watch || !canAnimate) return yield* Console.log(text)
      const at = timeOf(yield* Clock.currentTimeMillis)
      const footer = `${at}, again every ${watchEvery}, Ctrl-C ends`
      yield* Console.log(screenOf(text, { rows: process.stdout.rows ?? usualRows, footer }))
    })
    yield* flags.watch ? show.pipe(Effect.repeat(Schedule.spaced(watchEvery))) : show
  }),
).pipe(
  Command.withDescription(
    "Where things stand: the funnel with drop-off and reasons, copies, ledger, ranking, what is due",
  ),
  Command.withShortDescription("Where things stand"),
  Command.withExamples([
    { command: "trader-evaluator status --watch" },
    { command: "trader-evaluator status --json" },
  ]),
)
