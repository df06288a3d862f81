/**
 * A data directory as it looks after months: five thousand wallets and twenty thousand markets,
 * judged, scored and followed, the same for the same seed. `LargeTape.ts` adds a million fills.
 *
 * Rows are written with bare `node:sqlite` into files that the service's own migrations made, the last
 * day apart from the rest so that growth can be measured. What they say is plausible, not true: readers
 * and jobs are timed on it, nothing is learned from it.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { monthlyFeatures } from "@evaluator/testkit/MonthlyFeatures"

export const dayMs = 86_400_000

export interface Scale {
  readonly wallets: number
  readonly markets: number
  readonly fills: number
  readonly events: number
  readonly runs: number
  readonly copies: number
}

export const fullScale: Scale = {
  wallets: 5000,
  markets: 20_000,
  fills: 1_000_000,
  events: 300_000,
  runs: 60_000,
  copies: 20_000,
}

/** Whole numbers from a seed (mulberry32). */
export const chance = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

export const bytes = (n: number, length: number): Uint8Array => {
  const made = Buffer.alloc(length)
  // A number's bytes in an order that scatters neighbours, as hashes do.
  made.writeUInt32BE(Math.imul(n + 1, 0x9e3779b1) >>> 0, 0)
  made.writeUInt32BE(n, length - 4)
  return made
}
export const walletBytes = (n: number): Uint8Array => bytes(n, 20)
export const conditionBytes = (n: number): Uint8Array => bytes(n, 32)
export const fillBytes = (n: number): Uint8Array => bytes(n, 16)
export const tokenBytes = (market: number, outcome: number): Uint8Array =>
  bytes(2 * market + outcome, 32)

type Row = ReadonlyArray<SQLInputValue>

export class Writer {
  readonly database: DatabaseSync
  constructor(file: string, cacheKb = 400_000) {
    this.database = new DatabaseSync(file)
    this.database.exec(`PRAGMA synchronous = OFF; PRAGMA cache_size = -${cacheKb}`)
  }
  /** `INSERT OR IGNORE` of so many rows, in one transaction. */
  rows(table: string, columns: string, count: number, row: (n: number) => Row): void {
    const marks = columns.split(",").map(() => "?")
    const insert = this.database.prepare(
      `INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${marks.join(", ")})`,
    )
    this.database.exec("BEGIN")
    for (let n = 0; n < count; n++) insert.run(...row(n))
    this.database.exec("COMMIT")
  }
}

const facts = (n: number, endAtMs: number) =>
  JSON.stringify({
    condition: `0x${Buffer.from(conditionBytes(n)).toString("hex")}`,
    question: `Will number ${n} come before the end of the month in which it was asked?`,
    slug: `will-number-${n}-come`,
    eventSlug: `event-${n >> 2}`,
    domain: n % 2 === 0 ? "Politics" : "Sports",
    status: "open",
    tokens: [0, 1].map((index) => ({
      token: BigInt(`0x${Buffer.from(tokenBytes(n, index)).toString("hex")}`).toString(),
      outcome: ["Yes", "No"][index],
      index,
    })),
    tick: 10_000,
    minimumSize: 5_000_000,
    fee: { rate: 0, exponent: 1 },
    delayMs: 0,
    negRisk: false,
    endAtMs,
  })

const spanDays = 150
const endedMarkets = ({ markets }: Scale) => Math.floor(markets * 0.8)

