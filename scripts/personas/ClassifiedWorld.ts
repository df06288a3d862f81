/**
 * The wallets of a seeded world as the service classifies them, beside what they truly are.
 */
import { type Classification, classify, personaWindowDays } from "@evaluator/domain/wallet/Classify"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import { type EntryKind, type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import type { LotMarket } from "@evaluator/domain/wallet/Lots"
import { resolution } from "@evaluator/evaluation/stores/History"
import { personaThresholds } from "@evaluator/testkit/PersonaThresholds"
import type { WalletTruth } from "@evaluator/venue/seeded/GroundTruth"
import * as SeededWorld from "@evaluator/venue/seeded/SeededWorld"
import type { VenueRow } from "@evaluator/venue/World"

export interface ClassifiedWallet {
  readonly truth: WalletTruth
  readonly recent: Features
  readonly classification: Classification
}

/** What {@link personaThresholds} look at beside the persona's window. */
const windows = [personaThresholds.recent_loss_window_days, personaWindowDays]
const micro = 1_000_000

export const classifiedWorld = (seed: number): ReadonlyArray<ClassifiedWallet> => {
  const world = SeededWorld.make({ seed })
  const nowMs = world.parameters.epochMs
  return world.truth.wallets.map((truth): ClassifiedWallet => {
    const rows = rowsOf(world, truth.wallet, nowMs)
    const markets = new Map<string, LotMarket>()
    const entries = rows.map(entryOf)
    for (const { condition } of rows) {
      if (markets.has(condition)) continue
      const market = world.market(condition, nowMs)!
      const { payouts, resolvedMs } = world.resolution(condition, nowMs)!
      const ended = resolvedMs !== null
      markets.set(condition, {
        condition,
        domain: market.event.domain,
        tokens: market.tokens,
        payouts: ended ? payouts : null,
      })
      if (ended) entries.push(resolution(condition, resolvedMs))
    }
    const run = new FeatureRun(markets, windows, nowMs)
    run.take(orderLedger(entries))
    const features = run.finish()
    const subject = { wallet: truth.wallet, features, nowMs }
    return {
      truth,
      recent: features.windows.get(personaWindowDays)!,
      classification: classify(subject, personaThresholds),
    }
  })
}

const rowsOf = (
  world: SeededWorld.SeededWorld,
  user: string,
  nowMs: number,
): ReadonlyArray<VenueRow> =>
  world.rows(
    {
      feed: "activity",
      user,
      takerOnly: false,
      minimumShares: 0,
      minimumUsdc: 0,
      fromSeconds: 0,
      toSeconds: nowMs / 1000,
      order: "asc",
      after: null,
      limit: 1_000_000,
    },
    nowMs,
  )

const kinds: Readonly<Record<string, EntryKind>> = {
  SPLIT: "split",
  MERGE: "merge",
  REDEEM: "redeem",
}

const entryOf = (row: VenueRow): LedgerEntry => ({
  kind: kinds[row.type] ?? (row.side === "BUY" ? "buy" : "sell"),
  id: `${row.position}`,
  atMs: row.atSeconds * 1000,
  condition: row.condition,
  token: row.token === "" ? null : row.token,
  size: Math.round(row.size * micro),
  price: Math.round(row.price * micro),
  usdc: row.token === "" ? Math.round(row.usdc * micro) : 0,
})
