/**
 * How fast a lane may ask: one bucket per documented limit, each lane with a fixed share of it.
 *
 * Promises: a lane sends at most its share of a limit in any ten seconds, on a clock that only
 * grows; both lanes together never more than the limit. Requests of one route go out in the order
 * asked; routes that crowd the same host take turns. A request takes from all its buckets at once
 * or from none, so a crowded route never eats the host's budget while it waits. A route whose answers
 * take longer than usual is asked less often, before the venue has to say so.
 * Does not: know what other programs on the same address send.
 * Limits: a caller waits at most {@link maxWait}, then gets `Throttled`; a throttle of any length
 * counts as at most {@link maxQuiet}.
 */
import { Clock, Context, Duration, Effect, Layer, Semaphore } from "effect"
import { Pace } from "./Pace.ts"
import { Throttled } from "./PolymarketError.ts"
import type { LimitName, RouteName } from "./Routes.ts"
import { limits, limitNames, perRoute, windowMs } from "./Routes.ts"
import type { Throttle } from "./ThrottleNotice.ts"
import { ThrottleNotice } from "./ThrottleNotice.ts"

export const maxWait = Duration.minutes(1)
export const maxQuiet = Duration.minutes(10)
/** For a throttle that does not say how long. */
const defaultQuietMs = 1000
const defaultFastShare = 0.25
/** The part of a share that may go out at once; the rest is spread over the window. */
const burstShare = 0.2

export interface BudgetOptions {
  readonly lane: "fast" | "background"
  /** The fast lane's part of every limit, 0…1; the background lane has the rest. */
  readonly fastShare?: number
}

export class Budget extends Context.Service<
  Budget,
  {
    /** Waits until the route may be called and counts the call. */
    readonly spend: (route: RouteName) => Effect.Effect<void, Throttled>
    /** The venue told this lane to slow down: wait, and tell the other lane. Gives the wait in ms. */
    readonly throttled: (route: RouteName, retryAfterMs: number | null) => Effect.Effect<number>
    /** An answer of the route, or giving up on it, took this long, in ms. */
    readonly answered: (route: RouteName, elapsedMs: number) => Effect.Effect<void>
    /** The other lane was told. */
    readonly hear: (throttle: Throttle) => Effect.Effect<void>
  }
>()("polymarket/Budget") {
  static readonly layer = (options: BudgetOptions): Layer.Layer<Budget> =>
    Layer.effect(
      Budget,
      Effect.map(ThrottleNotice, (tell) => make(options, tell)),
    )
}

/** What a lane may send of a limit in ten seconds; at least one request. */
export const quotaOf = (limit: LimitName, options: BudgetOptions): number => {
  const fast = Math.max(1, Math.floor(limits[limit] * (options.fastShare ?? defaultFastShare)))
  return options.lane === "fast" ? fast : Math.max(1, limits[limit] - fast)
}

/**
 * A bucket as the time at which it would be full again (the generic cell rate algorithm). With
 * `burst` cells at once and one more each `intervalMs`, any closed window holds at most
 * `burst + window / interval` cells, which is the quota.
 */
class Bucket {
  private fullAtMs = Number.NEGATIVE_INFINITY
  private readonly toleranceMs: number
  private readonly intervalMs: number

  constructor(quota: number) {
    const burst = Math.max(1, Math.floor(quota * burstShare))
    // A quota of one leaves nothing to spread: one call, then a whole window of rest and a bit.
    this.intervalMs = quota > burst ? windowMs / (quota - burst) : windowMs + 1
    this.toleranceMs = (burst - 1) * this.intervalMs
  }

  readyAtMs(): number {
    return this.fullAtMs - this.toleranceMs
  }

  /** A call that counts as `weight` calls, at least one. */
  take(nowMs: number, weight = 1): void {
    this.fullAtMs = Math.max(this.fullAtMs, nowMs) + this.intervalMs * weight
  }

  /** Empty until then, and only refilling from then on. */
  emptyUntil(untilMs: number): void {
    this.fullAtMs = Math.max(this.fullAtMs, untilMs + this.toleranceMs)
  }
}

