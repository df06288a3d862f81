/**
 * `replay`: recorded rows through the whole pipeline, in virtual time.
 */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { resolve } from "node:path"
import { ONE, price, toMicro } from "@evaluator/domain/money/Micro"
import { loadSettings } from "../Settings.ts"
import * as Flags from "./Flags.ts"
import { Programs } from "./Programs.ts"
import type { ReplayBooks } from "./RunOptions.ts"

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
    (text) => `expected recorded, or assume:SPREAD such as assume:0.02, found "${text}"`,
  ),
)

export const replayCommand = Command.make(
  "replay",
  {
    recording: Argument.Directory("dir", { mustExist: true }).pipe(
      Argument.withDescription(
        "A folder with trades/, activity/, markets/, resolutions/, books/; any may be absent",
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
    keep: Flags.keep,
    json: Flags.json,
  },
  Effect.fn("cli replay")(function* (flags) {
    const loaded = yield* loadSettings({
      profiles: ["replay", ...(flags.config === null ? [] : [resolve(flags.config)])],
      environment: process.env,
    })
    yield* (yield* Programs).replay({
      loaded,
      recording: resolve(flags.recording),
      follow: flags.follow,
      books: flags.books,
      keep: flags.keep,
      json: flags.json,
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
  ]),
)
