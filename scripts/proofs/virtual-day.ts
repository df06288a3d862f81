/**
 * Proof `virtual-day`: a day of a seeded world with many faults, twenty seeds, in this process, so that
 * its queues and its heap can be looked at every quarter of an hour of virtual time.
 *
 * Every queue's counters conserve at every look; no item waited longer than its queue's worst delay;
 * what is held does not grow from the second quarter of the day to the last by more than {@link mayGrow};
 * every dead letter has its cause; what is due at the end has been so for less than the period of the
 * sweep that finds it: the venue is not quiet, so something always is. Then it is quiet for one sweep of
 * everything (packages/testkit/src/QuietSweep.ts), and nothing is due any more but what came due within the last minute.
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Logger, Metric, Schema } from "effect"
import { loadSettings } from "@evaluator/app/Settings"
import { months, simulateDays } from "@evaluator/app/Sim"
import { faultsOf, Summary } from "@evaluator/testkit/Equations"
import { growth, watchQueues } from "@evaluator/testkit/QueueWatch"
import { dayWithFaults, justNowMs, quietSweep, sweepOf } from "@evaluator/testkit/QuietSweep"
import { simulate } from "@evaluator/venue/Simulation"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 7
const seeds = 20
const lookEveryMs = 15 * 60_000
const mayGrow = 0.15

export const proof: Proof = {
  name: "virtual-day",
  about: `a day of virtual time with many faults, ${seeds} seeds: queues conserve, nobody waits too long, memory is flat; after one quiet sweep nothing is due.`,
  run: async ({ count, folder, once }) => {
    const wanted = count ?? seeds
    for (let seed = firstSeed; seed < firstSeed + wanted; seed++) {
      await once(`seed ${seed}`, () =>
        Effect.runPromise(dayOf(seed, join(folder, `seed-${seed}`)).pipe(Effect.scoped)),
      )
    }
  },
}

interface Letters {
  readonly source: string
  readonly letters: number
  readonly causeless: number
}

const lettersIn = (folder: string): ReadonlyArray<Letters> =>
  ["evaluator.db", "paper.db"].flatMap((file) => {
    using database = new DatabaseSync(join(folder, file), { readOnly: true })
    const rows = database
      .prepare(
        "SELECT source, count(*) AS letters, sum(trim(cause) = '') AS causeless FROM dead_letters GROUP BY source",
      )
      .all()
    return rows as unknown as ReadonlyArray<Letters>
  })

const dayOf = Effect.fnUntraced(function* (
  seed: number,
  keep: string,
): Effect.fn.Return<CaseResult> {
  rmSync(keep, { recursive: true, force: true })
  const watch = watchQueues(lookEveryMs)
  const loaded = yield* loadSettings({ profiles: ["sim"], environment: {} }).pipe(Effect.orDie)
  const simulation = simulate({ parameters: { ...months, seed }, faults: "many" })
  const day = yield* simulateDays(dayWithFaults(loaded, keep), {
    simulation,
    onAdvance: watch.moved,
  }).pipe(
    Effect.provide(Logger.layer([])),
    Effect.provideService(Metric.MetricRegistry, watch.registry),
    Effect.orDie,
  )
  const summary = yield* Schema.decodeUnknownEffect(Summary)(day).pipe(Effect.orDie)
  const letters = lettersIn(keep)
  const quiet = yield* quietSweep(simulation, day, keep).pipe(Effect.provide(Logger.layer([])))
  rmSync(keep, { recursive: true, force: true })
  const grown = growth(watch.heap)
  const faults = [
    ...faultsOf(summary),
    ...watch.faults(),
    ...letters.flatMap(({ source, causeless }) =>
      causeless === 0 ? [] : [`${causeless} dead letters of ${source} have no cause`],
    ),
    ...day.due.flatMap(({ kind, count, oldest_ms }) => {
      const forMs = count === 0 ? 0 : day.to_ms - (oldest_ms ?? 0)
      return forMs <= sweepOf(kind, loaded.settings) + justNowMs
        ? []
        : [`${count} ${kind} are due, the oldest for ${Math.round(forMs / 60_000)} minutes`]
    }),
    ...(grown <= mayGrow ? [] : [`the heap grew by ${Math.round(grown * 100)} %`]),
    ...(day.copies.in_flight > 0 ? [`${day.copies.in_flight} copies are in flight`] : []),
    ...(day.copies.undetected > 0 ? [`${day.copies.undetected} fills are undetected`] : []),
    ...quiet,
  ]
  return {
    held: faults.length === 0,
    faults,
    row: {
      seed,
      trades: day.funnel["trades"] ?? 0,
      "leader fills": day.copies.leader_fills,
      "queued items": day.queues.reduce((sum, { offered }) => sum + offered, 0),
      "faults served": Object.values(day.faults).reduce((sum, served) => sum + served, 0),
      "dead letters": letters.reduce((sum, group) => sum + group.letters, 0),
      "due at the end": day.due.reduce((sum, { count }) => sum + count, 0),
      looks: watch.heap.length,
      "heap MB": Math.round(Math.max(...watch.heap)),
      "growth %": Math.round(grown * 100),
      seconds: Math.round(day.wall_ms / 1000),
    },
  }
})
