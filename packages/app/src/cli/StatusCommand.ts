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
import { watchText } from "./WatchText.ts"
import { screenOf } from "./WatchScreen.ts"

export const watchEvery = "2 seconds"

/** Of a terminal that does not say how large it is. */
const usualRows = 24
const usualColumns = 80

/** The page after its first paragraph, which the live lines begin with. */
const withoutHead = (text: string): string => text.slice(text.indexOf("\n\n") + 2)

const look = Effect.fnUntraced(
  function* (directory: string, doing: boolean) {
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
    const doings = yield* Option.match(running, {
      onSome: ({ jobs, queues }) =>
        doing
          ? Effect.orElseSucceed(Effect.all({ jobs, queues }), () => null)
          : Effect.succeed(null),
      onNone: () => Effect.succeed(null),
    })
    return { status, background, service, doings }
  },
  (effect, directory) => effect.pipe(withReports(directory), Effect.scoped),
)

export const statusCommand = Command.make(
  "status",
  {
    watch: Flag.Boolean("watch").pipe(
      Flag.withDescription(
        "Look again every two seconds until Ctrl-C; on a terminal with what runs and what the queues hold, above the page",
      ),
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
      const live = flags.watch && canAnimate && !flags.json
      const { status, background, service, doings } = yield* look(directory, live)
      if (flags.json) return yield* printJson({ ...status, ...background, service })
      const text = statusText(status, service, style, background)
      if (!live) return yield* Console.log(text)
      const at = timeOf(yield* Clock.currentTimeMillis)
      const footer = `${at}, again every ${watchEvery}, Ctrl-C ends`
      const { columns = usualColumns, rows = usualRows } = process.stdout
      const page = [watchText(status, service, doings, columns), "", withoutHead(text)].join("\n")
      yield* Console.log(screenOf(page, { rows, footer }))
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
