/**
 * A light model of our `solo` copies of a world's wallets: the same dollars in each purchase, at the
 * book that stands when our order arrives, walked up to the slippage budget, with the venue's fee;
 * the leader's sales are followed in proportion; the rest waits for the resolution.
 *
 * Left out against the service: caps on exposure, losses and drawdown, own impact, sizes in proportion
 * to the leader's, and skipped copies for stale feeds. All of them make fewer or smaller copies, not
 * dearer ones.
 */
import { Duration, Effect } from "effect"
import { loadSettings } from "@evaluator/app/Settings"
import { ONE } from "@evaluator/domain/money/Micro"
import { takerFee } from "@evaluator/venue/Fees"
import type { SeededWorld } from "@evaluator/venue/seeded/SeededWorld"
import type { SeededMarket } from "@evaluator/venue/seeded/Calendar"
import { depth, recoveryMs } from "@evaluator/venue/seeded/Quotes"
import type { Level, VenueRow } from "@evaluator/venue/World"

const { paper } = Effect.runSync(loadSettings({ profiles: [], environment: {} })).settings
/** Dollars a purchase. */
const stake = paper.buy_size / ONE
const { slippage } = paper
/** Before the delay of the market itself. */
export const delayMs = Duration.toMillis(paper.delay) + Duration.toMillis(paper.taker_delay)

export interface Copy {
  /** The purchase it follows. */
  readonly leader: VenueRow
  readonly wallet: string
  readonly event: string
  readonly condition: string
  readonly outcomeIndex: number
  readonly atMs: number
  readonly leaderPrice: number
  readonly shares: number
  /** With the fee. */
  readonly cost: number
  /** Sold so far, with what the sale lost against the middle and to the fee. */
  sold: number
  proceeds: number
  exitCost: number
  exitFee: number
  soldAtMs: number
}

interface Holding {
  leader: number
  readonly lots: Array<Copy>
}

export class CopyModel {
  readonly copies: Array<Copy> = []
  private readonly world: SeededWorld
  private readonly holdings = new Map<string, Holding>()

  constructor(world: SeededWorld) {
    this.world = world
  }

  /** Takes a trade of a leader in, in the order of time. */
  follow(row: VenueRow): void {
    const market = this.world.market(row.condition, row.visibleMs) as SeededMarket
    const key = `${row.wallet}:${row.token}`
    const holding = this.holdings.get(key) ?? { leader: 0, lots: [] }
    this.holdings.set(key, holding)
    const arrivesMs = row.visibleMs + delayMs + market.delaySeconds * 1000
    if (row.side === "BUY") {
      this.buy(row, market, arrivesMs, holding)
      holding.leader += row.size
    } else {
      const part = holding.leader > 0 ? Math.min(1, row.size / holding.leader) : 0
      holding.leader = Math.max(0, holding.leader - row.size)
      if (part > 0) this.sell(row, market, arrivesMs, holding, part)
    }
  }

  private buy(row: VenueRow, market: SeededMarket, arrivesMs: number, holding: Holding): void {
    const book = bookOf(market, row, arrivesMs)
    if (book === null) return
    let left = stake
    let shares = 0
    let fee = 0
    for (const { price, size } of book.asks) {
      if (price > row.price + slippage + 1e-9 || left <= 0) break
      const taken = Math.min(size, left / price)
      shares += taken
      left -= taken * price
      fee += takerFee(market.fee, taken, price)
    }
    if (shares < market.minimumSize) return
    const copy: Copy = {
      leader: row,
      wallet: row.wallet,
      event: market.event.id,
      condition: row.condition,
      outcomeIndex: row.outcomeIndex,
      atMs: row.atSeconds * 1000,
      leaderPrice: row.price,
      shares,
      cost: stake - left + fee,
      sold: 0,
      proceeds: 0,
      exitCost: 0,
      exitFee: 0,
      soldAtMs: 0,
    }
    this.copies.push(copy)
    holding.lots.push(copy)
  }

  private sell(
    row: VenueRow,
    market: SeededMarket,
    arrivesMs: number,
    { lots }: Holding,
    part: number,
  ): void {
    const book = bookOf(market, row, arrivesMs)
    const [bid, ask] = [book?.bids[0], book?.asks[0]]
    if (bid === undefined || ask === undefined) return
    if (bid.price < row.price - slippage - 1e-9) return
    let left = part * lots.reduce((sum, lot) => sum + lot.shares - lot.sold, 0)
    for (const lot of lots) {
      const size = Math.min(left, lot.shares - lot.sold)
      if (size <= 0) continue
      left -= size
      const fee = takerFee(market.fee, size, bid.price)
      lot.sold += size
      lot.proceeds += size * bid.price - fee
      lot.exitFee += fee
      lot.exitCost += size * (middleOf(bid, ask) - bid.price) + fee
      lot.soldAtMs = row.atSeconds * 1000
    }
  }
}

/**
 * The venue's book at a moment, less what the leader itself took of it; what others took in those
 * seconds is left out.
 */
const bookOf = (market: SeededMarket, row: VenueRow, atMs: number) => {
  if (atMs >= market.closeMs) return null
  const ageMs = atMs - row.atSeconds * 1000
  const taken = 100 * row.size * Math.max(0, 1 - ageMs / recoveryMs)
  const first = row.outcomeIndex === 0
  const upward = (row.side === "BUY") === first
  const { bids, asks } = depth(market, atMs, 1, {
    bids: upward ? 0 : taken,
    asks: upward ? taken : 0,
  })
  const own = (levels: typeof bids): ReadonlyArray<Level> =>
    levels.map(({ price, cents }) => ({
      price: (first ? price : 1000 - price) / 1000,
      size: cents / 100,
    }))
  return first ? { bids: own(bids), asks: own(asks) } : { bids: own(asks), asks: own(bids) }
}

const middleOf = (bid: Level, ask: Level): number => (bid.price + ask.price) / 2
