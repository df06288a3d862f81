/**
 * What we take for granted about the two sockets: listened to for a while, then held against HTTP.
 */
import { Clock, Duration, Effect, Fiber, Result, Stream } from "effect"
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { Book } from "@evaluator/domain/market/Book"
import type { Fill } from "@evaluator/domain/trade/Trade"
import type { BookEvent } from "../BookFeed.ts"
import { BookFeed } from "../BookFeed.ts"
import { TradeFeed } from "../TradeFeed.ts"
import { bookOf } from "../wire/BookRow.ts"
import { fillOf } from "../wire/TradeRow.ts"
import type { Verdict } from "./Probe.ts"
import { holds, judge, open as unclear } from "./Probe.ts"
import { Prober } from "./Prober.ts"
import { followedOf, rowsIn, type Sample } from "./Sample.ts"

const mostTokens = 5
const mostLooks = 6
const betweenLooks = Duration.millis(700)

const medianOf = (values: ReadonlyArray<number>): number | null =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null

/** Fills heard on the trade stream, how late, and how many of them the feed knows. */
export const tradeStreamVerdict = Effect.fnUntraced(function* (listenFor: Duration.Duration) {
  const feed = yield* TradeFeed
  const prober = yield* Prober
  const heard: Array<{ readonly fill: Fill; readonly lateMs: number }> = []
  yield* Stream.runForEach(feed.fills, (fill) =>
    Effect.map(Clock.currentTimeMillis, (nowMs) => {
      heard.push({ fill, lateMs: nowMs - fill.atMs })
    }),
  ).pipe(Effect.timeoutOption(listenFor))
  const seconds = Duration.toSeconds(listenFor)
  if (heard.length === 0)
    return unclear(`silent for ${seconds} s: polls find the fills all the same`)
  const idsOf = Effect.fnUntraced(function* (takersOnly: boolean) {
    const { json } = yield* prober.askGood("data", "/v2/trades", [
      ["taker_only", String(takersOnly)],
      ["limit", "1000"],
    ])
    const read = rowsIn(json, "data").map((row) => fillOf(row))
    return new Set(read.filter(Result.isSuccess).map(({ success }) => success.id))
  })
  const known = yield* idsOf(false)
  const takers = yield* idsOf(true)
  const ids = heard.map(({ fill }) => fill.id)
  const found = ids.filter((id) => known.has(id))
  const makers = found.filter((id) => !takers.has(id)).length
  const late = medianOf(heard.map(({ lateMs }) => lateMs))
  return holds(
    `${heard.length} fills in ${seconds} s, ${ids.length - new Set(ids).size} of them told twice, median ${late} ms after their time; ${found.length} stand in /v2/trades already, ${makers} of them as makers' only`,
  )
})

/**
 * Followed books after a while, against the same books over HTTP; which of those that closed meanwhile
 * the socket told of, and for how long it said nothing. Markets about to end are followed as well.
 */
export const bookSocketVerdict = Effect.fnUntraced(function* (
  sample: Sample,
  listenFor: Duration.Duration,
): Effect.fn.Return<Verdict, Error, BookFeed | Prober> {
  const feed = yield* BookFeed
  const prober = yield* Prober
  const startMs = yield* Clock.currentTimeMillis
  const { ending, steady: tokens } = followedOf(sample, mostTokens, startMs)
  if (tokens.length === 0) return unclear("no token to follow")
  const heard = new Heard(startMs)
  const listening = yield* Effect.forkChild(feed.listening)
  const counting = yield* Effect.forkChild(
    Stream.runForEach(feed.events, (event) =>
      Effect.map(Clock.currentTimeMillis, (nowMs) => heard.hear(event, nowMs)),
    ),
  )
  yield* feed.follow([...tokens, ...ending])
  yield* Effect.sleep(listenFor)
  const silenceMs = heard.silenceUntil(yield* Clock.currentTimeMillis)
  const { events } = heard
  const closed = new Set<TokenId>()
  const inStep = new Set<TokenId>()
  const agreed = new Set<TokenId>()
  // The two ways do not show the same moment: a book agrees when its best prices once did.
  for (let look = 0; look < mostLooks && agreed.size + closed.size < tokens.length; look++) {
    if (look > 0) yield* Effect.sleep(betweenLooks)
    for (const token of tokens.filter((each) => !agreed.has(each) && !closed.has(each))) {
      const { json, status } = yield* prober.ask("clob", "/book", [["token_id", token]])
      if (status === 404) {
        closed.add(token)
        inStep.delete(token)
        continue
      }
      const fetched = bookOf(json)
      const seen = yield* feed.book(token)
      if (seen === null) continue
      inStep.add(token)
      if (Result.isSuccess(fetched) && haveSameBest(fetched.success, seen.book)) agreed.add(token)
    }
  }
  for (const token of ending) {
    const { status } = yield* prober.ask("clob", "/book", [["token_id", token]])
    if (status === 404) closed.add(token)
  }
  yield* Fiber.interrupt(listening)
  yield* Fiber.interrupt(counting)
  const open = tokens.filter((token) => !closed.has(token)).length
  // One without a book from the start did not close meanwhile.
  const over = sample.markets.filter((market) =>
    market.tokens.some(({ token }) => closed.has(token) && heard.booked.has(token)),
  )
  const told = over.filter(({ condition }) => heard.resolved.has(condition)).length
  const says = [
    `${inStep.size} of ${open} books in step`,
    `${agreed.size} with the best prices of HTTP`,
    `${events} changes in ${Duration.toSeconds(listenFor)} s`,
    `longest silence ${(silenceMs / 1000).toFixed(1)} s`,
    `${told} of ${over.length} that closed meanwhile were told of`,
  ].join(", ")
  const agreeing = agreed.size >= Math.max(1, open - 1)
  return open === 0 ? unclear(says) : judge(inStep.size === open && agreeing, says)
})

/** What the book feed told: how often, of what, and how long it said nothing. */
class Heard {
  events = 0
  readonly resolved = new Set<ConditionId>()
  readonly booked = new Set<TokenId>()
  private silenceMs = 0
  private lastMs: number

  constructor(startMs: number) {
    this.lastMs = startMs
  }

  hear(event: BookEvent, nowMs: number): void {
    this.events += 1
    this.silenceMs = this.silenceUntil(nowMs)
    this.lastMs = nowMs
    if (event.kind === "resolved") this.resolved.add(event.condition)
    else if (event.kind === "book") this.booked.add(event.token)
  }

  /** The longest so far, the one that may still last included. */
  silenceUntil(nowMs: number): number {
    return Math.max(this.silenceMs, nowMs - this.lastMs)
  }
}

const haveSameBest = (a: Book, b: Book): boolean =>
  a.bids[0]?.price === b.bids[0]?.price && a.asks[0]?.price === b.asks[0]?.price
