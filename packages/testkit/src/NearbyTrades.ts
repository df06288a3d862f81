/**
 * What other wallets of a world traded in a market around a purchase, as the service looks it up, and the
 * middle price it takes from that.
 */
import { ONE } from "@evaluator/domain/money/Micro"
import {
  asOtherToken,
  midAtPurchase,
  type MidPrice,
  nearMs,
  nearRows,
  nearWallets,
} from "@evaluator/evaluation/evidence/MidPrice"
import type { VenueRow } from "@evaluator/venue/World"

export class NearbyTrades {
  /** By market and wallet. */
  private readonly rows = new Map<string, Map<string, Array<VenueRow>>>()
  private readonly order = new Map<string, ReadonlyArray<string>>()

  /** All rows before the first question. */
  add(row: VenueRow): void {
    const market = this.rows.get(row.condition) ?? new Map<string, Array<VenueRow>>()
    this.rows.set(row.condition, market)
    const own = market.get(row.wallet)
    if (own === undefined) market.set(row.wallet, [row])
    else own.push(row)
  }

  /** `tick` is the market's at the purchase, in price units. */
  middleOf(purchase: VenueRow, tick: number): MidPrice {
    const price = micro(purchase.price)
    const near = this.around(purchase).map((row) => {
      const trade = {
        price: micro(row.price),
        side: row.side === "BUY" ? ("BUY" as const) : ("SELL" as const),
        apartMs: Math.abs(row.atSeconds - purchase.atSeconds) * 1000,
      }
      return row.outcomeIndex === purchase.outcomeIndex ? trade : asOtherToken(trade)
    })
    return midAtPurchase(price, near, micro(tick))
  }

  private around({ atSeconds, condition, wallet }: VenueRow): ReadonlyArray<VenueRow> {
    const market = this.rows.get(condition)!
    return this.walletsOf(condition)
      .filter((other) => other !== wallet)
      .slice(0, nearWallets)
      .flatMap((other) => market.get(other)!)
      .filter((row) => Math.abs(row.atSeconds - atSeconds) * 1000 <= nearMs)
      .toSorted((a, b) => a.atSeconds - b.atSeconds)
      .slice(0, nearRows)
  }

  private walletsOf(condition: string): ReadonlyArray<string> {
    const known = this.order.get(condition) ?? [...this.rows.get(condition)!.keys()].toSorted()
    this.order.set(condition, known)
    return known
  }
}

const micro = (price: number): number => Math.round(price * ONE)
