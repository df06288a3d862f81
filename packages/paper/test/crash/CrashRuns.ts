/**
 * Runs {@link story} and cuts the lane off at one of its commits: right before it, right after it, or
 * by an interruption.
 *
 * A kill is the files as they lie at that moment, copied aside from within the COMMIT: the pages and
 * the write-ahead log, no shared memory, which is what SIGKILL leaves since the kernel keeps what was
 * written. The lane is opened on the copy; what it would still have done is lost with the other files.
 * An interruption stops the committing fiber first, then everything else, and opens the same files.
 */
import {
  Cause,
  Clock,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  Random,
  Scope,
} from "effect"
import { TestClock } from "effect/testing"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { KillPoint } from "@evaluator/sqlite/KillPoint"
import type { StatementWatch } from "@evaluator/sqlite/StatementWatch"
import { FakeVenue } from "../FakeVenue.ts"
import { type House, openHouse, temporaryDirectory } from "../PaperHarness.ts"
import { overrides, replicas, story, storyBeginsMs, type TimedStep } from "./CrashStory.ts"
import {
  type Books,
  booksOf,
  changed,
  complaintsOf,
  type Decided,
  decidedIn,
  differences,
} from "./CrashBooks.ts"
import { copyFiles } from "./CrashFiles.ts"

/** How the lane is cut off, and when it starts again. */
export const ways = ["killed before", "killed after", "started late", "interrupted"] as const
export type Way = (typeof ways)[number]

export interface Ended {
  readonly books: Books
  readonly faults: ReadonlyArray<string>
}

/** A commit of the story: its number from 1, its name, and where the story was; -1 before a step. */
export interface Moment {
  readonly commit: number
  readonly name: string
  readonly step: number
  readonly atMs: number
}

/** How long after the cut the lane is started again. */
const soonMs = 1000
const lateMs = 600_000

/** Where a life begins: on which files, at which step, in its middle or at its beginning. */
export interface Beginning {
  readonly directory: string
  readonly step: number
  readonly cutOff: boolean
}

export interface Life {
  readonly killPoint: KillPoint
  readonly watch?: StatementWatch
  /** Told of each step before it begins. */
  readonly onStep: (step: number) => void
}

const venueAt = (step: number) => {
  const venue = new FakeVenue()
  for (const { venue: prepare } of story.slice(0, step)) prepare?.(venue)
  return venue
}

const opened = Effect.fnUntraced(function* (
  directory: string,
  venue: FakeVenue,
  life: Life,
  settles: boolean,
) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const house = yield* openHouse({
    directory,
    venue,
    overrides,
    replicas,
    strategies: Strategy.literals,
    killPoint: life.killPoint,
    ...(life.watch !== undefined && { watch: life.watch }),
    settles,
  }).pipe(Scope.provide(scope))
  return { house, close: Scope.close(scope, Exit.void) }
})

const polled = (house: House) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.andThen(house.lane.hear, house.lane.catchUp))
    for (let turn = 0; turn < 1000 && fiber.pollUnsafe() === undefined; turn++) {
      yield* TestClock.adjust("50 millis")
    }
    if (fiber.pollUnsafe() === undefined) return yield* Effect.die(new Error("polls never end"))
    yield* Fiber.join(fiber)
    yield* house.settle
  })

const isUndecided = (house: House, fill: string) =>
  Effect.map(
    house.sql<{ outcome: string | null }>`SELECT outcome FROM copies
      WHERE lower(hex(fill_id)) = ${fill}`,
    (rows) => rows.length === 0 || rows.some((row) => row.outcome === null),
  )

/** Lets time pass in small steps until money is promised to the copies of a fill. */
const untilReserved = Effect.fnUntraced(function* (house: House, fill: string) {
  for (let turn = 0; turn < 200; turn++) {
    const rows = yield* house.sql`SELECT 1 FROM copies
      WHERE lower(hex(fill_id)) = ${fill} AND state = 'reserved'`
    if (rows.length > 0) return
    yield* TestClock.adjust("5 millis")
  }
  return yield* Effect.die(new Error(`fill ${fill} is never reserved`))
})

