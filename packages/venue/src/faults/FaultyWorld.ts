/**
 * A world that tells some trades late and lies about some books for a while. What it hides comes
 * later, what it bends comes right again; nothing is lost for good.
 */
import { textHash } from "../Chance.ts"
import type { VenueBook, VenueRow, World } from "../World.ts"
import type { FaultPlan } from "./FaultPlan.ts"

/** How much later than others of its time a trade may appear. */
export const longestLateMs = 600_000
const lieMs = 600_000

export const faultyWorld = (world: World, plan: FaultPlan): World => {
  /** Late trades that were hidden once: each is counted once. */
  const hidden = new Set<number>()

  const lateMs = (row: VenueRow): number => {
    const place = textHash(row.transaction)
    if (row.type !== "TRADE" || !plan.happens("lateRow", place, row.atSeconds)) return 0
    return Math.ceil(longestLateMs * (0.05 + 0.95 * plan.shape(place, row.atSeconds, 72)))
  }

  const hides = (row: VenueRow, nowMs: number): boolean => {
    if (nowMs >= row.visibleMs + longestLateMs) return false
    const late = lateMs(row)
    if (late === 0 || nowMs >= row.visibleMs + late) return false
    if (hidden.has(row.position)) return true
    hidden.add(row.position)
    plan.count("lateRow")
    return true
  }

  return {
    ...world,
    rows: (query, nowMs) => {
      const shown: Array<VenueRow> = []
      let { after } = query
      for (;;) {
        const limit = query.limit - shown.length
        const page = world.rows({ ...query, after, limit }, nowMs)
        for (const row of page) if (!hides(row, nowMs)) shown.push(row)
        if (page.length < limit || shown.length === query.limit) return shown
        after = page.at(-1)!.position
      }
    },
    tradesVisibleIn: (fromMs, toMs) =>
      world.tradesVisibleIn(fromMs, toMs).filter((row) => lateMs(row) === 0),
    book: (token, nowMs) => {
      const book = world.book(token, nowMs)
      if (book === null) return null
      const slot = Math.floor(nowMs / lieMs)
      const place = textHash(book.condition)
      if (!plan.happens("lyingBook", place, slot)) return book
      plan.count("lyingBook")
      if (plan.shape(place, slot, 73) < 0.5) return shell(book)
      const old = world.book(token, slot * lieMs)
      return old === null ? shell(book) : { ...old, atMs: book.atMs }
    },
  }
}

/** The venue's empty market: a bid at the lowest price, an ask at the highest. */
const shell = (book: VenueBook): VenueBook => ({
  ...book,
  bids: [{ price: book.tick, size: 1000 }],
  asks: [{ price: Math.round(1e6 * (1 - book.tick)) / 1e6, size: 1000 }],
})
