/**
 * `db backup`, `db check`, `db migrate`: care of the two files.
 */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { basename, resolve } from "node:path"
import { freshDirectory, hold } from "../DataDirectory.ts"
import { backUpInto } from "../FileBackup.ts"
import { backupFolder, upgradeSchemas } from "../SchemaUpgrade.ts"
import { dataDirectoryFor } from "./Directory.ts"
import { FaultsFound } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printJson, printRows } from "./Output.ts"
import { openLane } from "./Reader.ts"

const backup = Command.make(
  "backup",
  {
    to: Argument.String("dir").pipe(
      Argument.withDescription(
        "An empty or absent directory; without it one under backups/ with the time in its name",
      ),
      Argument.optional,
      Argument.map(Option.getOrNull),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli db backup")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const folder =
      flags.to === null
        ? yield* backupFolder(directory, "backup")
        : yield* freshDirectory({ keep: resolve(flags.to), prefix: "backup" })
    const manifest = yield* backUpInto(directory, folder)
    yield* printRows(flags, {
      document: { directory: folder, ...manifest },
      rows: manifest.files,
      note: `backed up to ${folder}, checked and hashed`,
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Copy both files while the service runs or not, check the copies and write a manifest with their hashes",
  ),
  Command.withExamples([{ command: "trader-evaluator db backup /mnt/backup/monday" }]),
)

const check = Command.make(
  "check",
  {
    quick: Flag.Boolean("quick").pipe(
      Flag.withDescription("Table by table, without comparing every index with its rows"),
      Flag.withDefault(false),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli db check")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const depth = flags.quick ? "steps" : "whole"
    const faults = yield* Effect.forEach(["evaluation", "paper"] as const, (lane) =>
      openLane(directory, lane).pipe(
        Effect.flatMap((client) => client.integrityCheck(depth)),
        Effect.map((found) => found.map((fault) => ({ lane, fault }))),
        Effect.scoped,
      ),
    ).pipe(Effect.map((found) => found.flat()))
    if (flags.json) yield* printJson({ directory, faults })
    else if (faults.length === 0) yield* Console.log(`no faults in ${directory}`)
    else yield* printRows(flags, { rows: faults })
    if (faults.length > 0) {
      return yield* new FaultsFound({ check: "db check", count: faults.length })
    }
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Look for damage in both files: exit 0 when none is found, 4 with the faults listed",
  ),
  Command.withExamples([{ command: "trader-evaluator db check --json" }]),
)

const migrate = Command.make(
  "migrate",
  { data: Flags.data, json: Flags.json },
  Effect.fn("cli db migrate")(function* (flags) {
    const held = yield* hold({ directory: yield* dataDirectoryFor(flags.data), venue: null })
    const upgrades = yield* upgradeSchemas(held.path)
    const rows = upgrades.map(({ file, from, to, backup: copy }) => ({
      file: basename(file),
      from,
      to,
      backup: copy?.file ?? null,
    }))
    if (rows.length === 0 && !flags.json) return yield* Console.log("both files are current")
    yield* printRows(flags, { document: { upgrades: rows }, rows })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Bring both files to this program's schema, after a backup; the service does the same at its start",
  ),
  Command.withExamples([{ command: "trader-evaluator db migrate" }]),
)

export const dbCommand = Command.make("db").pipe(
  Command.withDescription("Back up, check or migrate the data"),
  Command.withExamples([{ command: "trader-evaluator db check" }]),
  Command.withSubcommands([backup, check, migrate]),
)
