/**
 * `replay`: recorded rows through the whole pipeline, in virtual time.
 */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { existsSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { ONE, price, toMicro } from "@evaluator/domain/money/Micro"
import { loadSettings } from "../Settings.ts"
import * as Flags from "./Flags.ts"
import { Programs } from "./Programs.ts"
import type { ListedDifference } from "./Comparison.ts"
import { printJson, printRows } from "./Output.ts"
import { timeOf } from "./Readable.ts"
import type { ReplayBooks, ReplayOptions } from "./RunOptions.ts"

/** `recorded` or `assume:SPREAD`; `null` when it is neither. */
export const parseBooks = (text: string): ReplayBooks | null => {
  if (text === "recorded") return { kind: "recorded" }
  const match = /^assume:(\d*\.?\d+)$/.exec(text)
  const spread = match === null ? null : toMicro(match[1]!)
  return spread === null || spread <= 0 || spread >= ONE
    ? null
    : { kind: "assumed", spread: price(spread) }
}

const books = Flag.String("books").pipe(
  Flag.withMetavar("recorded|assume:SPREAD"),
  Flag.withDescription(
    "Order books: those of the recording, or built from the tape with a spread in USDC (labelled, never evidence)",
  ),
  Flag.withDefault("recorded"),
  Flag.filterMap(
    (text) => Option.fromNullishOr(parseBooks(text)),
    () => "recorded, or assume:SPREAD such as assume:0.02",
  ),
)

/** Differences in a table for eyes. */
const differencesShown = 40

/** What was decided, and why or at which price. */
const inShort = (one: ListedDifference, of: "a" | "b"): string => {
  const [outcome, gate, value, limit, at, pnl] = [
    "outcome",
    "gate",
    "value",
    "limit",
    "price",
    "pnl_usdc",
  ].map((name) => one[`${of}_${name}` as keyof ListedDifference])
  if (outcome === null || outcome === undefined) return "no copy"
  const why = gate === null ? (at === null ? "" : ` at ${at}`) : ` ${gate} ${value} / ${limit}`
  return `${outcome}${why}${pnl === null ? "" : `, ${pnl}`}`
}

export const replayCommand = Command.make(
  "replay",
  {
    recording: Argument.String("dir").pipe(
      Argument.withDescription(
        "A folder with trades/, activity/, markets/, resolutions/, books/; any may be absent",
      ),
      Argument.filter(
        (dir) => statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true,
        (dir) => `a folder, found ${existsSync(dir) ? "a file" : "nothing"} there`,
      ),
    ),
    follow: Flag.Literals("follow", ["rules", "all"]).pipe(
      Flag.withDescription("Copy the wallets that the rules follow, or every recorded wallet"),
      Flag.withDefault("rules" as const),
    ),
    books,
    config: Flag.String("config").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("A .toml file of settings that differ from the replay profile"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    against: Flag.String("against").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Replay under this file of settings first (a), then under --config (b), and say which decisions differ",
      ),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    keep: Flags.keep,
    json: Flags.json,
  },
  Effect.fn("cli replay")(function* (flags) {
    const load = (file: string | null) =>
      loadSettings({
        profiles: ["replay", ...(file === null ? [] : [resolve(file)])],
        environment: process.env,
      })
    const programs = yield* Programs
    const options: ReplayOptions = {
      loaded: yield* load(flags.config),
      recording: resolve(flags.recording),
      follow: flags.follow,
      books: flags.books,
      keep: flags.keep,
      json: flags.json,
    }
    if (flags.against === null) return yield* programs.replay(options)
    const comparison = yield* programs.compare(options, yield* load(flags.against))
    if (flags.json) return yield* printJson(comparison)
    yield* printRows(flags, { rows: comparison.settings })
    yield* Console.log("")
    yield* printRows(flags, { rows: comparison.strategies })
    yield* Console.log("")
    const { differences } = comparison
    yield* printRows(flags, {
      rows: differences.slice(0, differencesShown).map((one) => ({
        leader_fill_at: timeOf(one.leader_at_ms),
        strategy: one.strategy,
        differs: one.differs,
        a: inShort(one, "a"),
        b: inShort(one, "b"),
        id: one.id,
      })),
      note:
        differences.length > differencesShown
          ? `the first ${differencesShown} of ${differences.length}; --json has all`
          : null,
    })
  }),
).pipe(
  Command.withDescription(
    "Serve a folder of recorded rows from the embedded venue and run the whole pipeline over it in virtual time. The service's own data directory is never touched.",
  ),
  Command.withShortDescription("Replay recorded rows in virtual time"),
  Command.withExamples([
    {
      command: "trader-evaluator replay recorded --follow all --books assume:0.02 --json",
      description: "Copy every recorded wallet against assumed books",
    },
    {
      command: "trader-evaluator replay recorded --follow all --config b.toml --against a.toml",
      description: "Which decisions two settings make otherwise, and what that earned",
    },
  ]),
)
