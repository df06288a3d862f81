/**
 * Leader's purchases that we decided to follow and whose orders have not ended, by wallet and token: a
 * sale of the same wallet and token is decided when they have, for it sells what they buy.
 *
 * Limits: as many as are in flight.
 */
import { Effect, Exit, Latch } from "effect"
import type { Fill } from "@evaluator/domain/trade/Trade"

const keyOf = ({ token, wallet }: Fill): string => `${wallet} ${token}`

export class PurchasesOnTheirWay {
  /** A latch for each, which its end opens. */
  readonly #ends = new Map<string, Set<Latch.Latch>>()

  /** The orders of a fill: while they run it is on its way, if it is a purchase. */
  during<E>(fill: Fill, orders: Effect.Effect<void, E>): Effect.Effect<void, E> {
    if (fill.side === "SELL") return orders
    return Effect.suspend(() => {
      const end = Latch.makeUnsafe(false)
      this.#begin(fill, end)
      // One that a stop cuts off goes on at the start, and the sale behind it waits until then.
      return Effect.onExit(orders, (exit) =>
        Exit.hasInterrupts(exit) ? Effect.void : Effect.sync(() => this.#end(fill, end)),
      )
    })
  }

  /** What a fill has to wait for; null when that is nothing. */
  before(fill: Fill): Effect.Effect<void> | null {
    const ends = fill.side === "SELL" ? this.#ends.get(keyOf(fill)) : undefined
    return ends === undefined
      ? null
      : Effect.forEach([...ends], (end) => end.await, { discard: true })
  }

  #begin(fill: Fill, end: Latch.Latch): void {
    const key = keyOf(fill)
    const ends = this.#ends.get(key) ?? new Set<Latch.Latch>()
    this.#ends.set(key, ends.add(end))
  }

  #end(fill: Fill, end: Latch.Latch): void {
    const key = keyOf(fill)
    const ends = this.#ends.get(key)!
    end.openUnsafe()
    ends.delete(end)
    if (ends.size === 0) this.#ends.delete(key)
  }
}
