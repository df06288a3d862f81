/**
 * Markets and events by number, the same for all wallets of a judgement: names are kept once, and what
 * is counted by market is counted in arrays.
 */
export class Markets {
  private readonly ids = new Map<string, number>()
  private readonly eventIds = new Map<string, number>()
  /** By market. */
  readonly conditions: Array<string> = []
  readonly eventOf: Array<number> = []
  /** Exactly one market of its event pays outcome 0. */
  readonly exclusive: Array<boolean> = []
  /** By event. */
  readonly events: Array<string> = []

  get size(): number {
    return this.conditions.length
  }

  /** A market is of the event under which it is named first. */
  idOf(condition: string, event: string, exclusive = false): number {
    const known = this.ids.get(condition)
    if (known !== undefined) return known
    const id = this.conditions.length
    this.ids.set(condition, id)
    this.conditions.push(condition)
    this.eventOf.push(this.eventIdOf(event))
    this.exclusive.push(exclusive)
    return id
  }

  eventIdOf(event: string): number {
    const known = this.eventIds.get(event)
    if (known !== undefined) return known
    const id = this.events.length
    this.eventIds.set(event, id)
    this.events.push(event)
    return id
  }

  /** By event: its place among all by name. */
  eventRanks(): Uint32Array {
    const { events } = this
    const ranks = new Uint32Array(events.length)
    const byName = Array.from(events, (_, id) => id).toSorted((a, b) =>
      events[a]! < events[b]! ? -1 : 1,
    )
    for (const [rank, id] of byName.entries()) ranks[id] = rank
    return ranks
  }
}
