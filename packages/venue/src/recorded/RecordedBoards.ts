/**
 * Leaderboards as somebody saw them, in snapshots. The youngest snapshot by now is served, for
 * every period and category alike: the recording does not say which it was.
 */
import type { LeaderboardRow } from "../World.ts"
import type { Found, Ledger } from "./Files.ts"
import { instantOf } from "./Instants.ts"

export class RecordedBoards {
  private readonly snapshots = new Map<number, Array<LeaderboardRow>>()

  add(found: Found, ledger: Ledger): void {
    const row = found.value
    const wallet = row["address"] ?? row["proxyWallet"]
    const atMs = instantOf(row["timestamp_utc"] ?? row["timestamp"])
    const pnl = Number(row["pnl"])
    if (typeof wallet !== "string" || atMs === null || !Number.isFinite(pnl)) {
      return ledger.ignore(found.file, "no wallet, time or profit")
    }
    const volume = Number(row["vol"] ?? row["volume"] ?? 0)
    const entry = { wallet: wallet.toLowerCase(), pnl, volume, pseudonym: "" }
    const known = this.snapshots.get(atMs)
    if (known === undefined) this.snapshots.set(atMs, [entry])
    else known.push(entry)
  }

  at(nowMs: number): ReadonlyArray<LeaderboardRow> {
    let youngest = Number.NEGATIVE_INFINITY
    for (const atMs of this.snapshots.keys()) {
      if (atMs <= nowMs && atMs > youngest) youngest = atMs
    }
    return this.snapshots.get(youngest) ?? []
  }
}
