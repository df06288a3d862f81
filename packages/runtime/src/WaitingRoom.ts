/**
 * Who waits in a queue and who is next: the rules of a backlog without its fibers.
 *
 * One place a key. An item whose key waits takes over that place and not a new one; an item whose key
 * is being handled waits beside the queue until that turn is over, so a key is never in two hands and
 * a hint that comes during a turn is never taken for the turn's own.
 *
 * Order: by arrival, moved up by priority. A place of priority p is taken as if it had come `p × ageing`
 * earlier, so everyone is overtaken only by what came within that time and nothing starves.
 * A place is ready `gather` after its first item came: what comes meanwhile merges into it.
 *
 * Limits: `capacity` waiting places and one beside for each key being handled. Every method is
 * synchronous: no other fiber sees a half-made move.
 */
import { Heap } from "./Heap.ts"

export interface RoomOptions<A> {
  readonly capacity: number
  readonly key: (item: A) => string
  /** A small whole number; greater goes first. */
  readonly priority: (item: A) => number
  /** How long a place waits to be worth one priority more, ms. */
  readonly ageingMs: number
  /** How long a place waits for more of its key before it is ready, ms. */
  readonly gatherMs: number
}

/** An item with the key it stands for and the time since when that key has waited. */
export interface Place<A> {
  readonly key: string
  item: A
  readonly sinceMs: number
}

interface Ticket<A> {
  readonly place: Place<A>
  readonly rankMs: number
  readonly order: number
}

interface Waiting<A> extends Place<A> {
  readonly readyMs: number
  rankMs: number
  /** It can be taken; before, it gathers or waits beside. */
  inLine: boolean
  /** The ticket that counts; a place that was moved up left older ones behind. */
  ticket: Ticket<A> | null
}

/** What became of an item: `full` means it was not taken in. */
export type Admission = "queued" | "coalesced" | "full"

const sooner = <A>(a: Ticket<A>, b: Ticket<A>): boolean =>
  a.rankMs < b.rankMs || (a.rankMs === b.rankMs && a.order < b.order)

/** Tickets that no longer count are cleared away when they outnumber the places. */
const spareTickets = 64

export class WaitingRoom<A> {
  private readonly options: RoomOptions<A>
  /** In order of arrival. */
  private readonly waiting = new Map<string, Waiting<A>>()
  private readonly active = new Set<string>()
  /** Items that came while their key was being handled. */
  private readonly beside = new Map<string, Waiting<A>>()
  private readonly ready = new Heap<Ticket<A>>(sooner)
  private readonly gathering = new Heap<Ticket<A>>(sooner)
  private order = 0

  constructor(options: RoomOptions<A>) {
    this.options = options
  }

  /** Waiting places, those beside not counted. */
  get size(): number {
    return this.waiting.size
  }

  /** Everything not yet handled. */
  get pending(): number {
    return this.waiting.size + this.beside.size + this.active.size
  }

  /** Since when the first in the queue has waited; `null` when it is empty. */
  get oldestMs(): number | null {
    for (const place of this.waiting.values()) return place.sinceMs
    return null
  }

  offer(item: A, nowMs: number): Admission {
    const key = this.options.key(item)
    const known = this.waiting.get(key) ?? this.beside.get(key)
    if (known !== undefined) {
      known.item = item
      this.moveUp(known)
      return "coalesced"
    }
    const place: Waiting<A> = {
      key,
      item,
      sinceMs: nowMs,
      readyMs: nowMs + this.options.gatherMs,
      rankMs: this.rankOf(item, nowMs),
      inLine: false,
      ticket: null,
    }
    if (this.active.has(key)) {
      this.beside.set(key, place)
      return "queued"
    }
    if (this.waiting.size >= this.options.capacity) return "full"
    this.enqueue(place, nowMs)
    return "queued"
  }

  /** Lets the place go that came first; `undefined` when none waits. */
  slide(): Place<A> | undefined {
    for (const place of this.waiting.values()) {
      this.waiting.delete(place.key)
      this.clearTickets()
      return place
    }
    return undefined
  }

  /** Hands out the place that is next; its key is in the taker's hands until {@link finish}. */
  take(nowMs: number): Place<A> | null {
    this.promote(nowMs)
    for (let ticket = this.ready.pop(); ticket !== undefined; ticket = this.ready.pop()) {
      if (!this.counts(ticket)) continue
      this.waiting.delete(ticket.place.key)
      this.active.add(ticket.place.key)
      return ticket.place
    }
    return null
  }

  /** The turn of a place is over; what came for its key meanwhile joins the queue. */
  finish(place: Place<A>, nowMs: number): void {
    this.active.delete(place.key)
    const next = this.beside.get(place.key)
    if (next === undefined) return
    this.beside.delete(place.key)
    this.enqueue(next, nowMs)
  }

  /** When {@link take} has something: now or earlier, a later time, or `null` for not before the next offer. */
  nextMs(nowMs: number): number | null {
    this.promote(nowMs)
    this.prune(this.ready)
    if (this.ready.size > 0) return nowMs
    return this.gathering.top?.rankMs ?? null
  }

  private rankOf(item: A, sinceMs: number): number {
    return sinceMs - this.options.priority(item) * this.options.ageingMs
  }

  private enqueue(place: Waiting<A>, nowMs: number): void {
    this.waiting.set(place.key, place)
    if (place.readyMs > nowMs) this.queueUp(this.gathering, place, place.readyMs)
    else this.joinLine(place)
  }

  private joinLine(place: Waiting<A>): void {
    place.inLine = true
    this.queueUp(this.ready, place, place.rankMs)
  }

  private moveUp(place: Waiting<A>): void {
    const rankMs = this.rankOf(place.item, place.sinceMs)
    if (rankMs >= place.rankMs) return
    place.rankMs = rankMs
    // A place that gathers, or waits beside, gets its ticket with the new rank when it is ready.
    if (!place.inLine) return
    this.queueUp(this.ready, place, rankMs)
    this.clearTickets()
  }

  private queueUp(heap: Heap<Ticket<A>>, place: Waiting<A>, rankMs: number): void {
    place.ticket = { place, rankMs, order: this.order++ }
    heap.push(place.ticket)
  }

  private promote(nowMs: number): void {
    for (;;) {
      this.prune(this.gathering)
      const ticket = this.gathering.top
      if (ticket === undefined || ticket.rankMs > nowMs) return
      this.gathering.pop()
      this.joinLine(this.waiting.get(ticket.place.key)!)
    }
  }

  private prune(heap: Heap<Ticket<A>>): void {
    while (heap.top !== undefined && !this.counts(heap.top)) heap.pop()
  }

  private counts(ticket: Ticket<A>): boolean {
    return this.waiting.get(ticket.place.key)?.ticket === ticket
  }

  private clearTickets(): void {
    const most = 2 * this.waiting.size + spareTickets
    for (const heap of [this.ready, this.gathering]) {
      if (heap.size > most) heap.keep((ticket) => this.counts(ticket))
    }
  }
}
