/**
 * Some time of the embedded venue with the real one's limits and cache switched on and rows in its
 * answers that nobody can read, then held against what the venue knows of itself:
 *
 * - no request was over a limit,
 * - every fill of a followed wallet, made while it was followed, stands in both lanes' files,
 * - both quarantines together hold the unreadable rows that were served, and nothing else. A cached
 *   answer that the client does not take is not looked into: with a cache there are none of them.
 */
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { loadSettings } from "@evaluator/app/Settings"
import { simulateDays } from "@evaluator/app/Sim"
import { maxBody, cut } from "@evaluator/polymarket/wire/Rows"
import { RateLimits } from "@evaluator/venue/RateLimits"
import { simulate } from "@evaluator/venue/Simulation"
import type { VenueRow, World } from "@evaluator/venue/World"
import type { WorldChanges } from "@evaluator/venue/WorldParameters"

export interface VenueDayOptions {
  readonly world: WorldChanges
  readonly days: number
  /** Settings that differ from the service's own, as environment variables. */
  readonly environment?: Readonly<Record<string, string>>
  /** Whether the venue's answers lie in a cache as the real one's do. */
  readonly cdn: boolean
}

export interface VenueDay {
  readonly faults: ReadonlyArray<string>
  readonly requests: number
  readonly refused: number
  /** 1 when a limit was just filled. */
  readonly fullest: number
  readonly followed: number
  readonly leaderFills: number
  readonly garbage: number
}

/** Follows almost everybody it can tell apart, at once: what is judged here is the venue's client. */
export const eagerRules = {
  EVALUATOR_SCORING_MIN_LIQUIDITY: "0",
  EVALUATOR_SCORING_MIN_VOLUME_24H: "0",
  EVALUATOR_PERSONAS_MIN_AGE_DAYS: "1",
  EVALUATOR_RULES_MIN_MEDIAN_HOLD_MINUTES: "0",
  EVALUATOR_RULES_MAX_SIZE_CV: "10",
  EVALUATOR_RULES_MAX_BURSTINESS: "1",
  EVALUATOR_RULES_MIN_TRADES_30D: "1",
  EVALUATOR_RULES_MAX_MARKETS_30D: "1000",
  // Nor does an anomaly stop anybody: the world's wallets are young and their weeks are uneven.
  EVALUATOR_RULES_MAX_WIN_RATE_FALL: "1",
  EVALUATOR_RULES_MAX_WEEK_DRAWDOWN: "1",
  EVALUATOR_RULES_MAX_PACE_RATIO: "1000",
  EVALUATOR_RULES_MAX_SIZE_RATIO: "1000",
} as const

const most = 5

/** Says how many there are and names the first. */
const named = (what: string, found: ReadonlyArray<string>): ReadonlyArray<string> =>
  found.length === 0 ? [] : [`${found.length} ${what}: ${found.slice(0, most).join(" ; ")}`]

const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString("hex")

/** What tells a fill apart, without the client's own ids: transaction, token, side, price and size. */
const keyOfRow = (row: VenueRow): string =>
  [
    row.transaction.slice(2),
    BigInt(row.token).toString(16).padStart(64, "0"),
    row.side,
    Math.round(row.price * 1e6),
    Math.round(row.size * 1e6),
  ].join(" ")

const keyOfStored = (row: Record<string, unknown>): string =>
  [
    hex(row["transaction_hash"]),
    hex(row["token"]).padStart(64, "0"),
    row["side"],
    row["price"],
    row["size"],
  ].join(" ")

/** Fills of a wallet as the venue knows them. */
const fillsOf = (world: World, user: string, fromMs: number, toMs: number, nowMs: number) =>
  world
    .rows(
      {
        feed: "activity",
        user,
        type: "TRADE",
        takerOnly: false,
        minimumShares: 0,
        minimumUsdc: 0,
        fromSeconds: Math.floor(fromMs / 1000),
        toSeconds: Math.ceil(toMs / 1000),
        order: "asc",
        after: null,
        limit: 1_000_000,
      },
      nowMs,
    )
    .filter((row) => row.atSeconds * 1000 >= fromMs && row.atSeconds * 1000 < toMs)

