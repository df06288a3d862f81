/**
 * The largest of the values between a moving first index and the last one added.
 *
 * Promises: adding, moving on and asking take constant time on average, however long the span.
 * Indices are added in ascending order; the first index only moves forward.
 */
export class SlidingMaximum {
  /** Values that are larger than all after them, with their indices. */
  private indices: Array<number> = []
  private values: Array<number> = []
  private head = 0

  add(index: number, value: number): void {
    while (this.values.length > this.head && this.values[this.values.length - 1]! <= value) {
      this.values.pop()
      this.indices.pop()
    }
    this.indices.push(index)
    this.values.push(value)
  }

  /** The largest value at or after `first`; 0 when there is none or none is larger. */
  from(first: number): number {
    while (this.head < this.indices.length && this.indices[this.head]! < first) this.head += 1
    if (this.head > 64 && this.head * 2 > this.indices.length) {
      this.indices = this.indices.slice(this.head)
      this.values = this.values.slice(this.head)
      this.head = 0
    }
    return Math.max(0, this.values[this.head] ?? 0)
  }
}
