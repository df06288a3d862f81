/** A row of `copies` that no fill stands behind. */
export const bareCopy = {
  wallet: new Uint8Array(20),
  condition_id: new Uint8Array(32),
  token: new Uint8Array(32),
  outcome_index: 0,
  side: "BUY",
  leader_price: 500_000,
  leader_size: 1_000_000,
  leader_at_ms: 1,
  transaction_hash: new Uint8Array(32),
  detected_via: "poll",
  detected_at_ms: 2000,
  moved_at_ms: 2000,
}
