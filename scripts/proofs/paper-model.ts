/**
 * Proof `paper-model`: the fast lane on a real file against a model of a page
 * (packages/paper/test/model): fills one by one and several at once, sales, exits, fills that fail,
 * halts, resolutions and their corrections, crashes, repeats and late ones, in seeded sequences, end in the
 * same cash, lots and outcomes; fills that come at once, as in one of the orders they can be decided in.
 */
import { Arbitrary, Effect, Logger, Metric } from "effect"
import { TestClock } from "effect/testing"
import { beginnings, Commands, endingAfter } from "../../packages/paper/test/model/ModelRuns.ts"
import type { CaseResult, Proof } from "./Proof.ts"

const runs = 10_000
const runsACase = 250
const firstSeed = 2001

const caseOf = Effect.fnUntraced(function* (seed: number, size: number) {
  const outcomes: Record<string, number> = {}
  const root = yield* beginnings.pipe(Effect.provide(TestClock.layer()))
  const result = yield* Arbitrary.checkEffect(
    Arbitrary.schema(Commands),
    (commands) =>
      endingAfter(commands, root).pipe(
        Effect.provide(TestClock.layer()),
        Effect.provideService(Metric.MetricRegistry, new Map()),
        Effect.map((ending) => {
          for (const outcome of ending.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
          return ending.difference === null
        }),
      ),
    { runs: size, seed },
  )
  const complaint = Arbitrary.formatCheckFailure(result)
  const tally = Object.entries(outcomes).toSorted()
  return {
    held: complaint === undefined,
    faults: complaint === undefined ? [] : [complaint],
    row: { seed, runs: size, outcomes: tally.map(([name, n]) => `${name} ${n}`).join(", ") },
  } satisfies CaseResult as CaseResult
}, Effect.scoped)

export const proof: Proof = {
  name: "paper-model",
  about: `${runs} command sequences: the fast lane and a model of a page never differ.`,
  run: async ({ count, once }) => {
    const wanted = count ?? runs
    for (let at = 0, seed = firstSeed; at < wanted; at += runsACase, seed++) {
      const size = Math.min(runsACase, wanted - at)
      await once(`seed ${seed}, ${size} runs`, () =>
        Effect.runPromise(caseOf(seed, size).pipe(Effect.provide(Logger.layer([])))),
      )
    }
  },
}
