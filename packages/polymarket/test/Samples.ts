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

export const positionRow = {
  proxy_wallet: wallet,
  condition_id: condition,
  token_id: token,
  current_size: 10,
  avg_price: 0.4,
  entry_cost_usdc: 4,
  entry_fees_usdc: 0.1,
  total_cost_usdc: 4.1,
  current_price: 0.25,
  current_value: 2.5,
  total_size: 12,
  realized_pnl: -1.25,
  unrealized_pnl: -1.5,
  total_pnl: -2.75,
  percent_pnl: -67,
  percent_realized_pnl: -30,
  status: "OPEN",
  redeemable: false,
  mergeable: false,
  negative_risk: false,
  archived: false,
  title: "Will it rain?",
  slug: "rain",
  icon: "",
  event_id: "9",
  event_slug: "rain-event",
  outcome: "Yes",
  outcome_index: 0,
  opposite_outcome: "No",
  opposite_token_id: otherToken,
  end_date: "2026-12-31",
  last_event_at: 1_790_000_000,
  name: "",
  profile_image: "",
  verified: false,
}

export const holderGroup = {
  token_id: token,
  holders: [
    {
      proxy_wallet: wallet,
      bio: "",
      token_id: token,
      pseudonym: "",
      amount: 1234.5,
      display_username_public: true,
      outcome_index: 0,
      name: "",
      profile_image: "",
      profile_image_optimized: "",
      verified: false,
    },
  ],
}

export const boardRow = {
  rank: 3,
  user_id: wallet,
  pnl: 12.5,
  volume: 1000.25,
  user_name: "",
  profile_image: "",
  x_username: "",
  verified: false,
}

export const winnerRow = {
  win_rank: 1,
  kind: "market",
  user_id: wallet,
  pnl: 900.5,
  initial_value: 100,
  final_value: 1000.5,
  resolved_at: 1_790_000_000,
  condition_id: condition,
  position_id: token,
  event_id: 9,
  event_slug: "rain-event",
  event_title: "Rain",
  user_name: "",
  profile_image: "",
}

export const resolutionRow = {
  condition_id: condition,
  question_id: `0x${"f6".repeat(32)}`,
  status: "resolved",
  extended_review: false,
  was_disputed: false,
  new_version_q: false,
  proposed_price: "1",
  price: "1",
  transaction_hash: "",
  log_index: "",
  last_update_timestamp: "1790000000",
  payouts: [1_000_000, 0],
  resolution_source: "reported",
  resolved_at: "2026-10-01T12:00:00Z",
}

export const pricePointRow = { timestamp: 1_790_000_000, price: 0.43, resolution_seconds: 60 }

export const userStatsRow = {
  proxy_wallet: wallet,
  trades: 17,
  biggest_win: 55.5,
  views: 3,
  join_date: 1_700_000_000,
  all_time_pnl: null,
}

export const statusBody = {
  computed_at: "2026-10-01T12:00:00Z",
  age_seconds: 2,
  serving: {
    lag_seconds: 3.5,
    worst: "pnl",
    mechanisms: [{ name: "activity_feed", age_seconds: 3.5, blocks_behind: 2 }],
  },
}

export const clobMarketBody = {
  t: [
    { t: token, o: "Yes" },
    { t: otherToken, o: "No" },
  ],
  c: condition,
  mos: 5,
  mts: 0.001,
  mbf: 1000,
  tbf: 1000,
  ao: true,
  nr: true,
  fd: { r: 0.04, e: 1, to: true },
  itode: true,
}

export const eventRow = {
  id: "9",
  slug: "rain-event",
  title: "Rain",
  closed: false,
  negRisk: true,
  tags: [{ id: "2", label: "Politics", slug: "politics" }],
  markets: [{ ...marketRow, events: undefined }],
}
