/**
 * What a wallet did within trailing windows, in numbers.
 *
 * {@link FeatureRun} walks the ordered ledger once, carrying inventory into every window, and gives
 * one {@link Features} a window. It takes the ledger in pieces so that its caller can let others run.
 */
import { dayMs, dustShares, type Features, FeatureWindow } from "./FeatureWindow.ts"
import { type LedgerEntry } from "./LedgerEntry.ts"
import { LotBook, type LotMarket } from "./Lots.ts"

export class FeatureRun {
  private readonly nowMs: number
  private readonly markets: ReadonlyMap<string, LotMarket>
  private readonly windows: ReadonlyArray<FeatureWindow>
  private readonly life: FeatureWindow
  private readonly all: ReadonlyArray<FeatureWindow>
  private firstFillMs = Number.POSITIVE_INFINITY
  private lastFillMs = Number.NEGATIVE_INFINITY
  readonly book: LotBook

  constructor(
    markets: ReadonlyMap<string, LotMarket>,
    windowDays: ReadonlyArray<number>,
    nowMs: number,
  ) {
    this.markets = markets
    this.nowMs = nowMs
    this.book = new LotBook(markets)
    this.windows = windowDays.map((days) => new FeatureWindow(days, nowMs))
    this.life = new FeatureWindow(Math.ceil(nowMs / dayMs), nowMs)
    this.all = [this.life, ...this.windows]
  }

  /** Takes the next entries of the ordered ledger. Entries after `now` are left out. */
  take(entries: Iterable<LedgerEntry>): void {
    for (const entry of entries) {
      if (entry.atMs > this.nowMs) continue
      const closed = this.book.apply(entry)
      const isFill = entry.kind === "buy" || entry.kind === "sell"
      if (isFill) {
        this.firstFillMs = Math.min(this.firstFillMs, entry.atMs)
        this.lastFillMs = Math.max(this.lastFillMs, entry.atMs)
      }
      for (const window of this.all) {
        if (entry.atMs < window.fromMs) continue
        if (isFill) window.fill(entry)
        for (const lot of closed) window.closed(lot)
        // What was closed by this entry was at work until now.
        const before = this.book.openCost + closed.reduce((sum, lot) => sum + lot.cost, 0)
        window.capital = Math.max(window.capital, before)
      }
    }
  }

  finish(): WalletFeatures {
    const steps = this.finishing()
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return step.value
  }

  /** As {@link finish}, with a pause after each window. */
  *finishing(): Generator<undefined, WalletFeatures> {
    const open = this.book.open().filter((holding) => holding.size > dustShares)
    const end = {
      nowMs: this.nowMs,
      firstFillMs: this.firstFillMs,
      activePositions: new Set(open.map((holding) => holding.condition)).size,
      unmatched: this.book.unmatched,
      domainOf: (condition: string) => this.markets.get(condition)?.domain ?? "unknown",
    }
    const windows = new Map<number, Features>()
    for (const window of this.windows) {
      windows.set(window.days, window.features(end))
      yield undefined
    }
    const seen = Number.isFinite(this.firstFillMs)
    return {
      firstFillMs: seen ? this.firstFillMs : null,
      lastFillMs: seen ? this.lastFillMs : null,
      openCostMicro: this.book.openCost,
      life: this.life.features(end),
      windows,
    }
  }
}

export interface WalletFeatures {
  readonly firstFillMs: number | null
  readonly lastFillMs: number | null
  readonly openCostMicro: number
  /** Over the whole history. */
  readonly life: Features
  /** By window, in days. */
  readonly windows: ReadonlyMap<number, Features>
}
