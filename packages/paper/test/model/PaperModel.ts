/**
 * What paper trading should come to, in a page: the same rules without rows, sagas, crashes or time.
 *
 * One strategy (`portfolio`), no fees, endless books at fixed prices, one event a market. Whatever the
 * program does with the same commands must end in the same cash, lots and outcomes.
 */
export const terms = {
  bankroll: 1_000_000_000,
  buy: 25_000_000,
  leastBuy: 1_000_000,
  ask: 510_000,
  bid: 490_000,
  limit: 520_000,
  least: 5_000_000,
  portfolio: 150_000_000,
  wallet: 50_000_000,
  market: 50_000_000,
  positions: 5,
  /** What rounding could add to fees is never spent. */
  spare: 500,
} as const

export interface Deed {
  readonly id: string
  readonly wallet: number
  readonly market: number
  readonly outcome: number
  readonly side: "BUY" | "SELL"
  readonly size: number
  /** It comes behind a later one of its token that was decided. */
  readonly late: boolean
}

interface Lot {
  readonly id: string
  readonly wallet: number
  readonly market: number
  readonly outcome: number
  size: number
  cost: number
  /** Shares paid at the resolution, and what they got. */
  paidSize: number
  paid: number
}

const grain = (size: number) => Math.floor(size / 10_000) * 10_000
const part = (value: number, of: number, whole: number) =>
  Number((BigInt(value) * BigInt(of)) / BigInt(whole))
const tokenOf = (one: { market: number; outcome: number }) => one.market * 10 + one.outcome

export class PaperModel {
  cash: number = terms.bankroll
  halted = false
  readonly lots: Array<Lot> = []
  readonly outcomes = new Map<string, string>()
  private readonly payouts = new Map<number, ReadonlyArray<number>>()
  private readonly known = new Map<string, number>()

  private open(where: (lot: Lot) => boolean) {
    return this.lots.filter((lot) => lot.size > 0 && where(lot))
  }

  private exposure(where: (lot: Lot) => boolean) {
    const open = this.open(where)
    const cost = (of: ReadonlyArray<Lot>) => of.reduce((total, lot) => total + lot.cost, 0)
    const size = (of: ReadonlyArray<Lot>) => of.reduce((total, lot) => total + lot.size, 0)
    let net = 0
    for (const market of new Set(open.map((lot) => lot.market))) {
      const its = open.filter((lot) => lot.market === market)
      const [yes, no] = [0, 1].map((outcome) => its.filter((lot) => lot.outcome === outcome))
      net += Math.max(0, cost(its) - Math.min(size(yes!), size(no!)))
    }
    return net
  }

  /** A leader's fill; a fill known already changes nothing. */
  deed(deed: Deed): void {
    if (this.outcomes.has(deed.id)) return
    const key = `${deed.wallet} ${tokenOf(deed)}`
    const known = this.known.get(key) ?? 0
    this.known.set(key, known + (deed.side === "BUY" ? deed.size : -deed.size))
    this.outcomes.set(deed.id, this.decide(deed, Math.max(0, known)))
  }

  private decide(deed: Deed, known: number): string {
    if (this.halted) return "SKIPPED_HALTED"
    if (deed.late) return "SKIPPED_DETECTION_LAG"
    if (this.payouts.has(deed.market)) return "SKIPPED_MARKET_CLOSED"
    return deed.side === "BUY" ? this.buy(deed) : this.sell(deed, known)
  }

  private buy({ id, wallet, market, outcome }: Deed): string {
    const room = (cap: number, where: (lot: Lot) => boolean) => cap - this.exposure(where)
    const all = room(terms.portfolio, () => true)
    if (all < terms.leastBuy) return "SKIPPED_PORTFOLIO_RISK"
    const tokens = new Set(this.open(() => true).map(tokenOf)).add(tokenOf({ market, outcome }))
    if (tokens.size > terms.positions) return "SKIPPED_PORTFOLIO_RISK"
    const its = room(terms.wallet, (lot) => lot.wallet === wallet)
    if (its < terms.leastBuy) return "SKIPPED_WALLET_RISK"
    const markets = room(terms.market, (lot) => lot.market === market)
    if (markets < terms.leastBuy) return "SKIPPED_PORTFOLIO_RISK"
    const budget = Math.min(terms.buy, all, its, markets, this.cash - terms.spare)
    if (part(budget, 1_000_000, terms.limit) < terms.least) return "SKIPPED_BELOW_MINIMUM"
    const size = grain(part(budget, 1_000_000, terms.ask))
    const cost = Math.ceil(part(size, terms.ask, 1000) / 1000)
    this.cash -= cost
    this.lots.push({ id, wallet, market, outcome, size, cost, paidSize: 0, paid: 0 })
    return "COPIED"
  }

  private sell({ wallet, market, outcome, size: sold }: Deed, known: number): string {
    const token = tokenOf({ market, outcome })
    const lots = this.open((lot) => lot.wallet === wallet && tokenOf(lot) === token)
    const held = lots.reduce((total, lot) => total + lot.size, 0)
    if (held === 0) return "SKIPPED_NOTHING_TO_SELL"
    const size = sold >= known ? held : grain(part(held, sold, known))
    if (size < terms.least) return "SKIPPED_BELOW_MINIMUM"
    this.cash += part(grain(size), terms.bid, 1_000_000)
    let left = grain(size)
    for (const lot of lots) {
      const gone = Math.min(lot.size, left)
      lot.cost -= gone === lot.size ? lot.cost : part(lot.cost, gone, lot.size)
      lot.size -= gone
      left -= gone
    }
    return "COPIED"
  }

  /** The outcomes of a market of which the leader's exit makes us sell. */
  heldBy(wallet: number, market: number): ReadonlyArray<number> {
    const its = this.open((lot) => lot.wallet === wallet && lot.market === market)
    return [...new Set(its.map((lot) => lot.outcome))]
  }

  /** Pays what is open, and corrects what was paid by other payouts before. */
  resolve(market: number, payouts: ReadonlyArray<number>): void {
    this.payouts.set(market, payouts)
    for (const lot of this.lots.filter((one) => one.market === market)) {
      lot.paidSize += lot.size
      lot.size = 0
      lot.cost = 0
      const owed = part(lot.paidSize, payouts[lot.outcome]!, 1_000_000) - lot.paid
      lot.paid += owed
      this.cash += owed
    }
  }
}
