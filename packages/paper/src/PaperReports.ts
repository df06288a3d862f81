/**
 * What the fast lane can say about itself, read from paper.db alone: while the service runs, through
 * a read-only connection beside it, or when it is down.
 *
 * Promises: never writes. Counts are of fills made while their wallet was followed, as the follow
 * history says now. Limits: lists as stated at each method.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToBareHex,
  bytesToHex,
  bytesToToken,
  type ConditionId,
  type FillId,
  hexToBytes,
  type TokenId,
  type WalletAddress,
} from "@evaluator/domain/Id"
import type { CopyOutcome, Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { CopyState } from "@evaluator/domain/paper/CopyState"
import type { Section } from "@evaluator/domain/report/Section"
import type { Side } from "@evaluator/domain/trade/Trade"
import { type Evidence, makeEvidence } from "./Evidence.ts"
import { checkLedger, type LedgerFault } from "./LedgerCheck.ts"
import {
  makeLedgerSummary,
  type LedgerReceipts,
  type LedgerSummary,
  type Money,
} from "./LedgerSummary.ts"
import { makeWhyCopy } from "./WhyCopy.ts"
import { makeWalletPage } from "./WalletPage.ts"
import { makeWalletTrace } from "./WalletTrace.ts"

/** Most copies a list returns; most ids `inFlightIds` does. */
export const copiesListed = 1000

export interface CopyView {
  readonly fillId: FillId
  readonly strategy: Strategy
  readonly state: CopyState
  readonly outcome: CopyOutcome | null
  readonly reason: string | null
  readonly wallet: WalletAddress
  readonly condition: ConditionId
  readonly token: TokenId
  readonly side: Side
  readonly leaderPrice: number
  readonly leaderSize: number
  readonly leaderAtMs: number
  readonly detectedAtMs: number
  readonly detectedVia: string
  /** What we traded: shares, USDC before fees, fees; null without a fill. */
  readonly size: number | null
  readonly gross: number | null
  readonly fee: number | null
  /** Of a purchase: profit after fees of the shares that are gone so far. */
  readonly pnl: number | null
}

export interface CopyFilter {
  readonly strategy?: Strategy
  readonly outcome?: CopyOutcome
  readonly state?: CopyState
  readonly wallet?: WalletAddress
  /** Newest first; at most {@link copiesListed}. */
  readonly limit?: number
}

export interface CopyCounts {
  readonly outcomes: Partial<Readonly<Record<CopyOutcome, number>>>
  readonly inFlight: number
}

/** Ids that one statement is asked about. */
const idsAsked = 4000

export class PaperReports extends Context.Service<
  PaperReports,
  {
    /** Copies of fills made up to `asOfMs` (all of them: null) while followed, by outcome. */
    readonly counts: (strategy: Strategy, asOfMs: number | null) => Effect.Effect<CopyCounts>
    /** Copies without an outcome, whatever their time. */
    readonly inFlight: (strategy: Strategy) => Effect.Effect<number>
    readonly inFlightIds: (strategy: Strategy) => Effect.Effect<ReadonlyArray<FillId>>
    /** Copies whose undo broke, of all strategies. */
    readonly stuck: Effect.Effect<number>
    /** Followed wallets whose ledger was not seen complete for longer than that. */
    readonly staleFeeds: (olderThanMs: number) => Effect.Effect<number>
    /** The time up to which every followed wallet's fills are known here; null when nothing is watched. */
    readonly watermark: Effect.Effect<number | null>
    /** Fills of followed wallets made in that time, in time order. */
    readonly fillsWithin: (
      fromMs: number,
      throughMs: number,
    ) => Effect.Effect<ReadonlyArray<{ readonly id: FillId; readonly atMs: number }>>
    /** Those of the given fills that have no copy. */
    readonly missing: (
      fillIds: ReadonlyArray<FillId>,
      strategy: Strategy,
    ) => Effect.Effect<ReadonlyArray<FillId>>
    readonly ledger: (strategy: Strategy) => Effect.Effect<LedgerSummary>
    /** As `ledger`, without recomputing everything: cheap enough for a metrics page. */
    readonly money: (strategy: Strategy) => Effect.Effect<Money>
    /** The receipts of a strategy's copies in sum, and the curve of its books beside the controls. */
    readonly receipts: (strategy: Strategy) => Effect.Effect<LedgerReceipts>
    /** What all copies must show, and what each strategy made. */
    readonly evidence: Effect.Effect<Evidence>
    readonly ledgerCheck: Effect.Effect<ReadonlyArray<LedgerFault>>
    /** The halt that holds the strategy now, the newest when there are several; null when it copies. */
    readonly standingHalt: (
      strategy: Strategy,
    ) => Effect.Effect<{ readonly reason: string; readonly until_ms: number | null } | null>
    /** Rows of the venue that could not be used: how many are kept, how many no longer or never were. */
    readonly quarantined: Effect.Effect<{
      readonly rows: number
      readonly dropped: number
      readonly newest_ms: number | null
    }>
    readonly copies: (filter: CopyFilter) => Effect.Effect<ReadonlyArray<CopyView>>
    /** The causal chain of a fill, for every strategy; empty when it has no copy. */
    readonly why: (fillId: FillId) => Effect.Effect<ReadonlyArray<Section>>
    /** How copying a wallet went; empty when it was never followed. */
    readonly wallet: (wallet: WalletAddress) => Effect.Effect<ReadonlyArray<Section>>
    /** The rows behind a part of that; empty when there is no such part. */
    readonly trace: (wallet: WalletAddress, part: string) => Effect.Effect<ReadonlyArray<Section>>
  }
