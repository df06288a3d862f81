import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { copySummaries } from "@evaluator/app/Standing"
import type { FillId } from "@evaluator/domain/Id"
import type { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import type { PaperReports } from "@evaluator/paper/PaperReports"

const hour = 3_600_000
const now = 100 * hour

interface KnownFill {
  readonly id: FillId
  readonly atMs: number
}

const fill = (name: string, atMs: number): KnownFill => ({ id: name as FillId, atMs })

/** The reports of two lanes that are complete through `now`, as far as they are asked here. */
const lanes = (ingested: ReadonlyArray<KnownFill>, copied: ReadonlyArray<KnownFill>) => {
  const within = (of: ReadonlyArray<KnownFill>, fromMs: number, throughMs: number) =>
    of.filter(({ atMs }) => atMs >= fromMs && atMs <= throughMs)
  const evaluation: Partial<EvaluationReports["Service"]> = {
    watermark: Effect.succeed(now),
    leaderFills: (asOfMs) => Effect.succeed(within(ingested, 0, asOfMs).map(({ id }) => id)),
  }
  const paper: Partial<PaperReports["Service"]> = {
    watermark: Effect.succeed(now),
    fillsWithin: (fromMs, throughMs) => Effect.succeed(within(copied, fromMs, throughMs)),
    counts: (_, asOfMs) =>
      Effect.succeed({
        outcomes: { COPIED: within(copied, 0, asOfMs ?? now).length },
        inFlight: 0,
      }),
    missing: (ids) => Effect.succeed(ids.filter((id) => !copied.some((one) => one.id === id))),
  }
  return copySummaries(
    evaluation as EvaluationReports["Service"],
    paper as PaperReports["Service"],
  ).pipe(
    Effect.map(({ portfolio }) => portfolio),
    Effect.tap(({ outcomes, in_flight, undetected, leader_fills }) =>
      Effect.sync(() => {
        const fates = (outcomes["COPIED"] ?? 0) + in_flight + undetected
        assert.strictEqual(fates === leader_fills, true, `${leader_fills} fills, ${fates} fates`)
      }),
    ),
  )
}

describe("the copies of a summary", () => {
  it.effect("are counted up to the lanes' watermarks where both know the same fills", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const known = [fill("a", now - 5 * hour), fill("b", now - 1000)]
      assert.deepInclude(yield* lanes(known, known), { as_of_ms: now, leader_fills: 2 })
    }),
  )

  it.effect("are counted until just before a late fill that only the fast lane was shown", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const known = [fill("a", now - 5 * hour), fill("c", now - 1000)]
      const copied = [...known, fill("b", now - 60_000)].toSorted((a, b) => a.atMs - b.atMs)
      assert.deepInclude(yield* lanes(known, copied), {
        as_of_ms: now - 60_001,
        leader_fills: 1,
      })
    }),
  )

  it.effect("name fills that the fast lane never saw", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const seen = fill("a", now - 5 * hour)
      const summary = yield* lanes([seen, fill("b", now - 1000)], [seen])
      assert.deepInclude(summary, { undetected: 1, undetected_ids: ["b"] })
    }),
  )
})
