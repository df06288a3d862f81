/**
 * A backlog under a scheduler that shuffles: what is ready runs in a seeded random order with random
 * yields between, so a seed is one interleaving of offer, take, complete, fail, pause and crash.
 *
 * The rows are the truth: a producer raises what a row wants and then hints at it; a handler reads
 * what is wanted, works, and writes that down. Two claims, by seed in turn:
 * - `hints`: nobody fails, is dropped or killed: the hints alone leave no row undone.
 * - `crash`: handlers fail, die and overrun, offers are given up, a queue is paused, the lane is killed
 *   and opened again: one sweep over what is due leaves no row undone and no place taken.
 */
import { Effect, Exit, Layer, Random, References, Scope } from "effect"
import * as Backlog from "@evaluator/runtime/Backlog"
import { Backlogs, type QueueCounters } from "@evaluator/runtime/Backlogs"
import type { Supervisor } from "@evaluator/runtime/Supervisor"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { testLane } from "../TestLane.ts"

export interface Hint {
  readonly row: string
  readonly priority: number
}

export type MakeBacklog = (
  options: Backlog.BacklogOptions<Hint, string, never>,
) => Effect.Effect<Backlog.Backlog<Hint>, never, Backlogs | Supervisor | Scope.Scope>

export interface Explored {
  readonly seed: number
  readonly claim: "hints" | "crash"
  readonly faults: ReadonlyArray<string>
  /** Every step in the order it was taken: equal for equal seeds. */
  readonly steps: ReadonlyArray<string>
}

interface Row {
  wanted: number
  done: number
  hands: number
}

const rowNames = ["a", "b", "c", "d", "e"]
const producers = 3
const mostHintsEach = 8
/** Rests after the crowd, before each of which two hints come by themselves. */
const rests = 4

const chance = (share: number) => Effect.map(Random.next, (drawn) => drawn < share)
const below = (limit: number) => Random.nextIntBetween(0, limit - 1)
const idle = Effect.flatMap(below(6), (ms) => (ms === 0 ? Effect.yieldNow : Effect.sleep(ms)))

export const claimOf = (seed: number): Explored["claim"] => (seed % 2 === 0 ? "hints" : "crash")

