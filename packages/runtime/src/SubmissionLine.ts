/**
 * Who waits for a slot of the fast path and who is next: its rules without its fibers.
 *
 * One item of a key is in a slot at a time; its next one waits for it and not for a slot. A free slot
 * takes the key that has been ready longest. Every method is synchronous: nobody sees a half-made move.
 */
import type { Effect } from "effect"

export interface Submission {
  /** Items with the same key keep their order. */
  readonly key: string
  readonly run: Effect.Effect<void>
  /** Runs instead of `run` when the item could not start in time. */
  readonly shed: Effect.Effect<void>
}

export interface Waiting extends Submission {
  /** Of the monotonic clock. */
  readonly since: bigint
}

type Slot = (item: Waiting) => void

export class SubmissionLine {
  /** In the order of submission, over all keys. */
  readonly #waiting = new Set<Waiting>()
  /** Those of {@link #waiting} by key, in order. */
  readonly #byKey = new Map<string, Array<Waiting>>()
  /** Keys with somebody waiting and nobody in a slot, in the order in which they came to be so. */
  readonly #ready = new Set<string>()
  /** Keys with an item in a slot. */
  readonly #taken = new Set<string>()
  /** Free slots, the one that is free longest first. */
  readonly #free = new Set<Slot>()

  /** The one that has waited longest, for whatever. */
  get oldest(): Waiting | undefined {
    for (const item of this.#waiting) return item
    return undefined
  }

  /** Since when the first of those has waited that wait for a slot. */
  get oldestForSlot(): bigint | null {
    let oldest: bigint | null = null
    for (const key of this.#ready) {
      const { since } = this.#byKey.get(key)![0]!
      if (oldest === null || since < oldest) oldest = since
    }
    return oldest
  }

  /** The item goes into a free slot, or waits. */
  join(submission: Submission, since: bigint): void {
    const item: Waiting = { ...submission, since }
    this.#waiting.add(item)
    const ofKey = this.#byKey.get(item.key)
    if (ofKey === undefined) this.#byKey.set(item.key, [item])
    else ofKey.push(item)
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
    this.#taken.delete(item.key)
    this.#offer(item.key)
  }

  /** The item waits no longer and takes no slot. */
  withdraw(item: Waiting): void {
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
      this.withdraw(first)
      this.#ready.delete(key)
      this.#taken.add(key)
      return slot(first)
    }
    this.#ready.add(key)
  }
}