/** Lives from a beginning to the end of the story, and looks at the books there. */
export const live = Effect.fnUntraced(
  function* (from: Beginning, life: Life) {
    const venue = venueAt(from.cutOff ? from.step + 1 : from.step)
    const settles = !(from.cutOff && story[from.step]!.stopsWith !== undefined)
    let { close, house } = yield* opened(from.directory, venue, life, settles)
    const play = Effect.fnUntraced(function* (step: TimedStep, cutOff: boolean) {
      if (!cutOff) step.venue?.(venue)
      yield* (cutOff ? step.again : step.act)?.(house) ?? Effect.void
      const { stopsWith } = step
      if (stopsWith !== undefined && (yield* isUndecided(house, stopsWith))) {
        yield* untilReserved(house, stopsWith)
        yield* close
        yield* TestClock.setTime(step.fromMs + (step.lasts ?? 0) / 2)
        ;({ close, house } = yield* opened(from.directory, venue, life, true))
      }
      if (step.restarts === true) {
        yield* close
        ;({ close, house } = yield* opened(from.directory, venue, life, true))
      }
      yield* house.settle
      if (step.polls === true) yield* polled(house)
    })
    for (const [index, step] of story.entries()) {
      if (index < from.step) continue
      const cutOff = from.cutOff && index === from.step
      // What happens while time passes belongs to the step before, which has been acted out.
      if (!cutOff) yield* TestClock.setTime(step.fromMs)
      life.onStep(index)
      yield* play(step, cutOff)
    }
    const ended = { books: yield* booksOf(house), faults: yield* complaintsOf(house) }
    yield* close
    return ended
  },
  Effect.scoped,
  Effect.orDie,
)

/** Starts long after the cut: what was decided stands, what was on its way is given back. */
export const startLate = Effect.fnUntraced(
  function* (directory: string, step: number, decided: Decided) {
    const life: Life = { killPoint: undisturbed, onStep: () => undefined }
    const { close, house } = yield* opened(directory, venueAt(step + 1), life, true)
    yield* house.settle
    yield* polled(house)
    const books = yield* booksOf(house)
    const faults = [...(yield* complaintsOf(house)), ...changed(decided, books)]
    yield* close
    return { books, faults }
  },
  Effect.scoped,
  Effect.orDie,
)

const inItsOwnTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provide(Layer.merge(TestClock.layer(), Logger.layer([]))),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Random.withSeed(7),
  )

const undisturbed: KillPoint = { beforeCommit: () => undefined, afterCommit: () => undefined }

/** Goes on with files that a cut left at a moment; what was decided in them must stand. */
export const goOn = (files: string, { atMs, step }: Moment, late: boolean): Effect.Effect<Ended> =>
  Effect.gen(function* () {
    const decided = decidedIn(files)
    const life: Life = { killPoint: undisturbed, onStep: () => undefined }
    if (late) {
      yield* TestClock.setTime(atMs + lateMs)
      return yield* startLate(files, step, decided)
    }
    // A stop that the story itself makes comes in time only when the start does.
    const soon = story[step]?.stopsWith === undefined ? soonMs : 0
    yield* TestClock.setTime(atMs + soon)
    const beginning = { directory: files, step: Math.max(step, 0), cutOff: step >= 0 }
    const ended = yield* live(beginning, life)
    return { ...ended, faults: [...ended.faults, ...changed(decided, ended.books)] }
  }).pipe(inItsOwnTime)

/** Lives through the story in a directory, calling `before` and `after` at each of its commits. */
export const tellStory = (
  directory: string,
  at: {
    readonly before?: (moment: Moment) => void
    readonly after?: (moment: Moment) => void
    readonly watch?: StatementWatch
  },
): Effect.Effect<Ended> =>
  Effect.gen(function* () {
    yield* TestClock.setTime(storyBeginsMs)
    const clock = yield* Clock.Clock
    let step = -1
    let commit = 0
    const moment = (name: string) => {
      const atMs = clock.currentTimeMillisUnsafe()
      return { commit, name, step, atMs }
    }
    const killPoint: KillPoint = {
      beforeCommit: (name) => {
        commit++
        at.before?.(moment(name))
      },
      afterCommit: (name) => at.after?.(moment(name)),
    }
    const onStep = (now: number) => void (step = now)
    const life: Life = { killPoint, onStep, ...(at.watch !== undefined && { watch: at.watch }) }
    return yield* live({ directory, step: 0, cutOff: false }, life)
  }).pipe(inItsOwnTime)

