/**
 * What happens in the directory of `LargeFile.ts`: fills with the events and runs around them, and
 * copies of the followed wallets' fills in both files.
 */
import { DatabaseSync } from "node:sqlite"
import {
  bytes,
  chance,
  conditionBytes,
  fillBytes,
  type Scale,
  tokenBytes,
  walletBytes,
  Writer,
} from "./LargeFile.ts"

/** Ten whales hold a fifth of all fills; the rest is spread. */
const walletOfFill = (n: number, { wallets }: Scale): number =>
  n % 5 === 0 ? (n / 5) % 10 : 10 + (n % (wallets - 10))

const columns =
  "id,wallet,at_ms,condition,token,outcome_index,side,price,size,transaction_hash,seen_at_ms"

/** Fills `from` … `to` of all, with the markets they touch and what they amount to, and their events. */
export const writeFills = (
  file: string,
  scale: Scale,
  span: {
    readonly from: number
    readonly to: number
    readonly startMs: number
    readonly endMs: number
  },
): void => {
  const writer = new Writer(file)
  const { from, to, startMs, endMs } = span
  const count = to - from
  const random = chance(from)
  const atOf = (n: number) => startMs + Math.floor(((endMs - startMs) * n) / count)
  writer.rows("trades", columns, count, (index) => {
    const n = from + index
    const wallet = walletOfFill(n, scale)
    // Each wallet keeps to eighty markets of its own; whales to eight hundred.
    const market = (wallet * 7919 + random(wallet < 10 ? 800 : 80) * 131) % scale.markets
    const outcome = random(2)
    return [
      fillBytes(n),
      walletBytes(wallet),
      atOf(index),
      conditionBytes(market),
      tokenBytes(market, outcome),
      outcome,
      random(3) === 0 ? "SELL" : "BUY",
      50_000 + random(90) * 10_000,
      1_000_000 + random(500) * 1_000_000,
      bytes(n, 32),
      atOf(index) + 60_000,
    ]
  })
  writer.database.exec(`INSERT OR IGNORE INTO wallet_conditions
    SELECT DISTINCT wallet, condition FROM trades;
    UPDATE wallets SET fills = t.fills, first_fill_ms = t.first, last_fill_ms = t.last
      FROM (SELECT wallet AS w, count(*) AS fills, min(at_ms) AS first, max(at_ms) AS last
        FROM trades GROUP BY wallet) t WHERE t.w = wallets.wallet`)
  const share = count / scale.fills
  const events = Math.floor(scale.events * share)
  writer.rows("events", "id,type,version,at_ms,correlation_id,payload", events, (n) => [
    `0197${String(from).padStart(8, "0")}-0000-7000-8000-${String(n).padStart(12, "0")}`,
    n % 50 === 0 ? "WalletRulesEvaluated" : "TradesIngested",
    1,
    startMs + Math.floor(((endMs - startMs) * n) / events),
    `c-${from}-${n >> 2}`,
    '{"wallet":"0x0000000000000000000000000000000000000001","fills":3,"trades":[]}',
  ])
  const runs = Math.floor(scale.runs * share)
  writer.rows(
    "job_runs",
    "boot_id,job,cause,started_at_ms,ended_at_ms,outcome,counts",
    runs,
    (n) => [
      1,
      ["classify-wallets", "score-wallets", "apply-rules", "resolve-markets"][n % 4]!,
      "timer",
      startMs + Math.floor(((endMs - startMs) * n) / runs),
      startMs + Math.floor(((endMs - startMs) * n) / runs) + 50,
      n % 500 === 0 ? "failed" : "completed",
      '{"looked":10,"scored":10}',
    ],
  )
  writer.database.close()
}

/** Copies of the followed wallets' newest fills in both files, skipped for want of a book. */
export const writeCopies = (evaluatorFile: string, paperFile: string, scale: Scale): void => {
  const evaluator = new DatabaseSync(evaluatorFile)
  const fills = evaluator
    .prepare(
      `SELECT t.id, t.wallet, t.condition, t.token, t.outcome_index, t.side, t.price, t.size, t.at_ms,
        t.transaction_hash FROM follows f JOIN trades t ON t.wallet = f.wallet AND t.at_ms >= f.from_ms
        AND (f.to_ms IS NULL OR t.at_ms < f.to_ms) ORDER BY t.at_ms DESC LIMIT ?`,
    )
    .all(scale.copies)
  evaluator.close()
  const strategies = ["portfolio", "solo", "careless"]
  const paper = new Writer(paperFile)
  paper.rows(
    "copies",
    "fill_id,strategy,book,state,outcome,wallet,condition_id,token,outcome_index,side,leader_price,leader_size,leader_at_ms,transaction_hash,detected_via,detected_at_ms,moved_at_ms",
    3 * fills.length,
    (n) => {
      const fill = fills[Math.floor(n / 3)]!
      return [
        fill["id"]!,
        strategies[n % 3]!,
        strategies[n % 3]!,
        "skipped",
        "SKIPPED_NO_BOOK",
        fill["wallet"]!,
        fill["condition"]!,
        fill["token"]!,
        fill["outcome_index"]!,
        fill["side"]!,
        fill["price"]!,
        fill["size"]!,
        fill["at_ms"]!,
        fill["transaction_hash"]!,
        "poll",
        fill["at_ms"]!,
        fill["at_ms"]!,
      ]
    },
  )
  paper.database.close()
  const results = new Writer(evaluatorFile)
  results.rows(
    "copy_results",
    "fill,strategy,wallet,condition,outcome,cost,leader_at_ms",
    3 * fills.length,
    (n) => {
      const fill = fills[Math.floor(n / 3)]!
      return [
        fill["id"]!,
        strategies[n % 3]!,
        fill["wallet"]!,
        fill["condition"]!,
        "SKIPPED_NO_BOOK",
        0,
        fill["at_ms"]!,
      ]
    },
  )
  results.database.close()
}
