/**
 * What a wallet did within trailing windows, in numbers.
 *
 * {@link FeatureRun} walks the ordered ledger once, carrying inventory into every window, and gives
 * one {@link Features} a window. It takes the ledger in pieces so that its caller can let others run,
 * and can be moved on: later entries are taken, older ones leave their windows, and what comes out is
 * what a new run over the whole ledger gives.
 */
import { ONE } from "../money/Micro.ts"
import { dustShares, type Features, FeatureWindow } from "./FeatureWindow.ts"
import { type LedgerEntry } from "./LedgerEntry.ts"
import { LotBook, type LotMarket } from "./Lots.ts"
import type { WindowLog } from "./WindowLog.ts"

const hourMs = 3_600_000

export class FeatureRun {
  private nowMs: number
  private readonly markets: ReadonlyMap<string, LotMarket>
  private readonly log: WindowLog = { fills: [], closings: [], capital: [] }
  private readonly windows: ReadonlyMap<number, FeatureWindow>
  private readonly life: FeatureWindow
  private readonly all: ReadonlyArray<FeatureWindow>
  private hourFrom = 0
  private firstFillMs = Number.POSITIVE_INFINITY
  private lastFillMs = Number.NEGATIVE_INFINITY
  private lastEntryMs = Number.NEGATIVE_INFINITY
  private leftOut = 0
  readonly book: LotBook

  constructor(
    markets: ReadonlyMap<string, LotMarket>,
    windowDays: ReadonlyArray<number>,
    nowMs: number,
  ) {
    this.markets = markets
    this.nowMs = nowMs
    this.book = new LotBook(markets)
    this.windows = new Map(
      windowDays.map((days) => [days, new FeatureWindow(days, nowMs, this.log)] as const),
    )
    this.life = new FeatureWindow(null, nowMs, this.log)
    this.all = [this.life, ...this.windows.values()]
  }

  /** Every entry taken is older than this, milliseconds; entries from here on may still be taken. */
  get takenBeforeMs(): number {
    return this.lastEntryMs + 1
  }

  /** Entries that lay after `now` and are missing: this run cannot be moved on. */
  get missing(): number {
    return this.leftOut
  }

  /** Moves `now` forward; entries up to it may be taken then. */
  moveTo(nowMs: number): void {
    this.nowMs = nowMs
    for (const window of this.all) window.moveTo(nowMs)
  }

  /** Takes the next entries of the ordered ledger. Entries after `now` are left out. */
  take(entries: Iterable<LedgerEntry>): void {
    for (const entry of entries) {
      if (entry.atMs > this.nowMs) {
        this.leftOut += 1
        continue
      }
      this.lastEntryMs = entry.atMs
      const closed = this.book.apply(entry)
      if (entry.kind === "buy" || entry.kind === "sell") this.noteFill(entry)
      let before = this.book.openCost
      for (const lot of closed) {
        before += lot.cost
        this.log.closings.push({
          atMs: lot.closedAtMs,
          pnl: lot.proceeds - lot.cost,
          cost: lot.cost,
          holdMs: lot.closedAtMs - lot.openedAtMs,
          condition: lot.condition,
        })
        for (const window of this.all) window.closed()
      }
      // What was closed by this entry was at work until now.
      this.log.capital.push({ atMs: entry.atMs, micro: before })
      for (const window of this.all) window.capital()
    }
  }

  private noteFill(entry: LedgerEntry): void {
    const { fills } = this.log
    this.firstFillMs = Math.min(this.firstFillMs, entry.atMs)
    this.lastFillMs = Math.max(this.lastFillMs, entry.atMs)
    while (this.hourFrom < fills.length && entry.atMs - fills[this.hourFrom]!.atMs > hourMs) {
      this.hourFrom += 1
    }
    fills.push({
      atMs: entry.atMs,
      notional: Math.round((entry.size * entry.price) / ONE),
      size: entry.size,
      condition: entry.condition,
      buy: entry.kind === "buy",
      extreme: entry.price >= 0.9 * ONE || entry.price <= 0.1 * ONE,
      hourly: fills.length - this.hourFrom + 1,
    })
    for (const window of this.all) window.fill()
  }

  finish(): WalletFeatures {
    const steps = this.finishing()
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return step.value
  }

  /** As {@link finish}, with a pause after each window. */
  *finishing(): Generator<undefined, WalletFeatures> {
    const end = {
      firstFillMs: this.firstFillMs,
      activePositions: this.book.conditionsHeld(dustShares),
      unmatched: this.book.unmatched,
      domainOf: (condition: string) => this.markets.get(condition)?.domain ?? "unknown",
    }
    const windows = new Map<number, Features>()
    for (const [days, window] of this.windows) {
      windows.set(days, window.features(end))
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
