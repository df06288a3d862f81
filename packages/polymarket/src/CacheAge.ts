/**
 * How long an answer has lain in the cache between us and the venue.
 *
 * Told by the `Age` header, and where there is none by the `x-trace-id`: each answer the venue makes
 * has its own, so one that was seen before comes with a copy at least as old as the first sight.
 * Does not: see through a cache that says nothing at all.
 * Limits: the last {@link mostRemembered} ids.
 */

export const mostRemembered = 512
/** More than a second: several lanes may be handed one young copy, and clocks are cut to seconds. */
const negligibleMs = 1000

export class CacheAge {
  private readonly firstSeenMs = new Map<string, number>()

  /** Age in ms; 0 when the answer is fresh or nothing says otherwise. */
  of(headers: Readonly<Record<string, string | undefined>>, nowMs: number): number {
    const told = Number(headers["age"] ?? Number.NaN)
    const seen = this.sinceFirstSeen(headers["x-trace-id"], nowMs)
    const age = Math.max(Number.isFinite(told) && told > 0 ? told * 1000 : 0, seen)
    return age > negligibleMs ? Math.round(age) : 0
  }

  private sinceFirstSeen(trace: string | undefined, nowMs: number): number {
    if (trace === undefined || trace === "") return 0
    const first = this.firstSeenMs.get(trace)
    if (first !== undefined) return Math.max(0, nowMs - first)
    if (this.firstSeenMs.size >= mostRemembered) {
      for (const oldest of this.firstSeenMs.keys()) {
        this.firstSeenMs.delete(oldest)
        break
      }
    }
    this.firstSeenMs.set(trace, nowMs)
    return 0
  }
}