>()("paper/PaperReports") {
  static readonly layer = Layer.effect(
    PaperReports,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { why } = yield* makeWhyCopy
      const { wallet } = yield* makeWalletPage
      const trace = yield* makeWalletTrace
      const evidence = yield* makeEvidence
      const { ledger, money, receipts } = yield* makeLedgerSummary

      const whileFollowed = sql.literal(`EXISTS (SELECT 1 FROM follows f WHERE f.wallet = c.wallet
        AND f.from_ms <= c.leader_at_ms AND (f.to_ms IS NULL OR c.leader_at_ms < f.to_ms))`)

      const counts = Effect.fnUntraced(function* (strategy: Strategy, asOfMs: number | null) {
        const rows = yield* sql<{ outcome: CopyOutcome | null; count: number }>`
          SELECT outcome, count(*) AS count FROM copies c
          WHERE origin = 'fill' AND strategy = ${strategy}
            AND leader_at_ms <= ${asOfMs ?? Number.MAX_SAFE_INTEGER} AND ${whileFollowed}
          GROUP BY outcome ORDER BY outcome`
        return {
          outcomes: Object.fromEntries(
            rows.flatMap((row) => (row.outcome === null ? [] : [[row.outcome, row.count]])),
          ),
          inFlight: rows.find((row) => row.outcome === null)?.count ?? 0,
        }
      }, Effect.orDie)

      const flying = sql.literal(
        "state IN ('detected', 'reviewed', 'reserved', 'priced', 'compensating')",
      )

      const inFlight = Effect.fnUntraced(function* (strategy: Strategy) {
        const [row] = yield* sql<{ count: number }>`SELECT count(*) AS count FROM copies
          WHERE ${flying} AND +strategy = ${strategy}`
        return row!.count
      }, Effect.orDie)

      const inFlightIds = Effect.fnUntraced(function* (strategy: Strategy) {
        const rows = yield* sql<{ fill_id: Uint8Array }>`SELECT fill_id FROM copies
          WHERE ${flying} AND +strategy = ${strategy}
          ORDER BY detected_at_ms LIMIT ${copiesListed}`
        return rows.map((row) => bytesToBareHex(row.fill_id) as FillId)
      }, Effect.orDie)

      const stuck = sql<{ count: number }>`SELECT count(*) AS count FROM copies
        WHERE state = 'stuck'`.pipe(
        Effect.map(([row]) => row!.count),
        Effect.orDie,
      )

      const staleFeeds = Effect.fnUntraced(function* (olderThanMs: number) {
        const now = yield* Clock.currentTimeMillis
        const [row] = yield* sql<{ wallets: number }>`SELECT count(DISTINCT wallet) AS wallets
          FROM watches WHERE complete_through_ms < ${now - olderThanMs}
            AND from_ms <= ${now} AND (to_ms IS NULL OR to_ms > ${now})`
        return row!.wallets
      }, Effect.orDie)

      // A follow that is over and complete holds nothing back any more.
      const watermark = sql<{ through: number | null }>`
        SELECT min(complete_through_ms) AS through FROM watches
        WHERE to_ms IS NULL OR complete_through_ms < to_ms`.pipe(
        Effect.map(([row]) => row!.through),
        Effect.orDie,
      )

      const fillsWithin = Effect.fnUntraced(function* (fromMs: number, throughMs: number) {
        return yield* sql<{ id: FillId; atMs: number }>`SELECT lower(hex(fill_id)) AS id,
            leader_at_ms AS "atMs" FROM copies c
          WHERE strategy = 'portfolio' AND origin = 'fill'
            AND leader_at_ms BETWEEN ${fromMs} AND ${throughMs} AND ${whileFollowed}
          ORDER BY leader_at_ms`
      }, Effect.orDie)

      const missing = Effect.fnUntraced(function* (
        fillIds: ReadonlyArray<FillId>,
        strategy: Strategy,
      ) {
        const missing: Array<FillId> = []
        for (let at = 0; at < fillIds.length; at += idsAsked) {
          const asked = JSON.stringify(fillIds.slice(at, at + idsAsked))
          const rows = yield* sql<{ id: FillId }>`SELECT f.value AS id FROM json_each(${asked}) f
            WHERE NOT EXISTS (SELECT 1 FROM copies c
              WHERE c.fill_id = unhex(f.value) AND c.strategy = ${strategy})`
          for (const row of rows) missing.push(row.id)
        }
        return missing
      }, Effect.orDie)

      const standingHalt = Effect.fnUntraced(function* (strategy: Strategy) {
        const now = yield* Clock.currentTimeMillis
        const [halt] = yield* sql<{ reason: string; until_ms: number | null }>`
          SELECT reason, until_ms FROM halts WHERE lifted_at_ms IS NULL AND strategy = ${strategy}
            AND (until_ms IS NULL OR until_ms > ${now}) ORDER BY id DESC LIMIT 1`
        return halt ?? null
      }, Effect.orDie)

      const quarantined = sql<{ rows: number; dropped: number; newest_ms: number | null }>`
        SELECT count(*) AS rows, max(last_at_ms) AS newest_ms,
          (SELECT coalesce(sum(dropped), 0) FROM quarantine_losses) AS dropped
        FROM quarantine`.pipe(
        Effect.map(([row]) => row!),
        Effect.orDie,
      )

      const copies = Effect.fnUntraced(function* (filter: CopyFilter) {
        const { strategy, outcome, state } = filter
        const wanted = [
          ...(strategy === undefined ? [] : [sql`strategy = ${strategy}`]),
          ...(outcome === undefined ? [] : [sql`outcome = ${outcome}`]),
          ...(state === undefined ? [] : [sql`state = ${state}`]),
          ...(filter.wallet === undefined ? [] : [sql`wallet = ${hexToBytes(filter.wallet)}`]),
        ]
        const limit = Math.min(filter.limit ?? copiesListed, copiesListed)
        const rows = yield* sql<CopyViewRow>`SELECT ${sql.literal(copyViewColumns)} FROM copies
          WHERE ${sql.and(wanted)} ORDER BY leader_at_ms DESC, rowid DESC LIMIT ${limit}`
        return rows.map(toCopyView)
      }, Effect.orDie)

      return PaperReports.of({
        counts,
        inFlight,
        inFlightIds,
        stuck,
        staleFeeds,
        watermark,
        fillsWithin,
        missing,
        ledger,
        money,
        receipts,
        evidence,
        ledgerCheck: Effect.provideService(checkLedger, SqlClient.SqlClient, sql),
        standingHalt,
        quarantined,
        copies,
        why,
        wallet,
        trace,
      })
    }),
  )
}

