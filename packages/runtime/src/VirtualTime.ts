/**
 * Virtual time: the whole program on a clock that jumps from wake-up to wake-up.
 *
 * A clock and a scheduler, given as services, replace the wall clock and the event loop. The driver
 * runs every ready task, lets one turn of the real loop pass so that promise hops settle, and when
 * nothing is runnable moves the clock to the next sleeper. Same program, same seed, same order; a
 * seed of its own shuffles the order of what is ready.
 * Does not: wait for timers, sockets or file promises. Whatever the program asks of the outside
 * world under this clock must answer within the turn.
 */
import { Clock, Duration, Effect, Exit, Fiber, Scheduler } from "effect"
import { Heap } from "./Heap.ts"

/** The program waits for something that no wake-up can bring: a promise, a socket, or a deadlock. */
export class NothingRunnable extends Error {
  override readonly name = "NothingRunnable"
}

interface Sleeper {
  readonly dueMs: number
  readonly order: number
  resume: (() => void) | null
}

/** Sleepers by due time, then by registration. */
const before = (a: Sleeper, b: Sleeper): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

export interface VirtualTimeOptions {
  /** Hears each new moment; it must be quick and must not touch the program. */
  readonly onAdvance?: ((nowMs: number) => void) | undefined
  /**
   * Takes ready tasks in an order drawn from this seed instead of first come, first served, and lets a
   * fiber yield where it need not: for tests that look for orders in which a program fails.
   */
  readonly shuffle?: number | undefined
}

/** Of a shuffled run's operations, the share before which the fiber yields. */
const yieldShare = 0.02

/** Uniform draws in [0, 1) out of a seed (mulberry32). */
const draws = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export class VirtualTime {
  private nowMs: number
  private order = 0
  private readonly onAdvance: (nowMs: number) => void
  private readonly draw: (() => number) | null
  private readonly tasks: Array<() => void> = []
  private readonly sleepers = new Heap<Sleeper>(before)
  readonly clock: Clock.Clock
  readonly scheduler: Scheduler.Scheduler

  constructor(startMs: number, options: VirtualTimeOptions = {}) {
    this.nowMs = startMs
    this.onAdvance = options.onAdvance ?? (() => undefined)
    const draw = options.shuffle === undefined ? null : draws(options.shuffle)
    this.draw = draw
    const now = () => this.nowMs
    const nanos = () => BigInt(now()) * 1_000_000n
    this.clock = {
      currentTimeMillisUnsafe: now,
      currentTimeMillis: Effect.sync(now),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) => this.sleep(Duration.toMillis(duration)),
    }
    const base = new Scheduler.MixedScheduler()
    this.scheduler = {
      executionMode: "async",
      shouldYield: (fiber) => (draw !== null && draw() < yieldShare) || base.shouldYield(fiber),
      makeDispatcher: () => ({
        scheduleTask: (task) => void this.tasks.push(task),
        flush: () => this.drain(),
      }),
    }
  }

  get currentMs(): number {
    return this.nowMs
  }

  /** Runs an effect to its end in virtual time. */
  run<A, E>(effect: Effect.Effect<A, E>): Promise<Exit.Exit<A, E>> {
    return new Promise((resolve, reject) => {
      const fiber = Effect.runFork(
        effect.pipe(
          Effect.provideService(Clock.Clock, this.clock),
          Effect.provideService(Scheduler.Scheduler, this.scheduler),
        ),
        { scheduler: this.scheduler },
      )
      let ended: Exit.Exit<A, E> | null = null
      fiber.addObserver((exit) => {
        ended = exit
      })
      // One turn of the real loop lets promise hops settle. No promise of its own: whoever looks for
      // promises that outlive a moment finds only the program's.
      const turn = () => {
        this.drain()
        setImmediate(settled)
      }
      const settled = () => {
        if (this.tasks.length > 0) return turn()
        if (ended !== null) return resolve(ended)
        if (this.advance()) return turn()
        const stuck = new NothingRunnable(
          `at ${this.nowMs} ms nothing is runnable and nothing sleeps: the program waits for the outside world`,
        )
        Effect.runPromise(Fiber.interrupt(fiber).pipe(Effect.timeoutOption("1 second"))).then(
          () => reject(stuck),
          reject,
        )
      }
      turn()
    })
  }

  private drain(): void {
    if (this.draw !== null) return this.drainShuffled(this.draw)
    for (let at = 0; at < this.tasks.length; at++) {
      this.tasks[at]!()
      // Tasks append while they run; let go of the done ones now and then.
      if (at === 4095) {
        this.tasks.splice(0, at + 1)
        at = -1
      }
    }
    this.tasks.length = 0
  }

  private drainShuffled(draw: () => number): void {
    while (this.tasks.length > 0) {
      const last = this.tasks.length - 1
      const at = Math.floor(draw() * this.tasks.length)
      const task = this.tasks[at]!
      this.tasks[at] = this.tasks[last]!
      this.tasks.length = last
      task()
    }
  }

  /** When the next sleeper that still waits is due; those that were interrupted are let go. */
  private get nextDueMs(): number | null {
    while (this.sleepers.top?.resume === null) this.sleepers.pop()
    return this.sleepers.top?.dueMs ?? null
  }

  private advance(): boolean {
    const due = this.nextDueMs
    if (due === null) return false
    this.nowMs = Math.max(this.nowMs, due)
    this.onAdvance(this.nowMs)
    while (this.nextDueMs === due) {
      this.sleepers.pop()?.resume?.()
    }
    return true
  }

  private sleep(ms: number): Effect.Effect<void> {
    if (ms <= 0) return Effect.yieldNow
    if (!Number.isFinite(ms)) return Effect.never
    return Effect.callback<void>((resume) => {
      const sleeper: Sleeper = {
        // Whole milliseconds, rounded up: a fractional clock would leak into rows.
        dueMs: this.nowMs + Math.ceil(ms),
        order: this.order++,
        resume: () => resume(Effect.void),
      }
      this.sleepers.push(sleeper)
      return Effect.sync(() => {
        sleeper.resume = null
      })
    })
  }
}
