/**
 * A world's rows as evidence: what each wallet bought and what became of it, our copies of it, and
 * the truth about both. Evidence is told as the service stores it, whatever the world knows better:
 * first purchases of a market, middles and costs of copies from what wallets traded.
 */
import { exitCost, middleAt } from "@evaluator/evaluation/evidence/CopyCost"
import { ONE } from "@evaluator/domain/money/Micro"
import { NearbyTrades } from "@evaluator/testkit/NearbyTrades"
import type { CopyEvidence, Entry, WalletEvidence } from "@evaluator/judgement/Evidence"
import type { WalletTruth } from "@evaluator/venue/seeded/GroundTruth"
import type { SeededMarket } from "@evaluator/venue/seeded/Calendar"
import type { SeededWorld } from "@evaluator/venue/seeded/SeededWorld"
import { tickAt } from "@evaluator/venue/seeded/Quotes"
import type { VenueRow } from "@evaluator/venue/World"
import { type Copy, CopyModel } from "./CopyModel.ts"

export const dayMs = 86_400_000
/** Days before the judgement over which we copied everybody, and after it that are judged. */
export const copiedDays = 60
export const nextDays = 30

/** Copies after the judgement from which on they alone are the truth. */
const enough = 5

/** A copy with what it brought, and what it was to be expected to bring. */
export interface SettledCopy extends Copy {
  readonly settledAtMs: number
  /** Per dollar, after fees. */
  readonly realised: number
  readonly expected: number
}

export interface WorldWallet {
  readonly truth: WalletTruth
  readonly trades: ReadonlyArray<VenueRow>
  /** Its first purchase of each market. */
  readonly entries: ReadonlyArray<Entry>
  /** The same at the middle of the venue's own book, for the oracle. */
  readonly unspread: ReadonlyArray<Entry>
  /** Middles that the service knows of what was bought. */
  readonly mids: ReadonlyMap<VenueRow, number>
  readonly copies: ReadonlyArray<SettledCopy>
  /**
   * Expected profit per dollar of its copies after the judgement, or of all where those are few;
   * `null` without copies.
   */
  readonly expected: number | null
  /** Copying it pays. */
  readonly pays: boolean
}

/** Halves paid by split and voided markets outside of races. */
const halves = 0.025

export const rowsOf = (world: SeededWorld): ReadonlyArray<WorldWallet> => {
  const { epochMs, pastDays } = world.parameters
  const horizonMs = epochMs + 3 * nextDays * dayMs
  const model = new CopyModel(world)
  const trades = new Map<string, Array<VenueRow>>(world.wallets.map((wallet) => [wallet, []]))
  const tape = new NearbyTrades()
  for (let day = -pastDays; day < nextDays; day++) {
    for (const row of world.tradesVisibleIn(epochMs + day * dayMs, epochMs + (day + 1) * dayMs)) {
      if (day < 0) {
        trades.get(row.wallet)!.push(row)
        tape.add(row)
      }
      if (day >= -copiedDays) model.follow(row)
    }
  }
  const settled = Map.groupBy(
    model.copies.map((copy) => settle(world, copy, horizonMs)),
    ({ wallet }) => wallet,
  )
  return world.truth.wallets.map((truth): WorldWallet => {
    const copies = settled.get(truth.wallet) ?? []
    const own = trades.get(truth.wallet)!
    const later = copies.filter(({ atMs }) => atMs >= epochMs)
    const telling = later.length >= enough ? later : copies
    const expected = telling.length === 0 ? null : mean(telling.map((copy) => copy.expected))
    const firsts = firstPurchases(own)
    // What was bought before we watched is told when we begin, with the price step of that day.
    const watchedMs = epochMs - copiedDays * dayMs
    const stepOf = (row: VenueRow) => tickOf(world, row, Math.max(row.atSeconds * 1000, watchedMs))
    const mids = new Map(firsts.map((row) => [row, tape.middleOf(row, stepOf(row)).mid / ONE]))
    return {
      truth,
      trades: own,
      entries: firsts.map((row) => entryOf(world, row, mids.get(row)!, horizonMs)),
      unspread: firsts.map((row) =>
        entryOf(
          world,
          row,
          unspread(row.price, tickOf(world, row, row.atSeconds * 1000)),
          horizonMs,
        ),
      ),
      mids,
      copies,
      expected,
      pays: expected !== null && expected > 0,
    }
  })
}

