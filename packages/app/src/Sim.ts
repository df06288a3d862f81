/**
 * `sim`: a seeded world of the embedded venue, in virtual time, with faults if wanted.
 *
 * The service starts where the world's past ends and runs for so many days.
 */
import { Effect, Layer, Schedule, Stream } from "effect"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { portInProcess } from "@evaluator/polymarket/BookPort"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { simulate, type Simulation } from "@evaluator/venue/Simulation"
import { loadWorldFile } from "@evaluator/venue/WorldFile"
import type { WorldChanges } from "@evaluator/venue/WorldParameters"
import type { SimOptions } from "./cli/RunOptions.ts"
import { printing, runVirtually, type VirtualRunOptions } from "./VirtualRun.ts"
import type { Feeds } from "./Wiring.ts"

const dayMs = 86_400_000

/** A client that is hung up on connects again after this long. */
const reconnectAfter = "5 seconds"

/** Months at the past's pace, without the quick events that `run` shows something with at once. */
export const months = { liveTradesPerSecond: null, quickEventEveryMs: 0 } satisfies WorldChanges

const worldOf = Effect.fnUntraced(function* (options: SimOptions, shown: WorldChanges) {
  const world: WorldChanges =
    options.world === null ? shown : yield* loadWorldFile(options.world, shown)
  return {
    ...world,
    ...(options.seed !== null && { seed: options.seed }),
    ...(options.wallets !== null && { wallets: options.wallets }),
  } satisfies WorldChanges
})

/** The sockets of a simulation as a lane has them. */
export const feedsOf = ({ books, trades }: Simulation): Feeds =>
  Layer.merge(
    TradeFeed.layerOf(Stream.repeat(trades, Schedule.spaced(reconnectAfter))),
    BookFeed.layerOf(portInProcess(books)),
  )

/** What a test may have otherwise. */
export interface SimSetting extends Pick<VirtualRunOptions, "onAdvance" | "shuffle"> {
  /** In place of the default world. */
  readonly world?: WorldChanges
  /** In place of what the options describe: its world, faults and seed. */
  readonly simulation?: Simulation
}

/** Runs the days and answers with the summary and what was served wrong. */
export const simulateDays = Effect.fnUntraced(function* (
  options: SimOptions,
  { world: shown = months, simulation: given, ...watched }: SimSetting = {},
) {
  const simulation =
    given ?? simulate({ parameters: yield* worldOf(options, shown), faults: options.faults })
  const { seed, epochMs } = simulation.world.parameters
  yield* Effect.logInfo(`simulating ${options.days} days of the world with seed ${seed}`)
  const document = yield* runVirtually({
    settings: options.loaded.settings,
    keep: options.keep,
    venue: { kind: "embedded", seed, epochMs },
    startMs: epochMs,
    endMs: epochMs + options.days * dayMs,
    chance: `sim ${seed}`,
    http: simulation.http,
    feeds: feedsOf(simulation),
    owner: options.approveAfter === null ? null : { approvesAfter: options.approveAfter },
    ...watched,
  })
  return { ...document, faults: simulation.plan.served }
})

/** Simulates and prints the summary. */
export const sim = (options: SimOptions) => simulateDays(options).pipe(printing(options))
