/**
 * How much slower a route is asked because the venue answers slower.
 *
 * The venue delays before it refuses: answers take several times their usual time well before the
 * first 429. The recent time an answer took is held against the usual one; beyond three times the
 * usual the route is slowed down in proportion, at most to an eighth of its speed, and it speeds up
 * again with the answers. Short answers below {@link noticeableMs} never slow anything.
 * Does not: know why the venue is slow, or slow down other routes than its own.
 */

/** Answers quicker than this count as this quick: a jump from 1 ms to 5 ms says nothing. */
export const noticeableMs = 150
export const slowest = 8
const tolerated = 3
/** About the last ten answers. */
const recentWeight = 0.2
/** What is usual falls with a few quick answers, and rises with slow ones over this long only. */
const quickerWeight = 0.1
const risesOverMs = 600_000

export class Pace {
  private recentMs: number | null = null
  private usualMs = 0
  private notedMs = 0

  /** An answer, or giving up on it, took this long. `nowMs` is of a clock that only grows. */
  note(elapsedMs: number, nowMs: number): void {
    const sinceMs = Math.max(0, nowMs - this.notedMs)
    this.notedMs = nowMs
    const took = Math.max(elapsedMs, noticeableMs)
    if (this.recentMs === null) {
      this.recentMs = took
      this.usualMs = took
      return
    }
    this.recentMs += recentWeight * (took - this.recentMs)
    const weight = took < this.usualMs ? quickerWeight : 1 - Math.exp(-sinceMs / risesOverMs)
    this.usualMs += weight * (took - this.usualMs)
  }

  /** The factor by which the time between two requests grows, 1…{@link slowest}. */
  get slowdown(): number {
    if (this.recentMs === null) return 1
    return Math.min(Math.max(this.recentMs / (tolerated * this.usualMs), 1), slowest)
  }
}