const copyViewColumns = `fill_id, strategy, state, outcome, reason, wallet, condition_id, token, side,
  leader_price, leader_size, leader_at_ms, detected_at_ms, detected_via, size, gross, fee, pnl`

interface CopyViewRow {
  readonly fill_id: Uint8Array
  readonly strategy: Strategy
  readonly state: CopyState
  readonly outcome: CopyOutcome | null
  readonly reason: string | null
  readonly wallet: Uint8Array
  readonly condition_id: Uint8Array
  readonly token: Uint8Array
  readonly side: Side
  readonly leader_price: number
  readonly leader_size: number
  readonly leader_at_ms: number
  readonly detected_at_ms: number
  readonly detected_via: string
  readonly size: number | null
  readonly gross: number | null
  readonly fee: number | null
  readonly pnl: number | null
}

const toCopyView = (row: CopyViewRow): CopyView => ({
  fillId: bytesToBareHex(row.fill_id) as FillId,
  strategy: row.strategy,
  state: row.state,
  outcome: row.outcome,
  reason: row.reason,
  wallet: bytesToHex(row.wallet) as WalletAddress,
  condition: bytesToHex(row.condition_id) as ConditionId,
  token: bytesToToken(row.token),
  side: row.side,
  leaderPrice: row.leader_price,
  leaderSize: row.leader_size,
  leaderAtMs: row.leader_at_ms,
  detectedAtMs: row.detected_at_ms,
  detectedVia: row.detected_via,
  size: row.size,
  gross: row.gross,
  fee: row.fee,
  pnl: row.pnl,
})