/** The callers of one route, in the order asked; only the first looks at the buckets. */
interface Line {
  readonly gate: Semaphore.Semaphore
  readonly narrowest: Bucket
  readonly buckets: ReadonlyArray<Bucket>
  readonly pace: Pace
  waiting: number
  /** Since which turn the first caller waits; among lines that share a bucket the oldest goes first. */
  headSince: number | null
}

const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

const make = (
  options: BudgetOptions,
  tell: (throttle: Throttle) => Effect.Effect<void>,
): Budget["Service"] => {
  const buckets = new Map(
    limitNames.map((limit) => [limit, new Bucket(quotaOf(limit, options))] as const),
  )
  const lines = perRoute((route): Line => ({
    gate: Semaphore.makeUnsafe(1),
    pace: new Pace(),
    waiting: 0,
    headSince: null,
    narrowest: buckets.get(route.narrowest)!,
    buckets: route.limits.map((limit) => buckets.get(limit)!),
  }))
  const allLines = Object.values(lines)
  let turn = 0

  /** Another line's head came first and lacks nothing but what both lines take from. */
  const isSecondTo = (line: Line, since: number, nowMs: number): boolean =>
    allLines.some(
      (other) =>
        other.headSince !== null &&
        other.headSince < since &&
        other.buckets.every(
          (bucket) => line.buckets.includes(bucket) || bucket.readyAtMs() <= nowMs,
        ),
    )

  /** Takes from every bucket of the route, or says in how many ms to ask again. */
  const tryTake = (line: Line, since: number, nowMs: number): number => {
    const readyAtMs = Math.max(...line.buckets.map((bucket) => bucket.readyAtMs()))
    if (readyAtMs > nowMs) return Math.ceil(readyAtMs - nowMs)
    if (isSecondTo(line, since, nowMs)) return 1
    for (const bucket of line.buckets) {
      bucket.take(nowMs, bucket === line.narrowest ? line.pace.slowdown : 1)
    }
    return 0
  }

  const waitAtTheHead = Effect.fnUntraced(function* (line: Line) {
    const clock = yield* Clock.Clock
    const since = turn++
    line.headSince = since
    for (;;) {
      const waitMs = tryTake(line, since, monotonicMs(clock))
      if (waitMs === 0) return
      if (waitMs > Duration.toMillis(maxWait)) return yield* new Throttled({ retryAfterMs: waitMs })
      yield* Effect.sleep(waitMs)
    }
  })

  const waitInLine = (line: Line) =>
    Effect.suspend(() => {
      line.waiting += 1
      return line.gate
        .withPermit(
          Effect.ensuring(
            waitAtTheHead(line),
            Effect.sync(() => void (line.headSince = null)),
          ),
        )
        .pipe(
          Effect.timeoutOrElse({
            duration: maxWait,
            orElse: () => new Throttled({ retryAfterMs: null }),
          }),
          Effect.ensuring(Effect.sync(() => void (line.waiting -= 1))),
        )
    })

  const emptyFor = (route: RouteName, quietMs: number) =>
    Clock.clockWith((clock) =>
      Effect.sync(() => lines[route].narrowest.emptyUntil(monotonicMs(clock) + quietMs)),
    )

  const bounded = (quietMs: number) => Math.min(Math.max(quietMs, 0), Duration.toMillis(maxQuiet))

  return Budget.of({
    spend: (route) =>
      Clock.clockWith((clock) =>
        lines[route].waiting === 0 && tryTake(lines[route], turn, monotonicMs(clock)) === 0
          ? Effect.void
          : waitInLine(lines[route]),
      ),
    throttled: (route, retryAfterMs) => {
      const quietMs = bounded(retryAfterMs ?? defaultQuietMs)
      return emptyFor(route, quietMs).pipe(
        Effect.andThen(tell({ route, quietMs })),
        Effect.as(quietMs),
      )
    },
    answered: (route, elapsedMs) =>
      Clock.clockWith((clock) =>
        Effect.sync(() => lines[route].pace.note(elapsedMs, monotonicMs(clock))),
      ),
    hear: (throttle) => emptyFor(throttle.route, bounded(throttle.quietMs)),
  })
}
