/**
 * The real venue's documented limits: requests in any ten seconds, per address. All requests are
 * taken to come from one address. A request over a limit is refused and not counted.
 *
 * Source: the venue's page on rate limits.
 */

const windowMs = 10_000

interface Limit {
  readonly requests: number
  readonly holds: (path: string) => boolean
}

const under = (prefix: string) => (path: string) => path.startsWith(prefix)
const at = (exact: string) => (path: string) => path === exact

const limits: ReadonlyArray<Limit> = [
  { requests: 15_000, holds: () => true },
  { requests: 4000, holds: under("/gamma/") },
  { requests: 900, holds: (path) => /^\/gamma\/(events|markets)\//.test(path) },
  { requests: 500, holds: under("/gamma/events/") },
  { requests: 300, holds: under("/gamma/markets/") },
  { requests: 800, holds: under("/data/v2/") },
  { requests: 300, holds: at("/data/v2/trades") },
  { requests: 200, holds: at("/data/v2/positions") },
  { requests: 9000, holds: under("/clob/") },
  { requests: 1500, holds: at("/clob/book") },
  { requests: 500, holds: at("/clob/books") },
]

/** The moments of the last requests under a limit, in a ring as long as the limit. */
class Ring {
  private readonly moments: Float64Array
  private next = 0
  private oldest = 0
  private held = 0
  private most = 0

  constructor(length: number) {
    this.moments = new Float64Array(length).fill(Number.NEGATIVE_INFINITY)
  }

  hasRoom(nowMs: number): boolean {
    return this.moments[this.next]! <= nowMs - windowMs
  }

  /** The most requests that any window held, as a share of the limit. */
  get fullest(): number {
    return this.most / this.moments.length
  }

  add(nowMs: number): void {
    while (this.held > 0 && this.moments[this.oldest]! <= nowMs - windowMs) {
      this.oldest = (this.oldest + 1) % this.moments.length
      this.held -= 1
    }
    this.held += 1
    this.most = Math.max(this.most, this.held)
    this.moments[this.next] = nowMs
    this.next = (this.next + 1) % this.moments.length
  }
}

export class RateLimits {
  private readonly rings = limits.map(({ requests }) => new Ring(requests))
  private count = 0
  private letIn = 0

  /** Requests let in so far. */
  get admitted(): number {
    return this.letIn
  }

  /** Requests refused so far. */
  get refused(): number {
    return this.count
  }

  /** How close requests ever came to a limit: 1 when one was reached. */
  get fullest(): number {
    return Math.max(...this.rings.map((ring) => ring.fullest))
  }

  /** Counts the request, or refuses it. */
  admits(path: string, nowMs: number): boolean {
    const rings = this.rings.filter((_, i) => limits[i]!.holds(path))
    if (rings.every((ring) => ring.hasRoom(nowMs))) {
      for (const ring of rings) ring.add(nowMs)
      this.letIn++
      return true
    }
    this.count++
    return false
  }
}
