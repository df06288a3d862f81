import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import type { Job } from "@evaluator/runtime/Job"
import { atCheckpoint, type Checkpoint, goesOnFrom } from "@evaluator/runtime/JobCheckpoint"
import { reached } from "@evaluator/runtime/JobProgress"
import { beatEvery } from "@evaluator/runtime/JobRuns"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { inLane, openLane, temporaryDirectory } from "./StoreLane.ts"

const settle = Effect.repeat(TestClock.adjust("1 millis"), { times: 30 })
const steps = 10

const counting: Checkpoint<number> = {
  definition: "ten steps, upwards",
  position: Schema.fromJsonString(Schema.Int),
  goodFor: "1 hour",
}

/** Ten steps, each with its checkpoint in one commit; `before` may hold a step up. */
const walk = (
  done: Array<number>,
  before: (step: number) => Effect.Effect<unknown>,
  by: Checkpoint<number> = counting,
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const from = (yield* goesOnFrom(by)) ?? 0
    for (let step = from; step < steps; step++) {
      yield* before(step)
      yield* atCheckpoint(by, step + 1).pipe(sql.withTransaction, Effect.orDie)
      done.push(step)
      yield* reached(`step ${step}`)
    }
    return { steps: steps - from }
  })

const job = <R>(run: Effect.Effect<Record<string, number>, never, R>) =>
  Effect.map(Effect.context<R>(), (context): Job => ({
    name: "take-steps",
    about: "Takes ten steps.",
    service: "maintenance",
    every: "10 hours",
    atBoot: true,
    timeout: "20 minutes",
    run: Effect.provideContext(run, context),
  }))

const rows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ outcome: string; cursor: string | null; checkpoint: string | null }>`
    SELECT outcome, cursor, checkpoint FROM job_runs ORDER BY id`
})

/** A process on the file, with the job begun. */
const life = <A, E, R, S>(
  file: string,
  run: Effect.Effect<Record<string, number>, never, S>,
  then: Effect.Effect<A, E, R>,
) =>
  Effect.flatMap(openLane(file), (lane) =>
    Effect.gen(function* () {
      yield* (yield* Supervisor).register(yield* job(run))
      yield* settle
      return yield* then
    }).pipe(inLane(lane)),
  ).pipe(Effect.scoped)

/** The file as a kill would leave it now. */
const killedInto = (copy: string) =>
  SqlClient.SqlClient.use((sql) => sql`VACUUM INTO ${copy}`).pipe(Effect.orDie)

const saying = (said: Array<string>) =>
  Logger.layer([Logger.make(({ message }) => void said.push(String(message)))])

const upTo = (last: number) => Array.from({ length: last }, (_, step) => step)
const holdAt = (held: number) => (step: number) => (step === held ? Effect.never : Effect.void)
const freely = () => Effect.void

describe("a run that goes on where the one before it was cut off", () => {
  it.effect("after a kill takes no step again that was committed, and leaves no checkpoint", () =>
    Effect.gen(function* () {
      const dir = yield* temporaryDirectory
      const [file, killed] = [join(dir, "lane.db"), join(dir, "killed.db")]
      const [before, after]: [Array<number>, Array<number>] = [[], []]
      yield* life(file, walk(before, holdAt(6)), killedInto(killed))
      assert.deepStrictEqual(before, upTo(6))
      const left = yield* life(killed, walk(after, freely), rows)
      assert.deepStrictEqual(after, upTo(steps).slice(6))
      assert.deepStrictEqual(left, [
        { outcome: "interrupted", cursor: null, checkpoint: "6" },
        { outcome: "completed", cursor: "step 9", checkpoint: null },
      ])
    }),
  )

  it.effect(
    "does so after its timeout, and after runs that were cut off before their first step",
    () =>
      Effect.gen(function* () {
        const file = join(yield* temporaryDirectory, "lane.db")
        const done: Array<number> = []
        const [timedOut] = yield* life(
          file,
          walk(done, holdAt(3)),
          TestClock.adjust("21 minutes").pipe(Effect.andThen(settle), Effect.andThen(rows)),
        )
        assert.strictEqual(timedOut!.outcome, "failed")
        yield* life(file, Effect.never, Effect.void)
        yield* life(file, walk(done, holdAt(3)), Effect.void)
        yield* life(file, walk(done, freely), Effect.void)
        assert.deepStrictEqual(done, upTo(steps))
      }),
  )

  it.effect("begins at the beginning after a run that came to its end", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "lane.db")
      const done: Array<number> = []
      yield* life(file, walk(done, freely), Effect.void)
      yield* life(file, walk(done, freely), Effect.void)
      assert.strictEqual(done.length, 2 * steps)
    }),
  )

  for (const [what, by, later, says] of [
    [
      "another definition",
      { ...counting, definition: "ten steps, downwards" },
      "1 minute",
      'it is of "ten steps, upwards", this run does "ten steps, downwards"',
    ],
    ["a time too long ago", counting, "61 minutes", "it is 1h 1m"],
    [
      "a form that it cannot read",
      { ...counting, position: Schema.fromJsonString(Schema.Literals([1, 2])) },
      "1 minute",
      "it cannot be read",
    ],
  ] as const) {
    it.effect(`ignores a checkpoint of ${what}, and says so`, () =>
      Effect.gen(function* () {
        const file = join(yield* temporaryDirectory, "lane.db")
        const [done, said]: [Array<number>, Array<string>] = [[], []]
        yield* life(file, walk(done, holdAt(6)), Effect.void)
        yield* TestClock.adjust(later)
        yield* life(file, walk(done, holdAt(2), by as Checkpoint<number>), Effect.void).pipe(
          Effect.provide(saying(said)),
        )
        assert.deepStrictEqual(done, [...upTo(6), 0, 1])
        const ignored = said.filter((line) => line.includes("is ignored, it begins anew"))
        assert.strictEqual(ignored.length, 1)
        assert.include(ignored[0], says)
      }),
    )
  }
})

describe("a run that goes on", () => {
  it.effect("has in its row how far it has come, so that a kill leaves it there", () =>
    Effect.gen(function* () {
      const dir = yield* temporaryDirectory
      const killed = join(dir, "killed.db")
      yield* life(
        join(dir, "lane.db"),
        walk([], holdAt(6)),
        TestClock.adjust(beatEvery).pipe(
          Effect.andThen(settle),
          Effect.andThen(killedInto(killed)),
        ),
      )
      const [row] = yield* life(killed, Effect.never, rows)
      assert.deepStrictEqual(row, { outcome: "interrupted", cursor: "step 5", checkpoint: "6" })
    }),
  )

  it.effect(
    "and is cut off by a drain says which it was, how far it came and what becomes of it",
    () =>
      Effect.gen(function* () {
        const said: Array<string> = []
        yield* life(
          join(yield* temporaryDirectory, "lane.db"),
          walk([], holdAt(6)),
          Effect.gen(function* () {
            const supervisor = yield* Supervisor
            yield* Effect.forkChild(supervisor.quiesce("5 seconds"), { startImmediately: true })
            yield* TestClock.adjust("6 seconds")
            yield* settle
            assert.deepStrictEqual(
              (yield* rows).map(({ outcome }) => outcome),
              ["interrupted"],
            )
          }),
        ).pipe(Effect.provide(saying(said)))
        const [line] = said.filter((line) => line.startsWith("job take-steps"))
        assert.match(
          line ?? "",
          /^job take-steps, run 1, was cut off at step 5: .*no attempt is charged/,
        )
      }),
  )
})