const program = Effect.fnUntraced(function* (seed: number, make: MakeBacklog) {
  const claim = claimOf(seed)
  const rough = claim === "crash"
  const rows = new Map(
    rowNames.map((name): [string, Row] => [name, { wanted: 0, done: 0, hands: 0 }]),
  )
  const faults = new Set<string>()
  const steps: Array<string> = []
  /** Set when the world has calmed down: from then on everything succeeds. */
  let calm = !rough

  const conserves = (of: QueueCounters) => {
    const sum = of.done + of.failed + of.dropped + of.coalesced + of.pending
    if (of.offered !== sum) faults.add(`${of.offered} offered, ${sum} accounted for`)
  }

  const workOn = Effect.fnUntraced(function* (name: string, row: Row) {
    const wanted = row.wanted
    steps.push(`take ${name} ${wanted}`)
    yield* idle
    if (!calm && (yield* chance(0.2))) return yield* Effect.fail("refused")
    if (!calm && (yield* chance(0.1))) return yield* Effect.die(new Error("a bug"))
    if (!calm && (yield* chance(0.1))) yield* Effect.sleep("1 minute")
    row.done = Math.max(row.done, wanted)
    steps.push(`done ${name} ${wanted}`)
  })

  const work = (hint: Hint) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const row = rows.get(hint.row)!
        row.hands += 1
        if (row.hands > 1) faults.add(`row ${hint.row} is in ${row.hands} hands`)
        return row
      }),
      (row) => workOn(hint.row, row),
      (row) => Effect.sync(() => void (row.hands -= 1)),
    )

  const policies = rough ? (["wait", "drop", "slide"] as const) : (["wait"] as const)
  const options = {
    name: "rows-to-do",
    capacity: 1 + (yield* below(3)),
    workers: 1 + (yield* below(3)),
    whenFull: policies[yield* below(policies.length)]!,
    timeout: "30 millis",
    gather: (yield* chance(0.3)) ? "4 millis" : 0,
    key: (hint: Hint) => hint.row,
    priority: (hint: Hint) => hint.priority,
    ageing: "3 millis",
    handle: work,
  } as const

  const hint = Effect.fnUntraced(function* (backlog: Backlog.Backlog<Hint>, row: string) {
    const offer = backlog.offer({ row, priority: yield* below(3) })
    yield* rough && (yield* chance(0.3)) ? Effect.timeoutOption(offer, 2) : offer
    conserves(yield* backlog.counters)
  })

  const produce = Effect.fnUntraced(function* (backlog: Backlog.Backlog<Hint>) {
    const hints = 1 + (yield* below(mostHintsEach))
    for (let n = 0; n < hints; n++) {
      const name = rowNames[yield* below(rowNames.length)]!
      rows.get(name)!.wanted += 1
      steps.push(`want ${name}`)
      yield* Effect.yieldNow
      yield* hint(backlog, name)
      yield* idle
    }
  })

  const lookForUndone = () => {
    for (const [name, { wanted, done }] of rows) {
      if (done < wanted) faults.add(`row ${name} wants ${wanted} and has ${done}`)
    }
  }

  /**
   * In a crowd the next hint covers up for one that was lost. Here the second comes about when the
   * first one's row is done and the workers look whether there is more, and none comes after it.
   */
  const hintBeforeRests = Effect.fnUntraced(function* (backlog: Backlog.Backlog<Hint>) {
    for (let n = 0; n < rests; n++) {
      for (let each = 0; each < 2; each++) {
        const name = rowNames[yield* below(rowNames.length)]!
        rows.get(name)!.wanted += 1
        steps.push(`want ${name}`)
        yield* hint(backlog, name)
        yield* idle
      }
      yield* (yield* Backlogs).drained.pipe(Effect.timeoutOption("1 second"))
      lookForUndone()
    }
  })

  const disturb = Effect.gen(function* () {
    const queues = yield* Backlogs
    yield* idle
    if ((yield* queues.views).length === 0) return
    yield* queues.pause("rows-to-do", { reason: "disturbance", untilMs: null })
    yield* idle
    yield* queues.resume("rows-to-do")
  }).pipe(Effect.orDie)

  /** The lane from its start to a kill; `null` when it is let live. */
  const life = (killAfterMs: number | null) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const lane = yield* Layer.buildWithScope(Layer.fresh(testLane), scope)
      const lived = Effect.gen(function* () {
        const backlog = yield* make(options)
        const working = Effect.all(
          [...Array.from({ length: producers }, () => produce(backlog)), disturb],
          { concurrency: "unbounded", discard: true },
        )
        yield* killAfterMs === null ? working : Effect.timeoutOption(working, killAfterMs)
        if (killAfterMs !== null) return void steps.push("kill")
        calm = true
        if (!rough) yield* hintBeforeRests(backlog)
        if (rough) {
          for (const [name, row] of rows)
            if (row.done < row.wanted) yield* backlog.offer({ row: name, priority: 0 })
          // What a full queue let go is found by the next sweep.
          yield* (yield* Backlogs).drained.pipe(Effect.timeoutOption("10 seconds"))
          for (const [name, row] of rows)
            if (row.done < row.wanted)
              yield* backlog
                .offer({ row: name, priority: 0 })
                .pipe(Effect.andThen(Effect.sleep("1 second")))
        }
        yield* (yield* Backlogs).drained.pipe(Effect.timeoutOption("10 seconds"))
        const end = yield* backlog.counters
        conserves(end)
        if (end.pending > 0) faults.add(`${end.pending} places are still taken at rest`)
        lookForUndone()
      }).pipe(Effect.provideContext(lane), Scope.provide(scope))
      yield* lived.pipe(Effect.ensuring(Scope.close(scope, Exit.void)))
    })

  if (rough) yield* life(yield* below(60))
  yield* life(null)
  return { seed, claim, faults: [...faults], steps } satisfies Explored
})

/** One interleaving of the backlog that `make` makes; a lane that comes to no end is a fault. */
export const explore = (seed: number, make: MakeBacklog = Backlog.make): Promise<Explored> => {
  const failed = (why: unknown): Explored => ({
    seed,
    claim: claimOf(seed),
    faults: [String(why)],
    steps: [],
  })
  const explored = program(seed, make).pipe(
    Random.withSeed(seed),
    Effect.provideService(References.MinimumLogLevel, "None"),
  )
  return new VirtualTime(0, { shuffle: seed })
    .run(explored)
    .then((exit) => (Exit.isSuccess(exit) ? exit.value : failed(exit.cause)), failed)
}
