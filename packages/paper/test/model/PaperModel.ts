/**
 * What paper trading should come to, in a page: the same rules without rows, sagas, crashes or time. One strategy
 * (`portfolio`), no fees, endless books at fixed prices, one event a market. The program must end in the same
 * cash, lots and outcomes. `spare`: what rounding could add to fees is never spent.
 */
const order = { buy: 25e6, leastBuy: 1e6, least: 5e6, spare: 500 } as const
export const prices = { ask: 510_000, bid: 490_000, limit: 520_000 } as const
export const caps = { all: 150e6, wallet: 50e6, market: 50e6, positions: 5 } as const
interface Place {
  readonly wallet: number
  readonly market: number
  readonly outcome: number
}
export interface Deed extends Place {
  readonly id: string
  readonly side: "BUY" | "SELL" | "EXIT"
  readonly size: number
  /** It comes behind a later one of its token that was decided. */
  readonly late: boolean
}
export interface Lot extends Place {
  readonly id: string
  size: number
  cost: number
  /** Shares paid at the resolution. */
  paid: number
  /** What was set aside for it, and what it has done to cash so far. */
  readonly budget: number
  flow: number
}

const grain = (size: number) => Math.floor(size / 10_000) * 10_000
const part = (a: number, by: number, of: number) => Number((BigInt(a) * BigInt(by)) / BigInt(of))
const tokenOf = (one: { market: number; outcome: number }) => one.market * 10 + one.outcome
const holderOf = (one: Place) => `${one.wallet} ${tokenOf(one)}`
const sum = (lots: ReadonlyArray<Lot>, of: "cost" | "size" | "budget") =>
  lots.reduce((total, lot) => total + lot[of], 0)

export class PaperModel {
  cash = 1_000_000_000
  halted = false
  /** Purchases still on their way to whoever decides now: they count with what was set aside for them. */
  pending: ReadonlySet<string> = new Set()
  /** Lots that sales still on their way to whoever decides now have not taken yet, as they were. */
  unsold: ReadonlyArray<Lot> = []
  readonly lots: Array<Lot> = []
  readonly outcomes = new Map<string, string>()
  readonly payouts = new Map<number, ReadonlyArray<number>>()
  readonly known = new Map<string, number>()

  private open(where: (lot: Lot) => boolean) {
    const sold = this.lots.filter((lot) => !this.unsold.some(({ id }) => id === lot.id))
    return [...sold, ...this.unsold].filter((lot) => lot.size > 0 && where(lot))
  }

  private exposure(where: (lot: Lot) => boolean) {
    const isPending = (lot: Lot) => this.pending.has(lot.id)
    const open = this.open((lot) => where(lot) && !isPending(lot))
    let net = sum(this.open(where).filter(isPending), "budget")
    for (const market of new Set(open.map((lot) => lot.market))) {
      const its = open.filter((lot) => lot.market === market)
      const [yes, no] = [0, 1].map((outcome) => its.filter((lot) => lot.outcome === outcome))
      net += Math.max(0, sum(its, "cost") - Math.min(sum(yes!, "size"), sum(no!, "size")))
    }
    return net
  }

  /** A leader's fill; a fill known already changes nothing. */
  deed(deed: Deed): void {
    if (this.outcomes.has(deed.id)) return
    const known = this.known.get(holderOf(deed)) ?? 0
    this.known.set(holderOf(deed), known + (deed.side === "BUY" ? deed.size : -deed.size))
    this.outcomes.set(deed.id, this.decide(deed, Math.max(0, known)))
  }

  private decide(deed: Deed, known: number): string {
    const held = this.open((lot) => holderOf(lot) === holderOf(deed))
    if (deed.side === "EXIT" && held.length === 0) return "SKIPPED_NOTHING_TO_SELL"
    if (this.halted) return "SKIPPED_HALTED"
    if (deed.late) return "SKIPPED_DETECTION_LAG"
    if (this.payouts.has(deed.market)) return "SKIPPED_MARKET_CLOSED"
    return deed.side === "BUY" ? this.buy(deed) : this.sell(deed, known, held)
  }

