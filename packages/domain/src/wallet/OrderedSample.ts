/**
 * Numbers kept in order, for their median, while some are added and some removed.
 *
 * What is added first comes in bulk and is sorted once; later changes are put in place by moving what
 * lies behind them, which for a hundred thousand numbers takes some microseconds.
 */

/** More new numbers than this are sorted in rather than put in place one by one. */
const bulk = 64

export class OrderedSample {
  private sorted = new Float64Array(0)
  private size = 0
  private fresh: Array<number> = []

  add(value: number): void {
    this.fresh.push(value)
  }

  /** Removes one number equal to `value`, which was added before. */
  remove(value: number): void {
    this.settle()
    const at = this.positionOf(value)
    this.sorted.copyWithin(at, at + 1, this.size)
    this.size -= 1
  }

  /** The middle one, or the mean of the two middle ones; 0 without numbers. */
  median(): number {
    this.settle()
    if (this.size === 0) return 0
    const half = this.size >> 1
    return this.size % 2 === 1
      ? this.sorted[half]!
      : (this.sorted[half - 1]! + this.sorted[half]!) / 2
  }

  /** The first place whose number is not smaller. */
  private positionOf(value: number): number {
    let from = 0
    let to = this.size
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.sorted[middle]! < value) from = middle + 1
      else to = middle
    }
    return from
  }

  private settle(): void {
    if (this.fresh.length === 0) return
    const wanted = this.size + this.fresh.length
    if (wanted > this.sorted.length) {
      const larger = new Float64Array(Math.ceil(wanted * 1.25))
      larger.set(this.sorted.subarray(0, this.size))
      this.sorted = larger
    }
    if (this.fresh.length > bulk) {
      this.sorted.set(this.fresh, this.size)
      this.size = wanted
      this.sorted.subarray(0, wanted).sort()
    } else {
      for (const value of this.fresh) {
        const at = this.positionOf(value)
        this.sorted.copyWithin(at + 1, at, this.size)
        this.sorted[at] = value
        this.size += 1
      }
    }
    this.fresh = []
  }
}
