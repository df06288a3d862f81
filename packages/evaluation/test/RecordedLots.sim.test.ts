import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { Effect, Result } from "effect"
import { TestClock } from "effect/testing"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { type LedgerEntry, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import { LotBook } from "@evaluator/domain/wallet/Lots"
import { ledgerRowOf } from "@evaluator/polymarket/wire/ActivityRow"
import { readHistory, type WalletHistory } from "@evaluator/evaluation/stores/History"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walkWallet } from "@evaluator/evaluation/WalletWalk"
import { FakeVenue } from "./support/FakeVenue.ts"
import { withLane } from "./support/WithLane.ts"

const folder = join(import.meta.dirname, "../../../../shared/data/recorded/activity")

/** Markets whose redeemed size is the net holding of one outcome token, at least, of how many. */
const expected = [
  [3, 367, 409],
  [5, 274, 323],
  [8, 42, 49],
  [9, 356, 358],
] as const

const rowsOf = (file: string): ReadonlyArray<unknown> =>
  gunzipSync(readFileSync(file))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown)

const ingest = Effect.fnUntraced(function* (venue: FakeVenue, rows: ReadonlyArray<unknown>) {
  const decoded = rows.map(ledgerRowOf).filter(Result.isSuccess)
  assert.strictEqual(decoded.length, rows.length)
  const first = decoded[0]!.success
  const wallet: WalletAddress = first.kind === "fill" ? first.fill.wallet : first.activity.wallet
  venue.activity.set(
    wallet,
    decoded.map(({ success }) => ({ value: success, recorded: null })),
  )
  yield* TestClock.setTime(1_800_000_000_000)
  yield* addWallets([{ wallet, source: "RECORDING", condition: null }], ["activity"])
  yield* walkWallet(wallet, { pages: 100, force: true })
  return yield* readHistory(hexToBytes(wallet), 1_800_000_000_000)
})

/** Of the redeemed markets, those whose redeemed size one token's holding explains to 0.5 %. */
const explained = (history: WalletHistory) => {
  const book = new LotBook(history.markets)
  const redeemed = new Map<string, number>()
  const holdings = new Map<string, ReadonlyArray<number>>()
  const ledger = orderLedger(history.entries)
  const isRedemption = (entry: LedgerEntry) => entry.kind === "redeem"
  for (const entry of ledger.filter((one) => !isRedemption(one))) book.apply(entry)
  for (const holding of book.open()) {
    holdings.set(holding.condition, [...(holdings.get(holding.condition) ?? []), holding.size])
  }
  for (const entry of ledger.filter(isRedemption)) {
    redeemed.set(entry.condition, (redeemed.get(entry.condition) ?? 0) + entry.size)
  }
  const exceptions: Array<string> = []
  for (const [condition, size] of redeemed) {
    const sizes = holdings.get(condition) ?? []
    if (!sizes.some((held) => Math.abs(held - size) <= 0.005 * size)) {
      exceptions.push(`${condition}: redeemed ${size}, held ${sizes.join(" and ") || "nothing"}`)
    }
  }
  return { markets: redeemed.size, exceptions }
}

describe("lots of recorded wallets", () => {
  for (const [number, least, markets] of expected) {
    it.effect(`explain the redemptions of recorded wallet ${number}`, () => {
      const file = join(folder, `crypto_day_wallet_${number}.ndjson.gz`)
      if (!existsSync(file)) {
        return Effect.logInfo(`nothing checked: there is no recording at ${file}`)
      }
      const venue = new FakeVenue()
      return Effect.gen(function* () {
        const found = explained(yield* ingest(venue, rowsOf(file)))
        assert.strictEqual(found.markets, markets)
        const right = found.markets - found.exceptions.length
        assert.isAtLeast(right, least, found.exceptions.slice(0, 20).join("\n"))
      }).pipe(withLane(venue))
    })
  }
})
