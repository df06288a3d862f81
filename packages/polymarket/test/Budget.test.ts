import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { BudgetOptions } from "@evaluator/polymarket/Budget"
import { Budget, maxQuiet, maxWait, quotaOf } from "@evaluator/polymarket/Budget"
import type { LimitName, RouteName } from "@evaluator/polymarket/Routes"
import { limitNames, limits, routes, windowMs } from "@evaluator/polymarket/Routes"
import type { Throttle } from "@evaluator/polymarket/ThrottleNotice"
import { ThrottleNotice } from "@evaluator/polymarket/ThrottleNotice"

const budgetOf = (options: BudgetOptions, tell: (throttle: Throttle) => void = () => {}) =>
  Effect.map(
    Layer.build(
      Budget.layer(options).pipe(
        Layer.provide(
          Layer.succeed(ThrottleNotice, (throttle: Throttle) => Effect.sync(() => tell(throttle))),
        ),
      ),
    ),
    (context) => context.mapUnsafe.get(Budget.key) as Budget["Service"],
  )

type Sent = Record<RouteName, Array<number>>

const nothingSent = () =>
  Object.fromEntries(Object.keys(routes).map((route) => [route, []])) as unknown as Sent

/** One more call of the route, its moment noted. */
const calling = (budget: Budget["Service"], route: RouteName, sent: Sent) =>
  Effect.gen(function* () {
    yield* budget.spend(route)
    sent[route].push(yield* Clock.currentTimeMillis)
  })

const names = Object.keys(routes) as ReadonlyArray<RouteName>

/** The most calls that any closed window of ten seconds holds, per limit. */
const worstWindow = (sent: Sent, limit: LimitName): number => {
  const moments = names
    .filter((route) => routes[route].limits.includes(limit))
    .flatMap((route) => sent[route])
    .toSorted((a, b) => a - b)
  let worst = 0
  let from = 0
  for (const [to, moment] of moments.entries()) {
    while (moments[from]! < moment - windowMs) from += 1
    worst = Math.max(worst, to - from + 1)
  }
  return worst
}

describe("two lanes", () => {
  it("have shares that add up to each limit and leave nobody without", () => {
    for (const fastShare of [0, 0.1, 0.25, 0.5, 0.9]) {
      for (const limit of limitNames) {
        const fast = quotaOf(limit, { lane: "fast", fastShare })
        const background = quotaOf(limit, { lane: "background", fastShare })
        assert.strictEqual(fast + background, limits[limit])
        assert.isAtLeast(Math.min(fast, background), 1)
      }
    }
  })

  it.effect("asking without pause never exceed a limit in any ten seconds", () =>
    Effect.gen(function* () {
      const sent = nothingSent()
      for (const lane of ["fast", "background"] as const) {
        const budget = yield* budgetOf({ lane })
        for (const route of names) {
          yield* Effect.forkScoped(
            Effect.gen(function* () {
              for (;;) yield* calling(budget, route, sent)
            }),
          )
        }
      }
      for (let step = 0; step < 120; step++) yield* TestClock.adjust(251)
      for (const limit of limitNames) {
        assert.isAtMost(worstWindow(sent, limit), limits[limit], limit)
      }
      // And the limits that these routes can reach are used, not just kept.
      for (const limit of ["data", "gammaMarkets", "clobBook"] as const) {
        assert.isAtLeast(worstWindow(sent, limit), limits[limit] * 0.9, limit)
      }
      // The routes of a crowded host share it evenly: thirty seconds of 800 in ten.
      const crowded = names.filter((name) => routes[name].host === "data")
      for (const route of crowded) {
        assert.isAtLeast(sent[route].length, ((3 * limits.data) / crowded.length) * 0.8, route)
      }
    }),
  )
})

describe("two lanes of a venue that slows down", () => {
  it.effect("still stay within every limit, and slow down by more than half", () =>
    Effect.gen(function* () {
      const sent = nothingSent()
      for (const lane of ["fast", "background"] as const) {
        const budget = yield* budgetOf({ lane })
        for (const route of names) {
          let calls = 0
          yield* Effect.forkScoped(
            Effect.gen(function* () {
              for (;;) {
                yield* calling(budget, route, sent)
                calls += 1
                // After some usual answers the venue takes twenty times as long.
                yield* budget.answered(route, calls < 60 ? 200 : 4000)
              }
            }),
          )
        }
      }
      for (let step = 0; step < 120; step++) yield* TestClock.adjust(251)
      for (const limit of limitNames) {
        assert.isAtMost(worstWindow(sent, limit), limits[limit], limit)
      }
      const late = sent.book.filter((moment) => moment >= 20_000 && moment < 30_000)
      assert.isBelow(late.length, limits.clobBook / 2)
    }),
  )
})

