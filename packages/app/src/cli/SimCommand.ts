/**
 * `sim`: a seeded world through the whole pipeline, in virtual time.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { resolve } from "node:path"
import { mostSeed, mostWallets } from "@evaluator/venue/WorldParameters"
import { loadSettings } from "../Settings.ts"
import * as Flags from "./Flags.ts"
import { Programs } from "./Programs.ts"
import { faultIntensities } from "./RunOptions.ts"

const wholeWithin = (least: number, most: number, flag: Flag.Flag<number>) =>
  flag.pipe(
    Flag.filter(
      (given) => given >= least && given <= most,
      () => `a whole number between ${least} and ${most}`,
    ),
  )

/** A century. */
const mostDays = 36_500

export const simCommand = Command.make(
  "sim",
  {
    seed: wholeWithin(0, mostSeed, Flag.Int("seed")).pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Another world of the same kind"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    days: wholeWithin(1, mostDays, Flag.Int("days")).pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Days that the service runs; the world has a past before them"),
      Flag.withDefault(30),
    ),
    wallets: wholeWithin(1, mostWallets, Flag.Int("wallets")).pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Traders in all, in the world's own proportions"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    world: Flag.String("world").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("A world file (JSON): behaviours and parameters; see docs/worlds.md"),
      Flag.optional,
      Flag.map((file) => Option.getOrNull(Option.map(file, (path) => resolve(path)))),
    ),
    faults: Flag.Literals("faults", faultIntensities).pipe(
      Flag.withDescription("How much goes wrong at the venue"),
      Flag.withDefault("none" as const),
    ),
    config: Flag.String("config").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("A .toml file of settings that differ from the sim profile"),
      Flag.optional,
      Flag.map(Option.getOrNull),
    ),
    approveAfter: Flags.duration(
      "approve-after",
      "So long after the start an owner approves the best ranked wallet that is paper traded, as `wallet approve` does",
    ),
    keep: Flags.keep,
    json: Flags.json,
  },
  Effect.fn("cli sim")(function* ({ config, ...flags }) {
    const loaded = yield* loadSettings({
      profiles: ["sim", ...(config === null ? [] : [resolve(config)])],
      environment: process.env,
    })
    yield* (yield* Programs).sim({ loaded, ...flags })
  }),
).pipe(
  Command.withDescription(
    "Run the whole pipeline over a seeded world in virtual time. Same seed and settings, same tables. The service's own data directory is never touched.",
  ),
  Command.withShortDescription("Simulate a seeded world in virtual time"),
  Command.withExamples([
    {
      command: "trader-evaluator sim --seed 7 --days 30 --faults many --json",
      description: "A month of another world, with much going wrong",
    },
  ]),
)
