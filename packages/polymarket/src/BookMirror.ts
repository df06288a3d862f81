/**
 * The order books of followed tokens, rebuilt from snapshots and level changes.
 *
 * Promises: a book is handed out only while it is in step with what was told. It falls out of step when
 * the connection is lost, when the best prices told with a change are not those of the mirror, when
 * its best prices cross, or when its market is resolved; only a snapshot brings it back, over which
 * the changes heard meanwhile are laid. Changes are absolute, so laying one twice does no harm.
 * Does not: recompute the venue's hash, which covers more than we are sent, or fetch anything.
 * Limits: {@link mostTokens} tokens; {@link mostWaiting} changes a token while it is out of step.
 */
import type { ConditionId, TokenId } from "@evaluator/domain/Id"
import type { Book, Level } from "@evaluator/domain/market/Book"
import type { MicroShares, Price } from "@evaluator/domain/money/Micro"
import { ONE } from "@evaluator/domain/money/Micro"
import type { BookMessage, LevelChange } from "./wire/BookFrame.ts"

export const mostTokens = 500
export const mostWaiting = 256

interface Waiting {
  readonly atMs: number | null
  readonly changes: ReadonlyArray<LevelChange>
}

class Mirrored {
  /** The last snapshot, with what changed since in the fields below. */
  snapshot: Book | null = null
  readonly bids = new Map<Price, MicroShares>()
  readonly asks = new Map<Price, MicroShares>()
  /** The snapshot was fetched: changes told later may be older than it. */
  fetched = false
  /** When the book was last told, changed or fetched. */
  seenMs: number
  /** Since when the book is out of step; `null` while it is in step. */
  lostSinceMs: number | null
  /** The venue has no book of the token; only a snapshot of the socket ends that. */
  absent = false
  waiting: Array<Waiting> = []
  private built: Book | null = null

  constructor(nowMs: number) {
    this.seenMs = nowMs
    this.lostSinceMs = nowMs
  }

  get book(): Book | null {
    if (this.lostSinceMs !== null || this.snapshot === null) return null
    this.built ??= {
      ...this.snapshot,
      bids: levels(this.bids, (a, b) => b.price - a.price),
      asks: levels(this.asks, (a, b) => a.price - b.price),
    }
    return this.built
  }

  replace(book: Book): void {
    this.snapshot = book
    this.bids.clear()
    this.asks.clear()
    for (const { price, size } of book.bids) this.bids.set(price, size)
    for (const { price, size } of book.asks) this.asks.set(price, size)
    this.built = null
  }

  lay(change: LevelChange, atMs: number | null): void {
    const side = change.side === "bids" ? this.bids : this.asks
    if (change.size === 0) side.delete(change.price)
    else side.set(change.price, change.size)
    if (this.snapshot !== null) {
      this.snapshot = {
        ...this.snapshot,
        atMs: Math.max(this.snapshot.atMs, atMs ?? 0),
        hash: change.hash === "" ? this.snapshot.hash : change.hash,
      }
    }
    this.built = null
  }

  setTick(tick: Price): void {
    if (this.snapshot !== null) this.snapshot = { ...this.snapshot, tick }
    this.built = null
  }

  /** The mirror's best prices are those told with its last change, and do not cross. */
  agreesWith({ bestBid, bestAsk }: LevelChange): boolean {
    const bid = Math.max(0, ...this.bids.keys())
    const ask = Math.min(ONE, ...this.asks.keys())
    return (
      (bestBid === null || bestBid === bid) && (bestAsk === null || bestAsk === ask) && bid < ask
    )
  }
}

const levels = (
  side: ReadonlyMap<Price, MicroShares>,
  bestFirst: (a: Level, b: Level) => number,
): ReadonlyArray<Level> =>
  Array.from(side, ([price, size]) => ({ price, size })).toSorted(bestFirst)

/** What a message did: whose book is another now, and whose fell out of step. */
export interface Mirroring {
  readonly changed: ReadonlyArray<TokenId>
  readonly lost: ReadonlyArray<TokenId>
}

export class BookMirror {
  private readonly books = new Map<TokenId, Mirrored>()

  /** Makes these the followed tokens; the first {@link mostTokens} of them. */
  follow(tokens: Iterable<TokenId>, nowMs: number): void {
    const wanted = new Set(Array.from(tokens).slice(0, mostTokens))
    for (const token of this.books.keys()) if (!wanted.has(token)) this.books.delete(token)
    for (const token of wanted) {
      if (!this.books.has(token)) this.books.set(token, new Mirrored(nowMs))
    }
  }

  get followed(): ReadonlySet<TokenId> {
    return new Set(this.books.keys())
  }

  /** The book, or `null` while it is out of step or there is none. */
  book(token: TokenId): Book | null {
    return this.books.get(token)?.book ?? null
  }

  /** Tokens out of step since before `nowMs - forMs` that the venue may have a book of. */
  lostFor(forMs: number, nowMs: number): ReadonlyArray<TokenId> {
    return Array.from(this.books).flatMap(([token, { lostSinceMs, absent }]) =>
      lostSinceMs !== null && !absent && nowMs - lostSinceMs >= forMs ? [token] : [],
    )
  }

