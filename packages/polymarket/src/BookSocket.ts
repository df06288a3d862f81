/**
 * The connection behind the followed order books, kept open while there is anything to follow.
 *
 * A connection without any frame for {@link silence}, or without a message for {@link deafness}, is
 * given up and opened again at once; one that fails or is closed is opened again after 1 s, doubling
 * to 30 s while nothing is heard, made up to a fifth shorter or longer. Every new connection begins
 * with fresh snapshots. A book that fell out of step, or whose snapshot does not come within
 * {@link snapshotWithin}, is fetched over HTTP: {@link fetchers} at a time, each again after
 * {@link refetchEvery} while it fails. So is one that nothing was heard of for {@link auditEvery}: the
 * venue does not say when a market closes, and forgets changes. A venue in process forgets none and
 * is not audited. Messages that cannot be read are counted, logged and told to {@link RejectedRows}.
 */
import { Duration, Effect, Metric, Queue, Random } from "effect"
import type { Latch, Scope } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { monotonicMs } from "@evaluator/runtime/MonotonicTime"
import type { BookEvent } from "./BookFeed.ts"
import type { BookMirror, Mirroring } from "./BookMirror.ts"
import { mostTokens } from "./BookMirror.ts"
import type { BookConnection, BookPort, ConnectionLost } from "./BookPort.ts"
import type { ClobApi } from "./ClobApi.ts"
import { RejectedRows } from "./RejectedRow.ts"
import type { HeardBooks } from "./wire/BookFrame.ts"
import { booksHeardIn, changeFrame, subscribeFrame } from "./wire/BookFrame.ts"

/** The venue wants one at least every ten seconds; this often, a quiet book is never older than 4 s. */
export const pingEvery = Duration.seconds(4)
export const silence = Duration.seconds(12)
export const deafness = Duration.seconds(60)
export const snapshotWithin = Duration.seconds(5)
export const refetchEvery = Duration.seconds(5)
export const auditEvery = Duration.seconds(60)
export const fetchers = 4
/** Tokens named in one frame. */
const mostInFrame = 200
const lookEvery = Duration.seconds(1)
/** Between two fetches of one book. */
const leastBetweenMs = 1000
const firstBackOffMs = 1000
const maxDoublings = 5
const longestBackOffMs = 30_000
const afterSilenceMs = 100

const badMessages = Metric.withAttributes(counterOf(metrics.rowsQuarantined), {
  kind: "book-stream",
})

/** What is followed, shared by the feed and its connection. */
export interface Following {
  readonly mirror: BookMirror
  /** Open when the followed tokens have changed since they were last looked at. */
  readonly changed: Latch.Latch
  /** The last sign of life of the connection, by {@link monotonicMs}. */
  heardMs: number
  readonly tell: (event: BookEvent) => Effect.Effect<void>
}

interface Session {
  spoke: boolean
  /** We closed it. */
  givenUp: boolean
}

/** Keeps the connection; ends only by interruption. */
export const listening = Effect.fnUntraced(function* (
  port: BookPort,
  following: Following,
  clob: ClobApi["Service"],
): Effect.fn.Return<never> {
  let deafTries = 0
  for (;;) {
    while (following.mirror.followed.size === 0) {
      yield* following.changed.close
      if (following.mirror.followed.size === 0) yield* following.changed.await
    }
    const session: Session = { spoke: false, givenUp: false }
    const why = yield* connected(port, following, clob, session)
    following.mirror.loseAll(yield* monotonicMs)
    deafTries = session.spoke || session.givenUp ? 0 : Math.min(deafTries + 1, maxDoublings)
    const waitMs = session.givenUp ? afterSilenceMs : backOffMs(deafTries, yield* Random.next)
    yield* Effect.logDebug("order books: connecting again", { why, waitMs })
    yield* Effect.sleep(waitMs)
  }
})

const backOffMs = (doublings: number, chance: number): number =>
  Math.ceil(Math.min(firstBackOffMs * 2 ** doublings, longestBackOffMs) * (0.8 + 0.4 * chance))

/** One connection from its opening to its end; gives the reason of the end, in words. */
const connected = (
  port: BookPort,
  following: Following,
  clob: ClobApi["Service"],
  session: Session,
): Effect.Effect<string> =>
  Effect.gen(function* (): Effect.fn.Return<string, ConnectionLost, Scope.Scope> {
    const connection = yield* port.connect
    const fetching = new Fetching(following, clob)
    const toFetch = yield* Queue.dropping<TokenId>(mostTokens)
    const parts = [
      reading(port, connection, following, session, (token) => fetching.ask(toFetch, token)),
      subscribing(connection, following, session),
      Effect.replicateEffect(Effect.forever(fetching.one(toFetch)), fetchers, {
        concurrency: "unbounded",
      }).pipe(Effect.as("")),
      ...(port.mayGoSilent
        ? [connection.send("PING").pipe(Effect.delay(pingEvery), Effect.forever)]
        : []),
    ]
    return yield* Effect.raceAllFirst(parts)
  }).pipe(
    Effect.scoped,
    Effect.catchTag("ConnectionLost", ({ why }) => Effect.succeed(why)),
  )

