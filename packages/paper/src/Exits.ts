/**
 * The leader's ways out that are no sale: MERGE, REDEEM, CONVERSION, and a SPLIT that names the token
 * it takes. Where one gives up a token that we hold by copying that wallet, an *exit* starts: a copy
 * that sells our part, with one outcome like any other.
 *
 * A MERGE gives up every outcome of its market, a REDEEM all that is left, a CONVERSION the No side. A row
 * may name its market, its token or both; one that names neither starts no exit, and is told once where we
 * hold anything by copying that wallet.
 * Where we hold nothing of what a leader is known to have held and gives up, an exit is noted that ends
 * `SKIPPED_NOTHING_TO_SELL` at once: later sales are in proportion to what the leader has left. Not for a REDEEM,
 * after which there are none.
 * An exit has no leader's price: it sells at any price the book has. Its price column is what our
 * shares cost, which is also what `careless` gets; 0 where we hold none.
 * Does not: count as a leader's fill, or tell the other lane an outcome.
 */
import { createHash } from "node:crypto"
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import {
  bytesToHex,
  bytesToToken,
  type FillId,
  hexToBytes,
  type TokenId,
  tokenToBytes,
} from "@evaluator/domain/Id"
import { type Price, price, shares } from "@evaluator/domain/money/Micro"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import { inOneStep } from "@evaluator/sqlite/InOneStep"
import { transacting } from "./CommitPoints.ts"
import { Copies } from "./Copies.ts"
import { makeCopyEnds } from "./CopyEnds.ts"
import { byFill, type Copy, type CopyOrigin, newCopy } from "./CopyRow.ts"
import { CopyTrade } from "./CopyTrade.ts"
import { FollowList } from "./FollowList.ts"
import { leaderHeldAt, type LeaderToken } from "./LeaderNet.ts"
import { MarketReplica } from "./MarketReplica.ts"
import { RunningStrategies } from "./Strategies.ts"

/** What a REDEEM gives up: whatever the leader had. */
const everything = shares(1_000_000_000_000_000)
const noIndex = 1
const noneHeld = "we hold none of what the leader gave up"

/** Nameless ways out that are remembered as told. */
const mostTold = 1000
/** Ways out that are remembered as looked at. */
const mostLooked = 10_000

interface HeldRow extends LeaderToken {
  readonly size: number
  readonly cost: number
}

const isWayOut = (type: Activity["type"]): type is Exclude<CopyOrigin, "fill"> =>
  type === "MERGE" || type === "REDEEM" || type === "CONVERSION" || type === "SPLIT"

const givesUp = (activity: Activity, held: LeaderToken): boolean =>
  activity.token !== null
    ? activity.token === bytesToToken(held.token)
    : activity.type === "CONVERSION"
      ? held.outcome_index === noIndex
      : activity.type !== "SPLIT"

/** An activity has an id, but may give up several tokens: each exit has its own. */
const exitId = (activity: Activity, token: string): FillId =>
  createHash("sha256").update(`${activity.id}:${token}`).digest("hex").slice(0, 32) as FillId

const exitOf = (
  activity: Activity,
  type: Exclude<CopyOrigin, "fill">,
  given: LeaderToken,
  costs: Price,
  atMs: number,
): Copy => {
  const token = bytesToToken(given.token)
  const fill: Fill = {
    id: exitId(activity, token),
    wallet: activity.wallet,
    condition: bytesToHex(given.condition_id) as Fill["condition"],
    token,
    outcomeIndex: given.outcome_index,
    side: "SELL",
    price: costs,
    size: type === "REDEEM" ? everything : activity.size,
    atMs: activity.atMs,
    transaction: activity.transaction,
  }
  const detected = {
    via: "poll",
    atMs,
    visibleAtMs: atMs,
    correlationId: null,
    causationId: null,
    traceparent: null,
  } as const
  return newCopy(fill, given.strategy, detected, type)
}

export class Exits extends Context.Service<
  Exits,
  {
    /** Takes activities in, oldest first; answers with how many exits were new. */
    readonly detect: (activities: ReadonlyArray<Activity>) => Effect.Effect<number>
  }
