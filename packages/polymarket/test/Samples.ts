/**
 * Rows of the venue's shapes, made up, for tests to vary.
 */
import type { ConditionId, TokenId, WalletAddress } from "@evaluator/domain/Id"

export const wallet = `0x${"a1".repeat(20)}` as WalletAddress
export const stranger = `0x${"b2".repeat(20)}` as WalletAddress
export const condition = `0x${"c3".repeat(32)}` as ConditionId
export const otherCondition = `0x${"d4".repeat(32)}` as ConditionId
export const transaction = `0x${"e5".repeat(32)}`
export const token =
  "71321045679252212594626385532706912750332728571942532289631379312455583992563" as TokenId
export const otherToken =
  "52114319501245915516055106046884209969926127482827954674443846427813813222426" as TokenId

export const tradeRow = {
  proxy_wallet: wallet,
  side: "BUY",
  token_id: token,
  condition_id: condition,
  size: 12.5,
  price: 0.43,
  timestamp: 1_790_000_000,
  title: "Will it rain?",
  outcome: "Yes",
  outcome_index: 0,
  transaction_hash: transaction,
}

/** The same fill in the older spelling. */
export const olderTradeRow = {
  proxyWallet: wallet,
  side: "BUY",
  asset: token,
  conditionId: condition,
  size: 12.5,
  price: 0.43,
  timestamp: 1_790_000_000,
  title: "Will it rain?",
  outcome: "Yes",
  outcomeIndex: 0,
  transactionHash: transaction,
}

export const activityRow = { ...tradeRow, type: "TRADE", usdc_size: 5.375 }

export const redeemRow = {
  ...activityRow,
  type: "REDEEM",
  token_id: "",
  side: "",
  outcome: "",
  outcome_index: 999,
  price: 0,
  size: 270,
  usdc_size: 270,
}

export const marketRow = {
  id: "1",
  version: "v1",
  question: "Will it rain?",
  conditionId: condition,
  slug: "rain",
  outcomes: '["Yes", "No"]',
  outcomePrices: '["0.515", "0.485"]',
  clobTokenIds: JSON.stringify([token, otherToken]),
  liquidity: "4567.8",
  liquidityNum: 4567.8,
  volume24hr: 321.5,
  active: true,
  closed: false,
  endDate: "2026-12-31T00:00:00Z",
  negRisk: false,
  orderPriceMinTickSize: 0.001,
  orderMinSize: 5,
  secondsDelay: 3,
  feesEnabled: true,
  feeType: "weather_fees",
  feeSchedule: { exponent: 1, rate: 0.05, takerOnly: true, rebateRate: 0.25 },
  events: [{ id: "9", slug: "rain-event", title: "Rain" }],
}

export const bookRow = {
  market: condition,
  asset_id: token,
  timestamp: "1790000000123",
  hash: "0f".repeat(20),
  bids: [
    { price: "0.01", size: "1000" },
    { price: "0.51", size: "25.5" },
  ],
  asks: [
    { price: "0.99", size: "1000" },
    { price: "0.52", size: "10" },
  ],
  min_order_size: "5",
  tick_size: "0.01",
  last_trade_price: "0.510",
}
