/**
 * The wallets of a seeded world at its epoch as the service classifies them, beside what they truly
 * are: straight from the world's rows, as a service would say that knew all of them.
 */
import { ONE, toMicro } from "@evaluator/domain/money/Micro"
import { type Classification, classify, personaWindowDays } from "@evaluator/domain/wallet/Classify"
import { dayMs, type Features } from "@evaluator/domain/wallet/FeatureWindow"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import type { SpreadEdge } from "@evaluator/domain/wallet/Gates"
import { type EntryKind, type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import type { LotMarket } from "@evaluator/domain/wallet/Lots"
import { commonTick } from "@evaluator/evaluation/stores/Entries"
import { resolution } from "@evaluator/evaluation/stores/History"
import type { WalletTruth } from "@evaluator/venue/seeded/GroundTruth"
import type { SeededWorld } from "@evaluator/venue/seeded/SeededWorld"
import type { VenueRow } from "@evaluator/venue/World"
import { NearbyTrades } from "./NearbyTrades.ts"
import { personaThresholds } from "./PersonaThresholds.ts"

export interface ClassifiedWallet {
  readonly truth: WalletTruth
  /** Over the window the personas look at. */
  readonly recent: Features
  readonly classification: Classification
}

/** What {@link personaThresholds} look at beside the persona's window. */
const windows = [personaThresholds.recent_loss_window_days, personaWindowDays]

export const classifiedWallets = (world: SeededWorld): ReadonlyArray<ClassifiedWallet> => {
  const nowMs = world.parameters.epochMs
  const nearby = new NearbyTrades()
  const known = world.truth.wallets.map((truth) => ({
    truth,
    rows: rowsOf(world, truth.wallet, nowMs),
  }))
  for (const row of known.flatMap(({ rows }) => rows)) if (row.type === "TRADE") nearby.add(row)
  return known.map(({ rows, truth }): ClassifiedWallet => {
    const entries = rows.flatMap(entryOf)
    const markets = new Map<string, LotMarket>()
    for (const { condition } of rows) {
      if (markets.has(condition)) continue
      const { event, tokens } = world.market(condition, nowMs)!
      const { payouts, resolvedMs } = world.resolution(condition, nowMs)!
      const final = resolvedMs === null ? null : payouts
      markets.set(condition, { condition, domain: event.domain, tokens, payouts: final })
      if (resolvedMs !== null) entries.push(resolution(condition, resolvedMs))
    }
    const run = new FeatureRun(markets, windows, nowMs)
    run.take(orderLedger(entries))
    const features = run.finish()
    const spreadEdge = spreadEdgeOf(rows, nearby, nowMs - personaWindowDays * dayMs)
    const subject = { wallet: truth.wallet, features, spreadEdge, nowMs }
    return {
      truth,
      recent: features.windows.get(personaWindowDays)!,
      classification: classify(subject, personaThresholds),
    }
  })
}

/** As the service notes it of every first purchase; the tick does not matter where others told the middle. */
const spreadEdgeOf = (
  rows: ReadonlyArray<VenueRow>,
  nearby: NearbyTrades,
  fromMs: number,
): SpreadEdge => {
  const first = new Map<string, VenueRow>()
  for (const row of rows) {
    if (row.type === "TRADE" && row.side === "BUY" && !first.has(row.condition)) {
      first.set(row.condition, row)
    }
  }
  let [known, paidNoMore] = [0, 0]
  for (const row of first.values()) {
    if (row.atSeconds * 1000 < fromMs) continue
    const { from, mid } = nearby.middleOf(row, commonTick / ONE)
    if (from === 0) continue
    known += 1
    if ((toMicro(row.price) ?? 0) <= mid) paidNoMore += 1
  }
  return { known, paidNoMore }
}

const rowsOf = (world: SeededWorld, user: string, nowMs: number): ReadonlyArray<VenueRow> =>
  world.rows(
    {
      feed: "activity",
      user,
      takerOnly: false,
      minimumShares: 0,
      minimumUsdc: 0,
      fromSeconds: 0,
      toSeconds: Math.floor(nowMs / 1000),
      order: "asc",
      after: null,
      limit: Number.MAX_SAFE_INTEGER,
    },
    nowMs,
  )

const kinds: Readonly<Record<string, EntryKind>> = {
  SPLIT: "split",
  MERGE: "merge",
  REDEEM: "redeem",
}

const entryOf = (row: VenueRow): ReadonlyArray<LedgerEntry> => {
  const isTrade = row.type === "TRADE"
  const kind = isTrade ? (row.side === "BUY" ? "buy" : "sell") : kinds[row.type]
  if (kind === undefined) return []
  return [
    {
      kind,
      id: `${row.position}`,
      atMs: row.atSeconds * 1000,
      condition: row.condition,
      token: row.token === "" ? null : row.token,
      size: toMicro(row.size) ?? 0,
      price: toMicro(row.price) ?? 0,
      usdc: isTrade ? 0 : (toMicro(row.usdc) ?? 0),
    },
  ]
}
