/** What the status says of a service that has come some way. */
import type { StatusDocument } from "@evaluator/app/StatusDocument"

export const status: StatusDocument = {
  at_ms: 1_767_614_400_000,
  venue: "the embedded venue with seed 42",
  quarantine: [
    { lane: "evaluation", rows: 0, dropped: null, newest_ms: null },
    { lane: "paper", rows: 3, dropped: 2, newest_ms: 1_767_614_400_000 },
  ],
  funnel: { markets: 200, markets_scored: 50, wallets: 40, trades: 9000, classified: 4, ranked: 3 },
  reasons: [{ stage: "excluded", reason: "STAGE1_TOO_YOUNG", count: 17 }],
  copies: {
    as_of_ms: 1_767_614_395_000,
    leader_fills: 5,
    outcomes: { COPIED: 4, SKIPPED_PORTFOLIO_RISK: 1 },
    in_flight: 1,
    undetected: 0,
  },
  ledger: {
    cash_usdc: "999.000000",
    equity_usdc: "1000.000000",
    realized_pnl_usdc: "0.000000",
    fees_usdc: "0.100000",
    balanced: true,
  },
  halt: null,
  due: [
    { kind: "wallet-history", count: 3, oldest_ms: 1_767_614_393_000 },
    { kind: "market-facts", count: 0, oldest_ms: null },
  ],
  ranking: [{ wallet: `0x${"a".repeat(40)}`, wscore: 0.51234, verdict: "WATCH" }],
}
