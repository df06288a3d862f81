/**
 * How much of the work that was due before the start may be handed out by now.
 *
 * After a long outage everything is due at once. Handed out at once it fills the queue, and what comes
 * fresh waits behind all of it; at a rate it leaves room. What was not used is saved for a second at most.
 */
export class ReleaseRate {
  readonly #perSecond: number
  #saved: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#saved = perSecond
    this.#atMs = nowMs
  }

  /** How many may go now. */
  allowed(nowMs: number): number {
    // A clock that was set back gives nothing for the time it goes through twice.
    const passedMs = Math.max(0, nowMs - this.#atMs)
    this.#saved = Math.min(this.#perSecond, this.#saved + (passedMs * this.#perSecond) / 1000)
    this.#atMs = nowMs
    return Math.floor(this.#saved)
  }

  released(): void {
    this.#saved -= 1
  }
}