  /** Tokens in step that nothing was heard of for that long: quiet, or forgotten. */
  quietFor(forMs: number, nowMs: number): ReadonlyArray<TokenId> {
    return Array.from(this.books).flatMap(([token, { lostSinceMs, seenMs }]) =>
      lostSinceMs === null && nowMs - seenMs >= forMs ? [token] : [],
    )
  }

  /** The connection is gone: nothing is in step, and what was told before is not continued. */
  loseAll(nowMs: number): void {
    for (const book of this.books.values()) {
      book.lostSinceMs ??= nowMs
      book.absent = false
      book.waiting = []
    }
  }

  /** The venue has no book of the token. */
  setAbsent(token: TokenId, nowMs: number): Mirroring {
    const book = this.books.get(token)
    if (book === undefined) return unchanged
    book.absent = true
    if (book.lostSinceMs !== null) return unchanged
    book.lostSinceMs = nowMs
    return { changed: [], lost: [token] }
  }

  /**
   * A whole book that was fetched; what waited for it and is not older is laid over it. It came
   * another way than the changes, so times decide between them; one that is older than a book in
   * step is left.
   */
  replace(book: Book, nowMs: number): Mirroring {
    const mirrored = this.books.get(book.token)
    if (mirrored === undefined) return unchanged
    const { lostSinceMs, snapshot } = mirrored
    mirrored.seenMs = nowMs
    if (lostSinceMs === null && snapshot !== null) {
      const same = book.hash !== "" && book.hash === snapshot.hash
      if (same || book.atMs < snapshot.atMs) return unchanged
    }
    return this.put(mirrored, book, true)
  }

  private put(mirrored: Mirrored, book: Book, fetched: boolean): Mirroring {
    mirrored.replace(book)
    mirrored.fetched = fetched
    mirrored.lostSinceMs = null
    mirrored.absent = false
    const { waiting } = mirrored
    mirrored.waiting = []
    for (const { atMs, changes } of fetched ? waiting : []) {
      for (const change of changes) {
        if (atMs === null || atMs >= book.atMs) mirrored.lay(change, atMs)
      }
    }
    return { changed: [book.token], lost: [] }
  }

  apply(message: BookMessage, nowMs: number): Mirroring {
    switch (message.kind) {
      case "snapshot":
        return this.told(message, nowMs)
      case "tick": {
        const mirrored = this.books.get(message.token)
        mirrored?.setTick(message.tick)
        return mirrored?.book === null || mirrored === undefined
          ? unchanged
          : { changed: [message.token], lost: [] }
      }
      case "levels":
        return this.change(message, nowMs)
      case "resolved":
        return this.settle(message.condition, nowMs)
    }
  }

  /** A settled market has no book any more, and no frame says so: whoever fetches it will know. */
  private settle(condition: ConditionId, nowMs: number): Mirroring {
    const lost: Array<TokenId> = []
    for (const [token, mirrored] of this.books) {
      if (mirrored.snapshot?.condition !== condition || mirrored.lostSinceMs !== null) continue
      mirrored.lostSinceMs = nowMs
      lost.push(token)
    }
    return { changed: [], lost }
  }

  /**
   * A snapshot of the socket, which is newer than all it told before, whatever its time. One that
   * names no tick or minimum keeps those known.
   */
  private told(
    { book, names }: BookMessage & { readonly kind: "snapshot" },
    nowMs: number,
  ): Mirroring {
    const mirrored = this.books.get(book.token)
    if (mirrored === undefined) return unchanged
    mirrored.seenMs = nowMs
    const tick = names.tick ? book.tick : (mirrored.snapshot?.tick ?? book.tick)
    const known = mirrored.snapshot?.minimumSize ?? book.minimumSize
    const minimumSize = names.minimumSize ? book.minimumSize : known
    return this.put(mirrored, { ...book, tick, minimumSize }, false)
  }

  private change(message: BookMessage & { readonly kind: "levels" }, nowMs: number): Mirroring {
    const { atMs, changes } = message
    const changed: Array<TokenId> = []
    const lost: Array<TokenId> = []
    for (const token of new Set(changes.map((change) => change.token))) {
      const mirrored = this.books.get(token)
      if (mirrored === undefined) continue
      const own = changes.filter((change) => change.token === token)
      if (mirrored.lostSinceMs !== null) {
        mirrored.waiting = [...mirrored.waiting, { atMs, changes: own }].slice(-mostWaiting)
        continue
      }
      // Older than what was fetched: that holds it already.
      const known = mirrored.fetched ? (mirrored.snapshot?.atMs ?? 0) : 0
      if (atMs !== null && atMs < known) continue
      mirrored.seenMs = nowMs
      for (const change of own) mirrored.lay(change, atMs)
      const last = own.at(-1)
      if (last !== undefined && !mirrored.agreesWith(last)) {
        mirrored.lostSinceMs = nowMs
        mirrored.waiting = [{ atMs, changes: own }]
        lost.push(token)
      } else changed.push(token)
    }
    return { changed, lost }
  }
}

const unchanged: Mirroring = { changed: [], lost: [] }