/** Everything but fills: markets, wallets and what is thought of them. */
export const writeStanding = (file: string, scale: Scale, seed: number, nowMs: number): void => {
  const { markets, wallets } = scale
  const writer = new Writer(file)
  const random = chance(seed)
  const ended = endedMarkets(scale)
  const endOf = (n: number) =>
    n < ended ? nowMs - (1 + (n % spanDays)) * dayMs : nowMs + (2 + (n % 80)) * dayMs
  const listed = nowMs - spanDays * dayMs
  writer.rows(
    "markets",
    "condition,event_slug,domain,status,end_at_ms,liquidity,volume_24h,facts,first_seen_at_ms,changed_at_ms,seen_at_ms",
    markets,
    (n) => [
      conditionBytes(n),
      `event-${n >> 2}`,
      n % 2 === 0 ? "Politics" : "Sports",
      n < ended ? "closed" : "open",
      endOf(n),
      (1000 + random(100_000)) * 1_000_000,
      (5000 + random(200_000)) * 1_000_000,
      facts(n, endOf(n)),
      listed,
      listed,
      nowMs - (n < ended ? 10 * dayMs : 0),
    ],
  )
  writer.rows("tokens", "token,condition,outcome,outcome_index", 2 * markets, (n) => [
    tokenBytes(n >> 1, n % 2),
    conditionBytes(n >> 1),
    n % 2 === 0 ? "Yes" : "No",
    n % 2,
  ])
  writer.rows(
    "conditions",
    "condition,first_named_at_ms,named_by,touched,described_at_ms,resolve_due_ms,resolve_checked_at_ms",
    markets,
    (n) => [
      conditionBytes(n),
      listed,
      "trade",
      1,
      listed,
      n < ended ? null : endOf(n),
      n < ended ? endOf(n) : null,
    ],
  )
  writer.rows(
    "resolutions",
    "condition,status,payouts,disputed,final,resolved_at_ms,seen_at_ms,confirmed_by",
    ended,
    (n) => [
      conditionBytes(n),
      "resolved",
      n % 2 === 0 ? "[1000000,0]" : "[0,1000000]",
      0,
      1,
      endOf(n),
      endOf(n),
      "gamma",
    ],
  )
  const verdictOf = (n: number) => ["excluded", "excluded", "classified", "waiting"][n % 4]!
  writer.rows(
    "wallets",
    "wallet,source,discovered_at_ms,history_complete_at_ms,verdict,verdict_reason,persona,judged_at_ms,judge_due_ms",
    wallets,
    (n) => [
      walletBytes(n),
      n % 3 === 0 ? "LEADERBOARD" : "HOLDER",
      listed,
      nowMs - 2 * dayMs,
      verdictOf(n),
      verdictOf(n) === "excluded" ? "STAGE1_RECENT_LOSS" : null,
      verdictOf(n) === "classified" ? "PATIENT_ACCUMULATOR" : null,
      nowMs - dayMs,
      nowMs + dayMs,
    ],
  )
  writer.rows(
    "wallet_feeds",
    "wallet,feed,priority,due_ms,complete_through_ms,last_row_ms,polled_at_ms",
    wallets,
    (n) => [walletBytes(n), "activity", 1, nowMs + dayMs, nowMs, nowMs, nowMs],
  )
  const windows = [0, 7, 30, 90, 180]
  writer.rows("wallet_features", "wallet,window_days,at_ms,features", 5 * wallets, (n) => [
    walletBytes(Math.floor(n / 5)),
    windows[n % 5]!,
    nowMs,
    JSON.stringify({ ...monthlyFeatures, windowDays: windows[n % 5] }),
  ])
  writer.rows(
    "wallet_gates",
    "wallet,position,code,stage,metric,threshold,evidence,since_ms,at_ms",
    2 * wallets,
    (n) => [
      walletBytes(n >> 1),
      n % 2,
      n % 2 === 0 ? "STAGE1_RECENT_LOSS" : "NOISE_TRADER",
      1 + (n % 2),
      random(100),
      50,
      "it lost 12.3 USDC within 30 days, nothing may be lost",
      nowMs,
      nowMs,
    ],
  )
  const personas = ["INFORMED_SPECIALIST", "CONSISTENT_GENERALIST", "PATIENT_ACCUMULATOR"]
  writer.rows("wallet_personas", "wallet,persona,lacks,at_ms", 3 * wallets, (n) => [
    walletBytes(Math.floor(n / 3)),
    personas[n % 3]!,
    '["it wins 46.7 % of its lots, at least 60.0 %"]',
    nowMs,
  ])
  writer.rows(
    "wallet_scores",
    "wallet,window_days,wscore,edge,consistency,market_skill,timing,behaviour,raw,hit_rate_factor,trust_factor,obscurity_factor,roi_percent,hit_rate,trade_count,at_ms",
    3 * wallets,
    (n) => [
      walletBytes(Math.floor(n / 3)),
      windows[1 + (n % 3)]!,
      random(1_000_000) / 1e6,
      0.5,
      0.5,
      0.5,
      null,
      0.5,
      0.5,
      1,
      1,
      1,
      10,
      0.5,
      60,
      nowMs,
    ],
  )
  const states = ["CANDIDATE", "CANDIDATE", "PAPER_TRADING", "STOPPED"]
  writer.rows(
    "wallet_rules",
    "wallet,state,since_ms,reason,looked_at_ms,failed,failing",
    wallets,
    (n) => [
      walletBytes(n),
      states[n % 4]!,
      nowMs - dayMs,
      "size_profile_too_uneven",
      nowMs,
      '[{"reason":"size_profile_too_uneven","metric":1,"threshold":0.75,"evidence":"its sizes vary"},{"reason":"bursty_or_speed_like","metric":0.9,"threshold":0.7,"evidence":"90 % of its fills are in one hour"}]',
      '["size_profile_too_uneven","bursty_or_speed_like"]',
    ],
  )
  writer.rows("follows", "wallet,from_ms,to_ms,state,persona,cause,decided_at_ms", 100, (n) => [
    walletBytes(10 + n),
    nowMs - 60 * dayMs,
    n < 50 ? null : nowMs - 30 * dayMs,
    "PAPER_TRADING",
    "PATIENT_ACCUMULATOR",
    "rules",
    nowMs - 60 * dayMs,
  ])
  for (const [stage, count, id] of [
    ["markets", markets, conditionBytes],
    ["markets_scored", markets, conditionBytes],
    ["wallets", wallets, walletBytes],
    ["classified", wallets >> 2, walletBytes],
    ["excluded", wallets >> 1, walletBytes],
  ] as const) {
    writer.rows("funnel", "stage,id", count, (n) => [stage, id(n)])
  }
  writer.database.close()
}
