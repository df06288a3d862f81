/**
 * What a day leaves to do is found and done: the service goes on in the day's directory, against the
 * same world, which stands still now and is served without faults, for as long as the longest sweep takes;
 * then every job of the background lane runs once more at one moment. Whatever came due till then was
 * looked for after it did, so nothing has been due for longer than {@link justNowMs}, unless a truth
 * query finds something that its job does not.
 */
import { Duration, Effect, Schema } from "effect"
import { type Loaded, loadSettings, type SettingsShape } from "@evaluator/app/Settings"
import { feedsOf } from "@evaluator/app/Sim"
import { runVirtually } from "@evaluator/app/VirtualRun"
import { standStill, type Simulation } from "@evaluator/venue/Simulation"
import { faultsOf, Summary } from "./Equations.ts"

/** In the order in which work flows from one to the other. */
const sweepers = [
  "score-events",
  "discover-wallets",
  "describe-markets",
  "resolve-markets",
  "classify-wallets",
  "measure-drift",
  "score-wallets",
  "weigh-evidence",
  "issue-verdicts",
  "apply-rules",
  "publish-follow-list",
  "snapshot-positions",
] as const

/** How often a kind of work is looked for; 0 for a kind there is not. */
export const sweepOf = (kind: string, settings: SettingsShape): number => {
  const { discovery, jobs, judgement, markets, resolution, rules } = settings
  const periods: Readonly<Record<string, Duration.Duration>> = {
    "wallet-history": jobs.sweep_every,
    "wallet-discovery": discovery.every,
    "wallet-positions": settings.snapshots.every,
    "market-facts": markets.every,
    "market-outcome": resolution.every,
    "wallet-judgement": judgement.every,
    "wallet-score": settings.wallet_scoring.every,
    "wallet-drift": settings.wallet_scoring.every,
    "wallet-rules": rules.every,
    "wallet-evidence": settings.verdicts.weigh_every,
  }
  return Duration.toMillis(periods[kind] ?? Duration.zero)
}

/** What came due within it may still wait for the look that was told of it, or for that run to end. */
export const justNowMs = 60_000

export interface DayBefore {
  readonly to_ms: number
  readonly due: ReadonlyArray<{ readonly kind: string }>
}

/** A day of a world with many faults, its data kept in a folder. */
export const dayWithFaults = (loaded: Loaded, keep: string) => ({
  loaded,
  seed: null,
  days: 1,
  wallets: null,
  world: null,
  faults: "many" as const,
  approveAfter: null,
  keep,
  json: true,
})

/** Goes on where the day in `keep` ended; answers with what does not hold. */
export const quietSweep = Effect.fnUntraced(function* (
  simulation: Simulation,
  day: DayBefore,
  keep: string,
): Effect.fn.Return<ReadonlyArray<string>> {
  const { settings } = yield* loadSettings({
    profiles: ["sim"],
    // Histories have no slots: who is due is looked for when it is.
    environment: { EVALUATOR_JOBS_LEAST_SETTLE: "1s" },
  }).pipe(Effect.orDie)
  const longest = Math.max(...day.due.map(({ kind }) => sweepOf(kind, settings)))
  const still = standStill(simulation, day.to_ms)
  const { seed, epochMs } = simulation.world.parameters
  const document = yield* runVirtually({
    settings,
    keep,
    resumes: true,
    venue: { kind: "embedded", seed, epochMs },
    startMs: day.to_ms,
    endMs: day.to_ms + longest,
    chance: `quiet ${seed}`,
    http: still.http,
    feeds: feedsOf(still),
    onAdvance: () => undefined,
    atEnd: ({ runJob }) =>
      Effect.forEach(sweepers, (job) => Effect.orDie(runJob(job)), { discard: true }),
  }).pipe(Effect.orDie)
  const summary = yield* Schema.decodeUnknownEffect(Summary)(document).pipe(Effect.orDie)
  const { in_flight, undetected } = document.copies
  return [
    ...faultsOf(summary),
    ...(in_flight === 0 ? [] : [`${in_flight} copies are in flight`]),
    ...(undetected === 0 ? [] : [`${undetected} fills are undetected`]),
    ...document.due.flatMap(({ kind, count, oldest_ms }) => {
      const forMs = count === 0 ? 0 : document.to_ms - (oldest_ms ?? 0)
      return forMs <= justNowMs
        ? []
        : [`${count} ${kind} are due, the oldest for ${Math.round(forMs / 60_000)} minutes`]
    }),
  ].map((fault) => `after the quiet sweep: ${fault}`)
})
