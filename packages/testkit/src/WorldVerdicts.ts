/**
 * What the classifier says of every wallet of a seeded world at its epoch, straight from the world's
 * rows: what a service would say that knew all of them.
 */
import { toMicro } from "@evaluator/domain/money/Micro"
import { classify, type Classification, personaWindowDays } from "@evaluator/domain/wallet/Classify"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import { type EntryKind, type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import type { LotMarket } from "@evaluator/domain/wallet/Lots"
import { resolution } from "@evaluator/evaluation/stores/History"
import type { SeededWorld } from "@evaluator/venue/seeded/SeededWorld"
import type { VenueRow } from "@evaluator/venue/World"
import { personaThresholds } from "./PersonaThresholds.ts"

const mostRows = 20_000

const kinds: Readonly<Record<string, EntryKind>> = {
  SPLIT: "split",
  MERGE: "merge",
  REDEEM: "redeem",
}

const entryOf = (row: VenueRow): LedgerEntry => ({
  kind: row.type === "TRADE" ? (row.side === "BUY" ? "buy" : "sell") : kinds[row.type]!,
  id: `${row.position}`,
  atMs: row.atSeconds * 1000,
  condition: row.condition,
  token: row.token === "" ? null : row.token,
  size: toMicro(row.size) ?? 0,
  price: toMicro(row.price) ?? 0,
  usdc: toMicro(row.usdc) ?? 0,
})

const marketOf = (world: SeededWorld, condition: string, nowMs: number): LotMarket => {
  const market = world.market(condition, nowMs)!
  const resolution = world.resolution(condition, nowMs)
  return {
    condition,
    domain: market.event.domain,
    tokens: market.tokens,
    payouts: resolution?.status === "resolved" ? resolution.payouts : null,
  }
}

const ledgerOf = (world: SeededWorld, wallet: string, nowMs: number): ReadonlyArray<VenueRow> =>
  world.rows(
    {
      feed: "activity",
      user: wallet,
      takerOnly: false,
      minimumShares: 0,
      minimumUsdc: 0,
      fromSeconds: 0,
      toSeconds: Math.floor(nowMs / 1000),
      order: "asc",
      after: null,
      limit: mostRows,
    },
    nowMs,
  )

const judged = (world: SeededWorld, wallet: string, nowMs: number): Classification => {
  const rows = ledgerOf(world, wallet, nowMs)
  const markets = new Map<string, LotMarket>()
  for (const { condition } of rows) {
    if (!markets.has(condition)) markets.set(condition, marketOf(world, condition, nowMs))
  }
  const resolved = [...markets.values()].flatMap(({ condition, payouts }): Array<LedgerEntry> => {
    const atMs = world.resolution(condition, nowMs)?.resolvedMs ?? null
    return payouts === null || atMs === null ? [] : [resolution(condition, atMs)]
  })
  const run = new FeatureRun(markets, [30, personaWindowDays], nowMs)
  run.take(orderLedger([...rows.map(entryOf), ...resolved]))
  return classify({ wallet, features: run.finish(), nowMs }, personaThresholds)
}

/** By the name of the behaviour, each of its wallets. */
export const verdictsOf = (
  world: SeededWorld,
): ReadonlyMap<string, ReadonlyArray<Classification>> =>
  new Map(
    [...Map.groupBy(world.truth.wallets, ({ behaviour }) => behaviour)].map(
      ([behaviour, wallets]) => [
        behaviour,
        wallets.map(({ wallet }) => judged(world, wallet, world.parameters.epochMs)),
      ],
    ),
  )
