/**
 * Ids, fills, deeds, markets and outcomes for tests, numbered from 1. Market n has the tokens 2n
 * and 2n + 1.
 */
import { createHash } from "node:crypto"
import type {
  ConditionId,
  FillId,
  TokenId,
  TransactionHash,
  WalletAddress,
} from "@evaluator/domain/Id"
import { type Market, noFee, type Resolution } from "@evaluator/domain/market/Market"
import { price, shares, usdc } from "@evaluator/domain/money/Micro"
import { type Activity, type Fill, fillKey, type Side } from "@evaluator/domain/trade/Trade"

export const walletNo = (n: number): WalletAddress =>
  `0x${n.toString(16).padStart(40, "0")}` as WalletAddress
export const conditionNo = (n: number): ConditionId =>
  `0xc${n.toString(16).padStart(63, "0")}` as ConditionId
export const tokenNo = (n: number): TokenId => String(1_000_000 + n) as TokenId
export const hashNo = (n: number): TransactionHash =>
  `0x${n.toString(16).padStart(64, "0")}` as TransactionHash

const digest = (key: string): FillId =>
  createHash("sha256").update(key).digest("hex").slice(0, 32) as FillId

export interface FillSpec {
  readonly wallet?: WalletAddress
  readonly market?: number
  readonly outcome?: 0 | 1
  readonly side?: Side
  readonly price?: number
  readonly size?: number
  readonly atMs?: number
  readonly tx?: number
}

export const fill = (spec: FillSpec = {}): Fill => {
  const market = spec.market ?? 1
  const outcome = spec.outcome ?? 0
  const row = {
    wallet: spec.wallet ?? walletNo(1),
    condition: conditionNo(market),
    token: tokenNo(market * 2 + outcome),
    outcomeIndex: outcome,
    side: spec.side ?? "BUY",
    price: price(Math.round((spec.price ?? 0.5) * 1e6)),
    size: shares(Math.round((spec.size ?? 10) * 1e6)),
    atMs: spec.atMs ?? 1_000_000,
    transaction: hashNo(spec.tx ?? 1),
  } as const
  return { id: digest(fillKey(row)), ...row }
}

export const deed = (
  spec: Partial<Omit<Activity, "id" | "size" | "usdc">> & {
    readonly type: Activity["type"]
    readonly size?: number
    readonly usdc?: number
    readonly market?: number
  },
): Activity => {
  const { market: number, ...given } = spec
  const row = {
    wallet: walletNo(1),
    condition: number === undefined ? null : conditionNo(number),
    token: null,
    atMs: 1_000_000,
    transaction: hashNo(1),
    ...given,
    size: shares(Math.round((spec.size ?? 0) * 1e6)),
    usdc: Math.round((spec.usdc ?? spec.size ?? 0) * 1e6),
  }
  return { id: digest(JSON.stringify(row)), ...row }
}

export const market = (n: number, changes: Partial<Market> = {}): Market => ({
  condition: conditionNo(n),
  question: `Will ${n} happen?`,
  slug: `will-${n}-happen`,
  eventSlug: `event-${n}`,
  domain: "Politics",
  status: "open",
  tokens: [
    { token: tokenNo(2 * n), outcome: "Yes", index: 0 },
    { token: tokenNo(2 * n + 1), outcome: "No", index: 1 },
  ],
  tick: price(10_000),
  minimumSize: shares(5_000_000),
  fee: noFee,
  delayMs: 0,
  negRisk: false,
  liquidity: usdc(50_000_000_000),
  volume24h: usdc(20_000_000_000),
  endAtMs: null,
  ...changes,
})

export const resolution = (n: number, winner: 0 | 1, resolvedAtMs: number | null): Resolution => ({
  condition: conditionNo(n),
  status: "resolved",
  payouts: winner === 0 ? [price(1_000_000), price(0)] : [price(0), price(1_000_000)],
  disputed: false,
  resolvedAtMs,
})