describe("a lane", () => {
  const Bursts = Schema.NonEmptyArray(
    Schema.Struct({
      afterMs: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4000 })),
      calls: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 120 })),
      route: Schema.Literals(names),
    }),
  )

  it.effect.prop(
    "keeps its share of every limit whatever bursts it is asked for",
    [Bursts],
    ([bursts]) =>
      Effect.gen(function* () {
        const sent = nothingSent()
        const lane = { lane: "fast" } as const
        const budget = yield* budgetOf(lane)
        for (const burst of bursts) {
          yield* TestClock.adjust(burst.afterMs)
          for (let call = 0; call < burst.calls; call++) {
            yield* calling(budget, burst.route, sent).pipe(Effect.forkScoped)
          }
        }
        yield* TestClock.adjust("30 seconds")
        for (const limit of limitNames) {
          assert.isAtMost(worstWindow(sent, limit), quotaOf(limit, lane), limit)
        }
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 40 } },
  )

  it.effect("answers the calls of one route in the order asked", () =>
    Effect.gen(function* () {
      const budget = yield* budgetOf({ lane: "fast" })
      const order: Array<number> = []
      for (let call = 0; call < 60; call++) {
        yield* budget
          .spend("positions")
          .pipe(Effect.andThen(Effect.sync(() => order.push(call))), Effect.forkScoped)
      }
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        order,
        Array.from({ length: 60 }, (_, call) => call),
      )
    }),
  )

  it.effect("is not held up on one route by a crowd on another", () =>
    Effect.gen(function* () {
      const budget = yield* budgetOf({ lane: "fast" })
      for (let call = 0; call < 500; call++) {
        yield* budget.spend("trades").pipe(Effect.ignore, Effect.forkScoped)
      }
      yield* TestClock.adjust("5 seconds")
      const other = yield* Effect.forkScoped(budget.spend("activity"))
      yield* TestClock.adjust("100 millis")
      assert.isDefined(other.pollUnsafe())
    }),
  )

  it.effect("gives a caller up after a minute instead of queueing for ever", () =>
    Effect.gen(function* () {
      const budget = yield* budgetOf({ lane: "fast" })
      yield* budget.throttled("book", Duration.toMillis(maxQuiet))
      const waiting = yield* Effect.forkScoped(Effect.flip(budget.spend("book")))
      yield* TestClock.adjust(maxWait)
      const error = yield* Fiber.join(waiting)
      assert.strictEqual(error._tag, "Throttled")
      assert.isNotNull(error.retryAfterMs)
    }),
  )

  it.effect("lets a waiting caller be interrupted without blocking the next", () =>
    Effect.gen(function* () {
      const budget = yield* budgetOf({ lane: "fast" })
      yield* budget.throttled("book", 5000)
      const first = yield* Effect.forkScoped(budget.spend("book"))
      const second = yield* Effect.forkScoped(budget.spend("book"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 seconds")
      assert.isDefined(second.pollUnsafe())
    }),
  )
})

describe("a throttle", () => {
  const ready = (budget: Budget["Service"], route: RouteName) =>
    Effect.gen(function* () {
      const call = yield* Effect.forkScoped(budget.spend(route))
      yield* TestClock.adjust(0)
      const done = call.pollUnsafe() !== undefined
      yield* Fiber.interrupt(call)
      return done
    })

  it.effect("empties the route's bucket for the time told and is told on", () =>
    Effect.gen(function* () {
      const told: Array<Throttle> = []
      const budget = yield* budgetOf({ lane: "fast" }, (throttle) => told.push(throttle))
      assert.strictEqual(yield* budget.throttled("trades", 3000), 3000)
      assert.deepStrictEqual(told, [{ route: "trades", quietMs: 3000 }])
      assert.isFalse(yield* ready(budget, "trades"))
      assert.isTrue(yield* ready(budget, "activity"))
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(yield* ready(budget, "trades"))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(yield* ready(budget, "trades"))
      // The bucket starts empty: the burst does not come back at once.
      assert.isFalse(yield* ready(budget, "trades"))
    }),
  )

  it.effect("heard from the other lane quiets this one and goes no further", () =>
    Effect.gen(function* () {
      const told: Array<Throttle> = []
      const budget = yield* budgetOf({ lane: "background" }, (throttle) => told.push(throttle))
      yield* budget.hear({ route: "book", quietMs: 2000 })
      assert.isFalse(yield* ready(budget, "book"))
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* ready(budget, "book"))
      assert.strictEqual(told.length, 0)
    }),
  )

  it.effect("without a time counts as a second, with an absurd one as ten minutes", () =>
    Effect.gen(function* () {
      const budget = yield* budgetOf({ lane: "fast" })
      assert.strictEqual(yield* budget.throttled("book", null), 1000)
      assert.strictEqual(yield* budget.throttled("trades", 1e12), Duration.toMillis(maxQuiet))
      assert.strictEqual(yield* budget.throttled("holders", -5), 0)
    }),
  )
})
