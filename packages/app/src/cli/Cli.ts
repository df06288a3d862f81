/**
 * The command line: every command, how mistakes are told, and the exit code.
 *
 * Promises: a mistake is said on stderr in plain words and stdout stays empty, so that a pipe gets
 * either what it asked for or nothing; the code is that of {@link ExitCode}.
 */
import { Console, Effect, Exit, Layer, Logger, References } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { version } from "../Version.ts"
import { copiesCommand } from "./CopiesCommand.ts"
import { configCommand } from "./ConfigCommand.ts"
import { dbCommand } from "./DbCommand.ts"
import { deadLettersCommand } from "./DeadLettersCommand.ts"
import { doctorCommand } from "./DoctorCommand.ts"
import { eventsCommand } from "./EventsCommand.ts"
import { endingOf } from "./ExitCode.ts"
import { haltCommand, resumeCommand } from "./HaltCommand.ts"
import { jobCommand } from "./JobCommand.ts"
import { ledgerCommand } from "./LedgerCommand.ts"
import { quarantineCommand } from "./QuarantineCommand.ts"
import { pauseQueueCommand, queuesCommand, resumeQueueCommand } from "./QueuesCommand.ts"
import { rankCommand } from "./RankCommand.ts"
import { replayCommand } from "./ReplayCommand.ts"
import { reportCommand } from "./ReportCommand.ts"
import { runCommand } from "./RunCommand.ts"
import { runsCommand } from "./RunsCommand.ts"
import { simCommand } from "./SimCommand.ts"
import { statusCommand } from "./StatusCommand.ts"
import { walletCommand } from "./WalletCommand.ts"
import { whyCommand } from "./WhyCommand.ts"

export const rootCommand = Command.make("trader-evaluator").pipe(
  Command.withDescription(
    "Finds Polymarket wallets worth following, proves it by copying them on paper, and ranks them with evidence.",
  ),
  Command.withExamples([
    { command: "trader-evaluator run --for 60s", description: "See the whole path in a minute" },
    { command: "trader-evaluator status", description: "Where things stand" },
  ]),
  Command.withSubcommands([
    { group: "Service", commands: [runCommand, replayCommand, simCommand, jobCommand] },
    {
      group: "State",
      commands: [
        statusCommand,
        rankCommand,
        walletCommand,
        reportCommand,
        whyCommand,
        copiesCommand,
        ledgerCommand,
        eventsCommand,
        queuesCommand,
        runsCommand,
        deadLettersCommand,
        quarantineCommand,
      ],
    },
    {
      group: "Operation",
      commands: [
        haltCommand,
        resumeCommand,
        pauseQueueCommand,
        resumeQueueCommand,
        configCommand,
        dbCommand,
        doctorCommand,
      ],
    },
  ]),
)

/** Help on stdout when it was asked for; a mistake on stderr with where to read more. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          [
            ...event.errors.map((error) => error.message),
            "",
            `See: ${event.commandPath.join(" ")} --help`,
          ].join("\n"),
        )
      : CliOutput.defaultPresenter.present(event),
}

const surroundings = Layer.mergeAll(
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  // Commands speak on stdout; whatever is logged beside them must not get into the document.
  Layer.succeed(Logger.LogToStderr, true),
  Layer.succeed(References.MinimumLogLevel, "Warn"),
)

/** Runs one command line and answers the exit code. */
export const execute = Effect.fnUntraced(function* (argv: ReadonlyArray<string>) {
  const exit = yield* Command.runWith(rootCommand, { version })(argv).pipe(
    Effect.provide(surroundings),
    Effect.exit,
  )
  if (Exit.isSuccess(exit)) return 0
  const { code, says } = endingOf(exit.cause)
  if (says !== null) yield* Console.error(says)
  return code
})
