/**
 * A binary heap: the least item by an order given once. Push and pop take logarithmic time.
 *
 * Does not: keep the order of equal items; an order that matters is part of the comparison.
 */
export class Heap<A> {
  private items: Array<A> = []
  private readonly before: (a: A, b: A) => boolean

  constructor(before: (a: A, b: A) => boolean) {
    this.before = before
  }

  get size(): number {
    return this.items.length
  }

  get top(): A | undefined {
    return this.items[0]
  }

  push(item: A): void {
    let at = this.items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.before(this.items[at]!, this.items[parent]!)) break
      this.swap(at, parent)
      at = parent
    }
  }

  pop(): A | undefined {
    const top = this.items[0]
    const last = this.items.pop()
    if (this.items.length > 0) {
      this.items[0] = last!
      this.sink()
    }
    return top
  }

  /** Lets go of the items that no longer count. */
  keep(counts: (item: A) => boolean): void {
    const kept = this.items.filter(counts)
    this.items = []
    for (const item of kept) this.push(item)
  }

  private sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      let least = at
      if (left < this.items.length && this.before(this.items[left]!, this.items[least]!)) {
        least = left
      }
      if (left + 1 < this.items.length && this.before(this.items[left + 1]!, this.items[least]!)) {
        least = left + 1
      }
      if (least === at) return
      this.swap(at, least)
      at = least
    }
  }

  private swap(a: number, b: number): void {
    const held = this.items[a]!
    this.items[a] = this.items[b]!
    this.items[b] = held
  }
}