>()("paper/Exits") {
  static readonly layer = Layer.effect(
    Exits,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const copies = yield* Copies
      const follows = yield* FollowList
      const trades = yield* CopyTrade
      const markets = yield* MarketReplica
      const strategies = yield* RunningStrategies
      const ends = yield* makeCopyEnds

      const told = new Set<string>()
      /** By way out, what `Copies.versionOf` its wallet was when it was last looked at: polls show each many times. */
      const looked = new Map<string, number>()

      const tellNameless = Effect.fnUntraced(function* ({ atMs, id, type, wallet }: Activity) {
        if (told.has(id)) return
        const [held] = yield* sql<{ lots: number }>`SELECT count(*) AS lots FROM lots
          WHERE wallet = ${hexToBytes(wallet)} AND open_size > 0`
        if (held!.lots === 0) return
        if (told.size >= mostTold) told.clear()
        told.add(id)
        yield* Effect.logWarning(
          `a ${type} of ${wallet} at ${new Date(atMs).toISOString()} names neither market nor token: whether it gave up any of the ${held!.lots} lots we hold by it is not known`,
        )
      })

      /** What we hold of what is given up. */
      const heldOf = Effect.fnUntraced(function* (activity: Activity) {
        const { condition, token: named, wallet } = activity
        if (condition === null && named === null) yield* tellNameless(activity)
        const place =
          condition !== null
            ? sql`l.condition_id = ${hexToBytes(condition)}`
            : named === null
              ? sql`FALSE`
              : sql`l.token = ${tokenToBytes(named)}`
        const held = yield* sql<HeldRow>`SELECT l.strategy, l.condition_id, l.token,
            l.outcome_index, sum(l.open_size) AS size, sum(l.open_cost) AS cost
          FROM lots l JOIN copies c ON c.fill_id = l.fill_id AND c.strategy = l.strategy
          WHERE l.wallet = ${hexToBytes(wallet)} AND ${place}
            AND l.open_size > 0 AND c.leader_at_ms <= ${activity.atMs}
          GROUP BY l.strategy, l.token ORDER BY min(l.id)`
        return held.filter((one) => givesUp(activity, one))
      })

      /** The tokens it may give up; null while the facts of its market are not known. */
      const tokensOf = Effect.fnUntraced(function* ({ condition, token: named }: Activity) {
        if (named !== null) return [named]
        if (condition === null) return []
        const known = yield* markets.find(condition)
        return known === null ? null : known.market.tokens.map((one) => one.token)
      })

      /** What the leader held of what is given up, of which we hold nothing. */
      const missedOf = Effect.fnUntraced(function* (
        activity: Activity,
        tokens: ReadonlyArray<TokenId>,
        held: ReadonlyArray<HeldRow>,
      ) {
        if (tokens.length === 0) return []
        const left = yield* inOneStep(sql, (run) =>
          leaderHeldAt(run, strategies, { wallet: activity.wallet, tokens, atMs: activity.atMs }),
        )
        const ours = new Set(held.map((one) => `${one.strategy} ${bytesToToken(one.token)}`))
        return left.filter(
          (one) =>
            givesUp(activity, one) && !ours.has(`${one.strategy} ${bytesToToken(one.token)}`),
        )
      })

      const exitsOf = Effect.fnUntraced(function* (activity: Activity, atMs: number) {
        const { id, type, wallet } = activity
        const version = copies.versionOf(wallet)
        if (!isWayOut(type) || looked.get(id) === version) return []
        const held = yield* heldOf(activity)
        const tokens = type === "REDEEM" ? [] : yield* tokensOf(activity)
        const missed = yield* missedOf(activity, tokens ?? [], held)
        if (tokens !== null) {
          yield* sql.afterCommit(
            Effect.sync(() => {
              if (looked.size >= mostLooked) looked.clear()
              looked.set(id, version)
            }),
          )
        }
        const noted = yield* copies.insert(
          missed.map((one) => exitOf(activity, type, one, price(0), atMs)),
        )
        for (const exit of noted) {
          yield* ends.skip(exit, "detected", "SKIPPED_NOTHING_TO_SELL", noneHeld)
        }
        return yield* copies.insert(
          held.map((one) => {
            const costs = price(Math.floor((one.cost * 1_000_000) / one.size))
            return exitOf(activity, type, one, costs, atMs)
          }),
        )
      })

      const detect = Effect.fnUntraced(
        function* (activities: ReadonlyArray<Activity>) {
          const now = yield* Clock.currentTimeMillis
          const fresh: Array<Copy> = []
          for (const activity of activities) {
            if (!isWayOut(activity.type) || !follows.covers(activity)) continue
            fresh.push(...(yield* exitsOf(activity, now)))
          }
          const since = yield* trades.now
          yield* sql.afterCommit(
            Effect.forEach(byFill(fresh), (ofExit) => trades.submit(ofExit, since), {
              discard: true,
            }),
          )
          return fresh.length
        },
        (effect) => transacting(sql, "exit")(effect).pipe(Effect.orDie),
      )

      return Exits.of({ detect })
    }),
  )
}