export const mean = (values: ReadonlyArray<number>): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** The price step that a trade's market had at a moment. */
const tickOf = (world: SeededWorld, row: VenueRow, atMs: number): number =>
  tickAt(world.market(row.condition, row.visibleMs) as SeededMarket, atMs) / 1000

/** A taker's price is on the grid above the middle: what it lies above it on average. */
const unspread = (price: number, tick: number): number =>
  Math.min(0.998, Math.max(0.002, price - 0.9 * tick - 0.001))

/** In the order of time. */
const firstPurchases = (trades: ReadonlyArray<VenueRow>): ReadonlyArray<VenueRow> => {
  const first = new Map<string, VenueRow>()
  for (const row of trades.toSorted((a, b) => a.atSeconds - b.atSeconds)) {
    if (row.side === "BUY" && !first.has(row.condition)) first.set(row.condition, row)
  }
  return [...first.values()]
}

const entryOf = (world: SeededWorld, row: VenueRow, price: number, horizonMs: number): Entry => {
  const market = world.market(row.condition, horizonMs)!
  const resolution = world.resolution(row.condition, horizonMs)!
  const payout = resolution.payouts[row.outcomeIndex]
  return {
    event: market.event.id,
    condition: row.condition,
    outcomeIndex: row.outcomeIndex,
    atMs: row.atSeconds * 1000,
    price,
    payout: payout === undefined ? null : payout / 1e6,
    resolvedAtMs: resolution.resolvedMs,
    costMicro: Math.round(row.usdc * 1e6),
    exclusive: market.event.negRisk,
  }
}

const settle = (world: SeededWorld, copy: Copy, horizonMs: number): SettledCopy => {
  const { wallet, condition, outcomeIndex, shares, cost, atMs } = copy
  const { payouts, resolvedMs } = world.resolution(condition, horizonMs)!
  const market = world.market(condition, horizonMs)!
  const payout = (payouts[outcomeIndex] ?? 0) / 1e6
  const wins = world.truth.winChance(wallet, condition, outcomeIndex, atMs)!
  const worth = market.event.negRisk ? wins : wins + halves * (0.5 - wins)
  const left = shares - copy.sold
  const done = left < 1e-6
  return {
    ...copy,
    settledAtMs: done ? copy.soldAtMs : (resolvedMs ?? Number.POSITIVE_INFINITY),
    realised: (copy.proceeds + left * payout - cost) / cost,
    expected: (shares * worth - copy.exitCost - cost) / cost,
  }
}

/** The evidence a wallet offers at the world's epoch; the judgement itself leaves the future out. */
export const evidenceOf = ({ truth, entries, copies, mids }: WorldWallet): WalletEvidence => ({
  wallet: truth.wallet,
  entries,
  copies: copies.map((copy) => copyEvidenceOf(copy, mids.get(copy.leader) ?? null)),
  exclusions: [],
  completeShare: 1,
})

const copyEvidenceOf = (copy: SettledCopy, mid: number | null): CopyEvidence => ({
  event: copy.event,
  condition: copy.condition,
  atMs: copy.atMs,
  settledAtMs: copy.settledAtMs,
  costMicro: Math.round(copy.cost * 1e6),
  pnlMicro: Math.round(copy.realised * copy.cost * 1e6),
  slippage: copy.cost / copy.shares - copy.leaderPrice,
  outlay: {
    aShare:
      copy.cost / copy.shares + exitCost({ size: copy.shares, sold: copy.sold, fee: copy.exitFee }),
    middle: middleAt(copy.leaderPrice, mid),
  },
})
