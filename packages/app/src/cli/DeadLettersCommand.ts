/**
 * `dead-letters` and `dead-letters redrive`: what was given up, grouped by cause, and trying it again.
 */
import { Clock, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { LaneName } from "../Control.ts"
import { connect } from "../ControlClient.ts"
import { locate } from "../DirectoryFiles.ts"
import { dataDirectoryFor } from "./Directory.ts"
import { NotFound, WrongUsage } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { tableOf } from "./Table.ts"
import { timeOf } from "./Readable.ts"
import { laneFile } from "./Reader.ts"
import { redrive, redriveOf } from "../Redrives.ts"
import { writing } from "./Writer.ts"

/** Letters of a lane that one redrive takes at most. */
export const redrivenAtOnce = 500

const lettersOf = Effect.fnUntraced(function* (source: string, subject: string | null) {
  const sql = yield* SqliteClient
  // One that is redriven already and waits for its subscriber is not asked for again.
  const where = sql`source = ${source} AND attempts > 0
    AND (${subject} IS NULL OR subject = ${subject})`
  const letters = yield* sql<{ subject: string; cause: string; attempts: number; at_ms: number }>`
    SELECT subject, cause, attempts, at_ms FROM dead_letters
    WHERE ${where} ORDER BY at_ms, id LIMIT ${redrivenAtOnce}`
  const [all] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM dead_letters WHERE ${where}`
  return { letters, left: all!.n - letters.length }
}, Effect.orDie)

const again = Command.make(
  "redrive",
  {
    source: Argument.String("source").pipe(
      Argument.withDescription("Whose letters, as `dead-letters` lists them: ingest-trades"),
    ),
    subject: Argument.String("subject").pipe(
      Argument.withDescription("Only the letter of this subject"),
      Argument.optional,
      Argument.map(Option.getOrNull),
    ),
    apply: Flag.Boolean("apply").pipe(
      Flag.withDescription("Do it; without, only say what would be done"),
      Flag.withDefault(false),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli dead-letters redrive")(function* ({ source, subject, ...flags }) {
    const directory = yield* dataDirectoryFor(flags.data)
    const does = redriveOf(source)
    if (does === null) {
      return yield* new WrongUsage({ why: `no letters come from ${source}; see: dead-letters` })
    }
    const found = yield* Effect.forEach(LaneName.literals, (lane) =>
      lettersOf(source, subject).pipe(
        Effect.map(({ left, letters }) => ({
          left,
          letters: letters.map((row) => ({ lane, ...row })),
        })),
        Effect.provide(laneFile(directory, lane)),
      ),
    )
    const letters = found.flatMap((one) => one.letters)
    const left = found.reduce((sum, one) => sum + one.left, 0)
    if (letters.length === 0) {
      return yield* new NotFound({
        what: `${source} has no dead letter${subject === null ? "" : ` of ${subject}`} to redrive`,
      })
    }
    if (flags.apply) {
      const running = yield* connect(locate(directory).socket)
      const now = yield* Clock.currentTimeMillis
      for (const lane of new Set(letters.map((letter) => letter.lane))) {
        const subjects = letters.filter((one) => one.lane === lane).map((one) => one.subject)
        yield* Option.match(running, {
          onNone: () => redrive(source, subjects, now).pipe(writing(directory, lane)),
          onSome: (service) => service.redrive({ lane, source, subjects }),
        })
      }
    }
    yield* printRows(flags, {
      document: { source, does, applied: flags.apply, letters, left },
      ...tableOf(letters, {
        at: (letter) => timeOf(letter.at_ms),
        lane: (letter) => letter.lane,
        subject: (letter) => letter.subject,
        attempts: (letter) => letter.attempts,
        cause: (letter) => letter.cause.split("\n")[0] ?? "",
      }),
      note: `${
        flags.apply
          ? `${letters.length} redriven: ${does}`
          : `with --apply, for each of these ${letters.length}: ${does}`
      }${left === 0 ? "" : `; ${left} more are left for the next redrive`}`,
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Say what trying these letters again would do, and with --apply do it: in the running service, else in the files",
  ),
  Command.withShortDescription("Try dead letters again"),
  Command.withExamples([
    { command: "trader-evaluator dead-letters redrive ingest-trades" },
    { command: "trader-evaluator dead-letters redrive ingest-trades 0x… --apply" },
  ]),
)

export const deadLettersCommand = Command.make(
  "dead-letters",
  { data: Flags.data, json: Flags.json, csv: Flags.csv },
  Effect.fn("cli dead-letters")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const lanes = yield* Effect.forEach(LaneName.literals, (lane) =>
      DeadLetters.grouped.pipe(
        Effect.map((groups) => groups.map((group) => ({ lane, ...group }))),
        Effect.provide(laneFile(directory, lane)),
      ),
    )
    const groups = lanes.flat()
    yield* printRows(flags, {
      document: { groups },
      ...tableOf(groups, {
        lane: (group) => group.lane,
        source: (group) => group.source,
        letters: (group) => group.letters,
        waiting: (group) => group.waiting,
        oldest: (group) => timeOf(group.oldestMs),
        newest: (group) => timeOf(group.newestMs),
        cause: (group) => group.cause,
        example: (group) => group.example,
      }),
      note: groups.length === 0 ? "nothing was given up" : null,
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "What was given up after its attempts and is left alone until redriven, grouped by source and cause",
  ),
  Command.withShortDescription("What was given up, by cause"),
  Command.withExamples([
    { command: "trader-evaluator dead-letters" },
    { command: "trader-evaluator dead-letters redrive watch" },
  ]),
  Command.withSubcommands([again]),
)
