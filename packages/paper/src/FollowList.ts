/**
 * The wallets we copy and when: the replica of the other lane's follow history, in rows and in memory.
 *
 * A fill belongs to a follow when `from_ms <= at_ms` and the follow has not ended by then; only such
 * fills are copied. Each follow has a row in `watches`, which says how far its fills are known.
 * Promises: memory is what was committed; a follow that begins or changes is watched at once.
 */
import { Clock, Context, Effect, Latch, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Follow } from "@evaluator/domain/event/DomainEvent"
import type { Fill } from "@evaluator/domain/trade/Trade"
import type { Source } from "./MarketReplica.ts"

interface SpanRow {
  readonly wallet: Uint8Array
  readonly from_ms: number
  readonly to_ms: number | null
  readonly seq: number | null
}

export class FollowList extends Context.Service<
  FollowList,
  {
    /** Writes follows in the caller's transaction; older news never replace newer. */
    readonly put: (follows: ReadonlyArray<Follow>, source: Source) => Effect.Effect<void>
    /** The wallet was followed at the fill's own time. Answers from memory. */
    readonly covers: (fill: Pick<Fill, "wallet" | "atMs">) => boolean
    /**
     * How long the fills of the follow that the fill belongs to have not been known without a gap: the
     * time since its ledger was last seen complete. 0 when there is no such follow.
     */
    readonly feedGapMs: (
      fill: Pick<Fill, "wallet" | "atMs">,
      nowMs: number,
    ) => Effect.Effect<number>
    /** The event that the wallet's newest follow came with, or null. Answers from memory. */
    readonly seqOf: (wallet: WalletAddress) => number | null
    /** The wallet is or was followed. Answers from memory. */
    readonly knows: (wallet: WalletAddress) => boolean
    /** Opens when a follow began or changed. */
    readonly changed: Latch.Latch
  }
>()("paper/FollowList") {
  static readonly layer = Layer.effect(
    FollowList,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const changed = yield* Latch.make(true)
      // From each wallet, its follows: beginning to end.
      const spans = new Map<WalletAddress, Map<number, number | null>>()
      const seqs = new Map<WalletAddress, number | null>()
      const remember = (rows: ReadonlyArray<SpanRow>) => {
        for (const row of rows) {
          const wallet = bytesToHex(row.wallet) as WalletAddress
          const its = spans.get(wallet) ?? new Map<number, number | null>()
          spans.set(wallet, its.set(row.from_ms, row.to_ms))
          seqs.set(wallet, row.seq)
        }
      }
      remember(
        yield* sql<SpanRow>`SELECT wallet, from_ms, to_ms, seq FROM follows
        ORDER BY from_ms`.pipe(Effect.orDie),
      )

      const put = Effect.fnUntraced(function* (follows: ReadonlyArray<Follow>, source: Source) {
        const now = yield* Clock.currentTimeMillis
        const written: Array<SpanRow> = []
        for (const follow of follows) {
          const rows = yield* sql<SpanRow>`INSERT INTO follows ${sql.insert({
            wallet: hexToBytes(follow.wallet),
            from_ms: follow.fromMs,
            to_ms: follow.toMs,
            state: follow.state,
            persona: follow.persona,
            seq: source.seq,
            at_ms: source.atMs,
          })} ON CONFLICT (wallet, from_ms) DO UPDATE SET to_ms = excluded.to_ms,
            state = excluded.state, persona = excluded.persona, seq = excluded.seq,
            at_ms = excluded.at_ms WHERE excluded.at_ms >= follows.at_ms
            RETURNING wallet, from_ms, to_ms, seq`
          const [row] = rows
          if (row === undefined) continue
          written.push(row)
          yield* sql`INSERT INTO watches ${sql.insert({
            wallet: row.wallet,
            from_ms: row.from_ms,
            to_ms: row.to_ms,
            complete_through_ms: row.from_ms,
            next_poll_at_ms: now,
          })} ON CONFLICT (wallet, from_ms) DO UPDATE SET next_poll_at_ms = excluded.next_poll_at_ms,
            to_ms = excluded.to_ms, attempts = 0 WHERE watches.to_ms IS NOT excluded.to_ms`
        }
        if (written.length === 0) return
        // At once and not after the commit: the fills of a new follow may stand next in the same
        // batch. A transaction that rolls back is applied again, and with it the follow.
        remember(written)
        yield* sql.afterCommit(Effect.asVoid(changed.open))
      }, Effect.orDie)

      const covers = (fill: Pick<Fill, "wallet" | "atMs">) => {
        for (const [fromMs, toMs] of spans.get(fill.wallet) ?? []) {
          if (fromMs <= fill.atMs && (toMs === null || fill.atMs < toMs)) return true
        }
        return false
      }

      const feedGapMs = Effect.fnUntraced(function* (
        fill: Pick<Fill, "wallet" | "atMs">,
        nowMs: number,
      ) {
        const [row] = yield* sql<{ through: number | null }>`
          SELECT max(complete_through_ms) AS through FROM watches
          WHERE wallet = ${hexToBytes(fill.wallet)} AND from_ms <= ${fill.atMs}`
        return Math.max(0, nowMs - (row?.through ?? nowMs))
      }, Effect.orDie)

      return FollowList.of({
        put,
        covers,
        feedGapMs,
        seqOf: (wallet) => seqs.get(wallet) ?? null,
        knows: (wallet) => spans.has(wallet),
        changed,
      })
    }),
  )
}