/** Keeps what the connection is subscribed to equal to what is followed. */
const subscribing = Effect.fnUntraced(function* (
  { send }: BookConnection,
  { changed, mirror }: Following,
  session: Session,
): Effect.fn.Return<string, ConnectionLost> {
  let subscribed: ReadonlySet<TokenId> = new Set()
  for (;;) {
    yield* changed.close
    const { followed } = mirror
    if (followed.size === 0) {
      session.givenUp = true
      return "nothing is followed any more"
    }
    const added = Array.from(followed).filter((token) => !subscribed.has(token))
    const removed = Array.from(subscribed).filter((token) => !followed.has(token))
    for (let at = 0; at < added.length; at += mostInFrame) {
      const tokens = added.slice(at, at + mostInFrame)
      const first = subscribed.size === 0 && at === 0
      yield* send(first ? subscribeFrame(tokens) : changeFrame("subscribe", tokens))
    }
    for (let at = 0; at < removed.length; at += mostInFrame) {
      yield* send(changeFrame("unsubscribe", removed.slice(at, at + mostInFrame)))
    }
    subscribed = followed
    yield* changed.await
  }
})

const reading = Effect.fnUntraced(function* (
  port: BookPort,
  { receive }: BookConnection,
  following: Following,
  session: Session,
  fetch: (token: TokenId) => void,
): Effect.fn.Return<string, ConnectionLost> {
  const { mirror } = following
  const openedMs = yield* monotonicMs
  following.heardMs = openedMs
  let spokeMs = openedMs
  for (;;) {
    const someLost = mirror.lostFor(0, yield* monotonicMs).length > 0
    const patience = someLost ? lookEvery : port.mayGoSilent ? silence : Duration.infinity
    const frames = yield* Effect.timeoutOrElse(receive, {
      duration: patience,
      orElse: () => Effect.succeed(null),
    })
    const nowMs = yield* monotonicMs
    if (frames !== null) following.heardMs = nowMs
    for (const frame of frames ?? []) {
      const heard = booksHeardIn(frame)
      if (heard.spoke) {
        session.spoke = true
        spokeMs = nowMs
      }
      yield* reported(heard)
      for (const message of heard.messages) {
        const did = mirror.apply(message, nowMs)
        for (const token of did.lost) fetch(token)
        yield* tellOf(following, did)
        if (message.kind === "resolved") yield* following.tell(message)
      }
    }
    for (const token of mirror.lostFor(Duration.toMillis(snapshotWithin), nowMs)) fetch(token)
    if (!port.mayGoSilent) continue
    for (const token of mirror.quietFor(Duration.toMillis(auditEvery), nowMs)) fetch(token)
    if (nowMs - following.heardMs >= Duration.toMillis(silence)) {
      session.givenUp = true
      return `silent for ${Duration.format(silence)}`
    }
    if (nowMs - spokeMs >= Duration.toMillis(deafness)) {
      session.givenUp = true
      return `no message for ${Duration.format(deafness)}`
    }
  }
})

/** Counts, logs and hands on what could not be read. */
const reported = Effect.fnUntraced(function* ({ faults }: HeardBooks) {
  if (faults.length === 0) return
  yield* Metric.update(badMessages, faults.length)
  yield* Effect.logDebug("order books: unreadable", { first: faults[0]!.reason })
  const hear = yield* RejectedRows
  yield* hear(faults)
})

const tellOf = ({ tell }: Following, { changed, lost }: Mirroring): Effect.Effect<void> =>
  Effect.andThen(
    Effect.forEach(changed, (token) => tell({ kind: "book", token }), { discard: true }),
    Effect.forEach(lost, (token) => tell({ kind: "lost", token }), { discard: true }),
  )

/** Books on their way over HTTP, each token once. */
class Fetching {
  private readonly asked = new Set<TokenId>()
  private readonly fetchedMs = new Map<TokenId, number>()
  private readonly following: Following
  private readonly clob: ClobApi["Service"]

  constructor(following: Following, clob: ClobApi["Service"]) {
    this.following = following
    this.clob = clob
  }

  ask(queue: Queue.Queue<TokenId>, token: TokenId): void {
    if (!this.asked.has(token) && Queue.offerUnsafe(queue, token)) this.asked.add(token)
  }

  /** A book that falls out of step with every change is not fetched with every change. */
  private spaced(token: TokenId): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const nowMs = yield* monotonicMs
      const waitMs = (this.fetchedMs.get(token) ?? -Infinity) + leastBetweenMs - nowMs
      if (waitMs > 0) yield* Effect.sleep(waitMs)
      if (this.fetchedMs.size >= mostTokens) this.fetchedMs.clear()
      this.fetchedMs.set(token, nowMs + Math.max(waitMs, 0))
    })
  }

  /** Fetches the next book that was asked for. */
  one(queue: Queue.Queue<TokenId>): Effect.Effect<void> {
    return Effect.flatMap(Queue.take(queue), (token) =>
      Effect.andThen(this.spaced(token), this.clob.book(token)).pipe(
        Effect.map((book) => (nowMs: number) => this.following.mirror.replace(book, nowMs)),
        Effect.catchReason("PolymarketError", "NotFound", () =>
          Effect.succeed((nowMs: number) => this.following.mirror.setAbsent(token, nowMs)),
        ),
        Effect.flatMap((put) =>
          Effect.flatMap(monotonicMs, (nowMs) => tellOf(this.following, put(nowMs))),
        ),
        Effect.catch((error) =>
          Effect.andThen(
            Effect.logDebug("order books: not fetched", { token, why: error.message }),
            Effect.sleep(refetchEvery),
          ),
        ),
        Effect.ensuring(Effect.sync(() => void this.asked.delete(token))),
      ),
    )
  }
}
