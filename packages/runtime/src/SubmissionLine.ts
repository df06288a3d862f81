/**
 * Who waits for a slot of the fast path and who is next: its rules without its fibers.
 *
 * One item of a key has its turn at a time; the next one waits for the end of that turn and not for a
 * slot. A free slot takes the key that has been ready longest. An item at its turn that has to wait for
 * something else is put back and stays first of its key; while it waits, its key takes no slot and the
 * time of those behind it does not count. Every method is synchronous: nobody sees a half-made move.
 */
import type { Effect } from "effect"

export interface Submission {
  /** Items with the same key keep their order. */
  readonly key: string
  /** What has to end before it may start, asked at its turn; null: nothing. */
  readonly behind?: () => Effect.Effect<void> | null
  /** Has a slot, and its key for itself, until it runs `turnOver` or ends. */
  readonly run: (turnOver: Effect.Effect<void>) => Effect.Effect<void>
  /** Runs instead of `run` when the item could not start in time. */
  readonly shed: Effect.Effect<void>
}

export interface Waiting extends Submission {
  /** When it was submitted. Of the monotonic clock, as `countsFrom`. */
  readonly since: bigint
  /** From when on its wait counts. */
  countsFrom: bigint
}

type Slot = (item: Waiting) => void

export class SubmissionLine {
  /** Those whose wait counts, the longest first. */
  readonly #waiting = new Set<Waiting>()
  /** All that wait by key, in order. */
  readonly #byKey = new Map<string, Array<Waiting>>()
  /** Keys with somebody waiting and nobody in a slot, in the order in which they came to be so. */
  readonly #ready = new Set<string>()
  /** Keys with an item in a slot, or put back. */
  readonly #taken = new Set<string>()
  /** Keys whose first was put back. */
  readonly #heldUp = new Set<string>()
  /** Free slots, the one that is free longest first. */
  readonly #free = new Set<Slot>()
  #size = 0

  /** Items that wait or have their turn. */
  get size(): number {
    return this.#size
  }

  /** How many wait behind the first of a key that was put back; 0 when none was. */
  heldUp(key: string): number {
    return this.#heldUp.has(key) ? this.#byKey.get(key)!.length - 1 : 0
  }

  /** The one whose wait has counted longest. */
  get oldest(): Waiting | undefined {
    for (const item of this.#waiting) return item
    return undefined
  }

  /** Since when the first of those has waited that wait for a slot. */
  get oldestForSlot(): bigint | null {
    let oldest: bigint | null = null
    for (const key of this.#ready) {
      const { countsFrom } = this.#byKey.get(key)![0]!
      if (oldest === null || countsFrom < oldest) oldest = countsFrom
    }
    return oldest
  }

  /** The item goes into a free slot, or waits. */
  join(submission: Submission, since: bigint): void {
    const item: Waiting = { ...submission, since, countsFrom: since }
    this.#size += 1
    const ofKey = this.#byKey.get(item.key)
    if (ofKey === undefined) this.#byKey.set(item.key, [item])
    else ofKey.push(item)
    if (!this.#heldUp.has(item.key)) this.#waiting.add(item)
    this.#offer(item.key)
  }

  /** Hands the next item to the slot, now or when there is one; answers with how the slot goes away. */
  next(slot: Slot): () => void {
    this.#free.add(slot)
    for (const key of this.#ready) {
      this.#offer(key)
      break
    }
    return () => void this.#free.delete(slot)
  }

  /** The item's turn in a slot is over. */
  leave(item: Waiting): void {
    this.#size -= 1
    this.#taken.delete(item.key)
    this.#offer(item.key)
  }

  /** The item leaves its slot and is first of its key again, which takes no slot until {@link goOn}. */
  putBack(item: Waiting): void {
    const behind = this.#byKey.get(item.key) ?? []
    for (const one of behind) this.#waiting.delete(one)
    this.#byKey.set(item.key, [item, ...behind])
    this.#heldUp.add(item.key)
  }

  /** What the first of a key waited for is over; for all that wait with it time counts from now. */
  goOn(key: string, now: bigint): void {
    this.#heldUp.delete(key)
    this.#taken.delete(key)
    for (const item of this.#byKey.get(key)!) {
      item.countsFrom = now
      this.#waiting.add(item)
    }
    this.#offer(key)
  }

  /** The item waits no longer and gets no turn. */
  withdraw(item: Waiting): void {
    this.#size -= 1
    this.#remove(item)
  }

  #remove(item: Waiting): void {
    this.#waiting.delete(item)
    const ofKey = this.#byKey.get(item.key)!
    ofKey.splice(ofKey.indexOf(item), 1)
    if (ofKey.length > 0) return
    this.#byKey.delete(item.key)
    this.#ready.delete(item.key)
  }

  #offer(key: string): void {
    const first = this.#byKey.get(key)?.[0]
    if (first === undefined || this.#taken.has(key)) return
    for (const slot of this.#free) {
      this.#free.delete(slot)
      this.#remove(first)
      this.#ready.delete(key)
      this.#taken.add(key)
      return slot(first)
    }
    this.#ready.add(key)
  }
}
