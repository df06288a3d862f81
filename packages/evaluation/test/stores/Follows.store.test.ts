import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import { followedBehind, followedWatermark, openFollow } from "@evaluator/evaluation/stores/Follows"
import { addWallets } from "@evaluator/evaluation/stores/Wallets"
import { walletNo } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

const day = 86_400_000
const now = 400 * day

describe("the watermark of followed wallets", () => {
  const follow = (n: number, fromMs: number, toMs: number | null) =>
    inTransaction(
      openFollow(
        { wallet: walletNo(n), fromMs, toMs, state: "PAPER_TRADING", persona: null },
        "rules",
      ),
    )
  const completeThrough = (n: number, throughMs: number) =>
    SqlClient.SqlClient.use(
      (sql) => sql`UPDATE wallet_feeds SET complete_through_ms = ${throughMs}
        WHERE wallet = ${hexToBytes(walletNo(n))}`,
    ).pipe(Effect.orDie)
  const add = (n: number) =>
    inTransaction(
      addWallets([{ wallet: walletNo(n), source: "HOLDER", condition: null }], ["activity"]),
    )
  const behind = (throughMs: number) =>
    followedBehind(throughMs).pipe(
      Effect.map((rows) =>
        rows.map((row) => `0x${Buffer.from(row).toString("hex")}` as WalletAddress),
      ),
    )

  it.effect("is the least of those whose span is not covered, and now when none is followed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      assert.strictEqual(yield* followedWatermark(now), now)
      for (const n of [1, 2, 3]) yield* add(n)
      yield* completeThrough(1, now - 1000)
      yield* completeThrough(2, now - 5000)
      yield* completeThrough(3, now - 3000)
      yield* follow(1, now - day, null)
      yield* follow(2, now - day, now - 6000)
      yield* follow(3, now - day, null)
      // Wallet 2 is known through the end of its span: it holds nothing back.
      assert.strictEqual(yield* followedWatermark(now), now - 3000)
      assert.deepStrictEqual(yield* behind(now - 1000), [walletNo(3)])
    }).pipe(withLane()),
  )

  it.effect("is not pulled back by a wallet that has just been followed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* add(1)
      yield* completeThrough(1, now - day)
      yield* follow(1, now, null)
      assert.strictEqual(yield* followedWatermark(now), now - 1)
    }).pipe(withLane()),
  )

  it.effect("waits for a followed wallet whose history is not complete", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      yield* add(1)
      yield* follow(1, now - day, now - day + 1000)
      assert.strictEqual(yield* followedWatermark(now), now - day - 1)
      assert.deepStrictEqual(yield* behind(now), [walletNo(1)])
    }).pipe(withLane()),
  )
})