interface Kept {
  readonly follows: ReadonlyArray<Record<string, unknown>>
  readonly stored: ReadonlySet<string>
  readonly copied: ReadonlySet<string>
  readonly quarantined: ReadonlySet<string>
  readonly asOfMs: number
}

const read = (directory: string, asOfMs: number): Kept => {
  const evaluation = new DatabaseSync(join(directory, "evaluator.db"), { readOnly: true })
  const paper = new DatabaseSync(join(directory, "paper.db"), { readOnly: true })
  const bodies = "SELECT body FROM quarantine"
  const kept = {
    follows: paper.prepare("SELECT wallet, from_ms, to_ms FROM follows").all(),
    stored: new Set(evaluation.prepare("SELECT * FROM trades").all().map(keyOfStored)),
    copied: new Set(
      paper
        .prepare(
          `SELECT transaction_hash, token, side, leader_price AS price, leader_size AS size
           FROM copies WHERE strategy = 'portfolio' AND origin = 'fill'`,
        )
        .all()
        .map(keyOfStored),
    ),
    quarantined: new Set(
      [...evaluation.prepare(bodies).all(), ...paper.prepare(bodies).all()].map((row) =>
        String(row["body"]),
      ),
    ),
    asOfMs,
  }
  evaluation.close()
  paper.close()
  return kept
}

const missed = (world: World, kept: Kept) => {
  const fills = kept.follows.flatMap((row) =>
    fillsOf(
      world,
      `0x${hex(row["wallet"])}`,
      Number(row["from_ms"]),
      Math.min(kept.asOfMs, Number(row["to_ms"] ?? Number.MAX_SAFE_INTEGER)),
      kept.asOfMs,
    ).map(keyOfRow),
  )
  return {
    fills,
    faults: [
      ...named(
        "fills are not stored",
        fills.filter((key) => !kept.stored.has(key)),
      ),
      ...named(
        "fills have no copy",
        fills.filter((key) => !kept.copied.has(key)),
      ),
    ],
  }
}

/** Runs it and says what did not hold. */
export const venueDay = Effect.fnUntraced(function* (options: VenueDayOptions) {
  const directory = mkdtempSync(join(tmpdir(), "trader-evaluator-venue-day-"))
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
  )
  const limits = new RateLimits()
  const simulation = simulate({
    parameters: options.world,
    faults: options.cdn ? "none" : { intensity: "many", kinds: ["garbageRow"] },
    limits,
    cdn: options.cdn,
  })
  const loaded = yield* loadSettings({ profiles: [], environment: options.environment ?? {} })
  const document = yield* simulateDays(
    {
      loaded,
      seed: null,
      days: options.days,
      wallets: null,
      approveAfter: null,
      world: null,
      faults: "many",
      keep: directory,
      json: true,
    },
    { simulation },
  )
  const kept = read(directory, document.copies.as_of_ms)
  const { fills, faults } = missed(simulation.world, kept)
  const served = new Set(simulation.plan.garbage.map(({ row }) => cut(row, maxBody)))
  const result: VenueDay = {
    faults: [
      ...(limits.refused === 0 ? [] : [`${limits.refused} requests were over a limit`]),
      ...faults,
      ...named(
        "unreadable rows are in no quarantine",
        [...served].filter((row) => !kept.quarantined.has(row)),
      ),
      ...named(
        "quarantined rows were no garbage",
        [...kept.quarantined].filter((row) => !served.has(row)),
      ),
    ],
    requests: limits.admitted,
    refused: limits.refused,
    fullest: limits.fullest,
    followed: new Set(kept.follows.map((row) => hex(row["wallet"]))).size,
    leaderFills: fills.length,
    garbage: served.size,
  }
  return result
}, Effect.scoped)