  private buy({ id, wallet, market, outcome }: Deed): string {
    const room = (cap: number, where: (lot: Lot) => boolean) => cap - this.exposure(where)
    const all = room(caps.all, () => true)
    const tokens = new Set(this.open(() => true).map(tokenOf)).add(tokenOf({ market, outcome }))
    if (all < order.leastBuy || tokens.size > caps.positions) return "SKIPPED_PORTFOLIO_RISK"
    const its = room(caps.wallet, (lot) => lot.wallet === wallet)
    if (its < order.leastBuy) return "SKIPPED_WALLET_RISK"
    const markets = room(caps.market, (lot) => lot.market === market)
    if (markets < order.leastBuy) return "SKIPPED_PORTFOLIO_RISK"
    const budget = Math.min(order.buy, all, its, markets, this.cash - order.spare)
    if (part(budget, 1_000_000, prices.limit) < order.least) return "SKIPPED_BELOW_MINIMUM"
    const size = grain(part(budget, 1_000_000, prices.ask))
    const cost = Math.ceil(part(size, prices.ask, 1000) / 1000)
    this.lots.push({ id, wallet, market, outcome, size, cost, paid: 0, budget, flow: -cost })
    this.cash -= cost
    return "COPIED"
  }

  private sell(deed: Deed, known: number, lots: ReadonlyArray<Lot>): string {
    const held = sum(lots, "size")
    if (held === 0) return "SKIPPED_NOTHING_TO_SELL"
    const size = deed.size >= known ? held : grain(part(held, deed.size, known))
    if (size < order.least) return "SKIPPED_BELOW_MINIMUM"
    const brought = part(grain(size), prices.bid, 1_000_000)
    this.cash += brought
    let [left, unshared] = [grain(size), brought]
    for (const lot of lots) {
      const gone = Math.min(lot.size, left)
      const its = gone === left ? unshared : part(brought, gone, grain(size))
      lot.cost -= gone === lot.size ? lot.cost : part(lot.cost, gone, lot.size)
      lot.size -= gone
      lot.flow += its
      ;[left, unshared] = [left - gone, unshared - its]
    }
    return "COPIED"
  }

  /** A leader's fill failed: what followed a purchase is as if it had not been. */
  fail(deed: Deed): void {
    const known = this.known.get(holderOf(deed))!
    this.known.set(holderOf(deed), known - (deed.side === "BUY" ? deed.size : -deed.size))
    const at = this.lots.findIndex((lot) => lot.id === deed.id)
    for (const lot of at < 0 ? [] : this.lots.splice(at, 1)) this.cash -= lot.flow
  }

  /** The outcomes of a market that a leader's exit gives up: what we hold of it, and what it is known to have. */
  left(wallet: number, market: number): ReadonlyArray<number> {
    const isHeld = (one: string) => this.open((lot) => holderOf(lot) === one).length > 0
    const isLeft = (one: string) => isHeld(one) || (this.known.get(one) ?? 0) > 0
    return [0, 1].filter((outcome) => isLeft(holderOf({ wallet, market, outcome })))
  }

  /** Pays what is open, and corrects what was paid by other payouts before. */
  resolve(market: number, payouts: ReadonlyArray<number>): void {
    const before = this.payouts.get(market) ?? payouts
    for (const lot of this.lots.filter((one) => one.market === market)) {
      const at = payouts[lot.outcome]!
      const corrected =
        part(lot.paid, at, 1_000_000) - part(lot.paid, before[lot.outcome]!, 1_000_000)
      const owed = corrected + part(lot.size, at, 1_000_000)
      Object.assign(lot, { paid: lot.paid + lot.size, size: 0, cost: 0, flow: lot.flow + owed })
      this.cash += owed
    }
    this.payouts.set(market, payouts)
  }
}
