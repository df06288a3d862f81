/**
 * What our own fills of the last minutes took out of a book. The paper venue never knew of them, so
 * a book read after them still shows what is no longer there for us.
 *
 * The two books of a market are one: an ask for Yes at p is a bid for No at 1 − p. What was bought of
 * one outcome is therefore gone from the bids of the other.
 */
import type { Level } from "../market/Book.ts"
import type { Take } from "../market/BookWalk.ts"
import { ONE, price, shares } from "../money/Micro.ts"

export interface NetLevels {
  /** In the order given; levels with nothing left are gone. */
  readonly levels: ReadonlyArray<Level>
  /** Micro-shares taken out in all. */
  readonly taken: number
}

/** Takes from the other outcome's book, as they show in this one. */
export const mirrored = (
  takes: ReadonlyArray<Pick<Take, "price" | "size">>,
): ReadonlyArray<Pick<Take, "price" | "size">> =>
  takes.map((take) => ({ price: price(ONE - take.price), size: take.size }))

/** Takes from each level what was taken at its price, never more than it has. */
export const withoutOwn = (
  levels: ReadonlyArray<Level>,
  takes: ReadonlyArray<Pick<Take, "price" | "size">>,
): NetLevels => {
  const ours = new Map<number, number>()
  for (const { price, size } of takes) ours.set(price, (ours.get(price) ?? 0) + size)
  let taken = 0
  const left = levels.map((level) => {
    const out = Math.min(level.size, ours.get(level.price) ?? 0)
    taken += out
    return out === 0 ? level : { ...level, size: shares(level.size - out) }
  })
  return { levels: left.filter((level) => level.size > 0), taken }
}