/** The story with everything interrupted right after a commit, the committing fiber first. */
export const interrupted = (directory: string, commit: number): Effect.Effect<Ended> =>
  Effect.gen(function* () {
    const over = yield* Deferred.make<Moment>()
    let isOver = false
    const after = (moment: Moment) => {
      if (moment.commit !== commit || isOver) return
      isOver = true
      Fiber.getCurrent()?.interruptUnsafe()
      Deferred.doneUnsafe(over, Exit.succeed(moment))
    }
    const first = yield* Effect.forkChild(tellStory(directory, { after }))
    const moment = yield* Effect.raceFirst(
      Deferred.await(over),
      Fiber.await(first).pipe(
        Effect.andThen(() =>
          isOver ? Deferred.await(over) : Effect.die(new Error(`commit ${commit} never came`)),
        ),
      ),
    )
    yield* Fiber.interrupt(first)
    return yield* goOn(directory, moment, false)
  })

/** Says the writes of one connection that stand outside its transactions. */
const noticingBareWrites = (found: (sql: string) => void): StatementWatch => {
  let inTransaction = false
  return (sql) => {
    if (/^\s*BEGIN\b/.test(sql)) inTransaction = true
    else if (/^\s*(COMMIT|ROLLBACK)\s*$/.test(sql)) inTransaction = false
    else if (
      !inTransaction &&
      /^\s*(WITH\b[^;]*\)\s*)?(INSERT|UPDATE|DELETE|REPLACE)\b/.test(sql)
    ) {
      found(sql.replaceAll(/\s+/g, " ").trim())
    }
  }
}

export interface PointCase {
  readonly point: string
  /** Of each way, at how many commits of that name it was done and held. */
  readonly held: Readonly<Record<Way, number>>
  readonly commits: number
  /** Every name of which the undisturbed story passed a commit. */
  readonly passed: ReadonlySet<string>
  /** Writes of the undisturbed story outside a transaction: no commit of them is passed. */
  readonly bare: ReadonlySet<string>
  readonly faults: ReadonlyArray<string>
}

/** Cuts the story off at each commit of one name (at those `wanted` says), in every way. */
export const casesOf = (
  point: string,
  wanted: (occurrence: number) => boolean = () => true,
): Effect.Effect<PointCase> =>
  Effect.gen(function* () {
    const root = yield* temporaryDirectory
    const place = (moment: Moment, way: Way) => join(root, `${moment.commit} ${way}`)
    const moments: Array<Moment> = []
    const passed = new Set<string>()
    const bare = new Set<string>()
    let seen = 0
    const told = join(root, "told")
    mkdirSync(told)
    const undisturbedEnd = yield* tellStory(told, {
      watch: noticingBareWrites((sql) => bare.add(sql)),
      before: (moment) => {
        passed.add(moment.name)
        if (moment.name !== point || !wanted(++seen)) return
        moments.push(moment)
        copyFiles(told, place(moment, "killed before"))
      },
      after: (moment) => {
        if (moments.at(-1)?.commit !== moment.commit) return
        copyFiles(told, place(moment, "killed after"))
        copyFiles(told, place(moment, "started late"))
      },
    })
    const faults = undisturbedEnd.faults.map((fault) => `undisturbed: ${fault}`)
    const held = { "killed before": 0, "killed after": 0, "started late": 0, interrupted: 0 }
    for (const moment of moments) {
      for (const way of ways) {
        const files = place(moment, way)
        mkdirSync(files, { recursive: true })
        const ended = yield* (
          way === "interrupted"
            ? interrupted(files, moment.commit)
            : goOn(files, moment, way === "started late")
        ).pipe(
          Effect.catchCause((cause) =>
            Effect.succeed<Ended>({ books: {}, faults: [String(Cause.squash(cause))] }),
          ),
        )
        const wrong = [
          ...ended.faults,
          ...(way === "started late" ? [] : differences(ended.books, undisturbedEnd.books)),
        ]
        if (wrong.length === 0) held[way]++
        faults.push(...wrong.map((one) => `${way} commit ${moment.commit}: ${one}`))
        rmSync(files, { recursive: true })
      }
    }
    return { point, held, commits: moments.length, passed, bare, faults }
  }).pipe(Effect.scoped)
