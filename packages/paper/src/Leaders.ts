/**
 * What the leaders' positions are worth, as the other lane tells it: rows, and a map to answer from.
 *
 * Promises: older news never replace newer; the highest worth ever told is kept beside the last.
 * Limits: news older than `paper.bankroll_age` are no news; a wallet is a row, as long as it has one.
 */
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Source } from "./MarketReplica.ts"
import { PaperSettings } from "./PaperSettings.ts"

export interface KnownLeader {
  /** Micro-USDC. */
  readonly bankroll: number
  readonly peak: number
  readonly seq: number | null
  readonly atMs: number
}

interface LeaderRow extends Omit<KnownLeader, "atMs"> {
  readonly wallet: Uint8Array
  readonly at_ms: number
}

export class Leaders extends Context.Service<
  Leaders,
  {
    /** Writes what a leader's positions are worth, in the caller's transaction. */
    readonly put: (wallet: WalletAddress, bankroll: number, source: Source) => Effect.Effect<void>
    /** What is known lately, or null. Answers from memory. */
    readonly of: (wallet: WalletAddress, nowMs: number) => KnownLeader | null
  }
>()("paper/Leaders") {
  static readonly layer = Layer.effect(
    Leaders,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { paper } = yield* PaperSettings
      const oldestMs = Duration.toMillis(paper.bankroll_age)
      const leaders = new Map<WalletAddress, KnownLeader>()
      const remember = ({ wallet, at_ms: atMs, ...known }: LeaderRow) =>
        void leaders.set(bytesToHex(wallet) as WalletAddress, { ...known, atMs })
      const rows =
        yield* sql<LeaderRow>`SELECT wallet, bankroll, peak, seq, at_ms FROM leaders`.pipe(
          Effect.orDie,
        )
      rows.forEach(remember)

      const put = Effect.fnUntraced(function* (
        wallet: WalletAddress,
        bankroll: number,
        source: Source,
      ) {
        const written = yield* sql<LeaderRow>`INSERT INTO leaders ${sql.insert({
          wallet: hexToBytes(wallet),
          bankroll,
          peak: bankroll,
          seq: source.seq,
          at_ms: source.atMs,
        })} ON CONFLICT (wallet) DO UPDATE SET bankroll = excluded.bankroll,
          peak = max(leaders.peak, excluded.bankroll), seq = excluded.seq, at_ms = excluded.at_ms
          WHERE excluded.at_ms >= leaders.at_ms RETURNING wallet, bankroll, peak, seq, at_ms`
        yield* sql.afterCommit(Effect.sync(() => written.forEach(remember)))
      }, Effect.orDie)

      const of = (wallet: WalletAddress, nowMs: number): KnownLeader | null => {
        const known = leaders.get(wallet)
        return known === undefined || nowMs - known.atMs > oldestMs ? null : known
      }

      return Leaders.of({ put, of })
    }),
  )
}
