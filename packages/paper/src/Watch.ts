/**
 * Watches the followed wallets: listens to the venue's stream, and polls each wallet's own ledger so
 * that no fill depends on a hint.
 *
 * A poll that brings fills no hint had brought is followed by another soon; one that brings none
 * waits twice as long as the one before, up to the seldom period. When no hint of any kind has come
 * for `watch.hint_silence`, every wallet is polled often. After a poll a wallet is complete through
 * the poll's start less the visibility lag; the next poll overlaps by that lag, and by what the stream
 * announced and no poll has shown yet (`StreamedFills.ts`).
 * Limits: `polls_in_flight` polls at once, `pages_per_poll` pages each; a poll waits while more than
 * half of the pool's waiting room is taken. An answer out of a cache does not count as one; when a
 * failed poll is tried again says `polymarket/VenueBackoff.ts`, one that is given up is kept in `dead_letters`. Rows
 * that cannot be used are kept in quarantine, page by page.
 */
import { Clock, Context, Duration, Effect, Layer, Random, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import { DataApi, type LedgerRow } from "@evaluator/polymarket/DataApi"
import type { Page, Served } from "@evaluator/polymarket/Page"
import type { PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { RejectedRows } from "@evaluator/polymarket/RejectedRow"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { afterError } from "@evaluator/polymarket/VenueBackoff"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { type CommitPoint, transacting } from "./CommitPoints.ts"
import { CopyTrade } from "./CopyTrade.ts"
import { Detection } from "./Detection.ts"
import { Exits } from "./Exits.ts"
import { FollowList } from "./FollowList.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { Quarantine } from "./Quarantine.ts"
import { StreamedFills } from "./StreamedFills.ts"

/** Watches one look takes up. */
export const watchesAtOnce = 64

/** Nothing that lay in a cache: a copy cannot tell what happened up to now. */
const maxAgeMs = 0

interface WatchRow {
  readonly wallet: Uint8Array
  readonly from_ms: number
  readonly to_ms: number | null
  readonly complete_through_ms: number
  readonly next_poll_at_ms: number | null
  readonly quiet_polls: number
  readonly attempts: number
}

/** What one poll found. */
interface Polled {
  readonly fresh: number
  readonly rejected: number
  readonly completeThroughMs: number
  /** The venue has more than one poll takes. */
  readonly more: boolean
}

export class Watch extends Context.Service<
  Watch,
  {
    /** Polls every wallet whose follow is not complete, once; for the drain. */
    readonly catchUp: Effect.Effect<void>
  }
>()("paper/Watch") {
  static readonly layer = Layer.effect(
    Watch,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const data = yield* DataApi
      const feed = yield* TradeFeed
      const supervisor = yield* Supervisor
      const trades = yield* CopyTrade
      const detection = yield* Detection
      const exits = yield* Exits
      const follows = yield* FollowList
      const streamed = yield* StreamedFills
      const quarantine = yield* Quarantine
      const { paper, watch } = yield* PaperSettings
      const lagMs = Duration.toMillis(watch.visibility_lag)
      const lateMs = Duration.toMillis(watch.late_rows)
      const oftenMs = Duration.toMillis(watch.poll_often)
      const seldomMs = Duration.toMillis(watch.poll_seldom)
      const silenceMs = Duration.toMillis(watch.hint_silence)

      const roomForMore = trades.waiting.pipe(
        Effect.flatMap((waiting) =>
          waiting > paper.waiting / 2
            ? Effect.as(Effect.sleep("20 millis"), true)
            : Effect.succeed(false),
        ),
        Effect.repeat({ while: (full) => full }),
      )

      /** Wallets whose last poll ended at its bound of pages. */
      const behind = new Set<string>()

      /** Walks the wallet's ledger from where it is known to, oldest first. */
      const walk = Effect.fnUntraced(function* (row: WatchRow, wallet: WalletAddress) {
        const startedMs = yield* Clock.currentTimeMillis
        // One that is behind reads on from where it is: the same first pages again would hold it there.
        const overlapped = behind.has(bytesToHex(row.wallet))
          ? row.complete_through_ms - lagMs
          : Math.min(
              row.complete_through_ms - lateMs,
              (yield* streamed.oldest(row.wallet)) ?? Number.MAX_SAFE_INTEGER,
            )
        const startMs = Math.max(row.from_ms, overlapped)
        let cursor: string | null = null
        let fresh = 0
        let rejected = 0
        const shown = new Set<string>()
        let lastMs = row.complete_through_ms
        let inOrder = true
        let reachedMs = startMs
        const looked = (toMs: number) =>
          streamed.looked({
            wallet: row.wallet,
            fromMs: startMs,
            toMs: Math.min(toMs, startedMs - lateMs),
            shown,
            unreadable: rejected > 0,
          })
        for (let page = 0; page < watch.pages_per_poll; page++) {
          yield* roomForMore
          const served: Page<Served<LedgerRow>> = yield* data.activity({
            user: wallet,
            startMs,
            ascending: true,
            limit: watch.page_rows,
            cursor,
            maxAgeMs,
          })
          yield* quarantine.keep(served.rejected)
          const rows = served.rows.map(({ value }) => value)
          const fills = rows.flatMap((one) => (one.kind === "fill" ? [one.fill] : []))
          fresh += yield* detection.detect(
            fills.toSorted((a, b) => a.atMs - b.atMs),
            "poll",
          )
          yield* exits.detect(
            rows.flatMap((one) => (one.kind === "activity" ? [one.activity] : [])),
          )
          rejected += served.rejected.length
          for (const one of fills) shown.add(one.id)
          const times = rows.map((one) => (one.kind === "fill" ? one.fill : one.activity).atMs)
          const ascending = times.every((atMs, index) => index === 0 || times[index - 1]! <= atMs)
          // A venue that ignores the order says nothing about completeness until its last page.
          inOrder &&= ascending
          reachedMs = (times.at(-1) ?? reachedMs) - 1
          lastMs = ascending ? Math.max(lastMs, (times.at(-1) ?? 0) - 1) : row.complete_through_ms
          cursor = served.nextCursor
          if (cursor === null) {
            yield* looked(startedMs)
            return { fresh, rejected, completeThroughMs: startedMs - lagMs, more: false }
          }
        }
        if (inOrder) yield* looked(reachedMs)
        return {
          fresh,
          rejected,
          completeThroughMs: Math.min(lastMs, startedMs - lagMs),
          more: true,
        }
      })

      const asPoll = inTransaction(sql, "poll")
      const asFailedPoll = inTransaction(sql, "poll-failed")

      const nextPeriod = Effect.fnUntraced(function* (quietPolls: number) {
        const now = yield* Clock.currentTimeMillis
        const isSilent = now - (yield* detection.lastHintMs) > silenceMs
        const period = isSilent
          ? oftenMs
          : Math.min(seldomMs, oftenMs * 2 ** Math.min(quietPolls, 20))
        return Math.ceil(period * (yield* Random.nextBetween(0.8, 1.2)))
      })

      const succeeded = Effect.fnUntraced(function* (row: WatchRow, polled: Polled) {
        if (polled.more) behind.add(bytesToHex(row.wallet))
        else behind.delete(bytesToHex(row.wallet))
        const now = yield* Clock.currentTimeMillis
        const complete = Math.max(row.complete_through_ms, polled.completeThroughMs)
        const quiet = polled.fresh > 0 ? 0 : row.quiet_polls + 1
        const gotOn = polled.more && complete > row.complete_through_ms
        const soon = now + (gotOn ? 0 : yield* nextPeriod(quiet))
        // The last poll of a follow comes as soon as it can be complete.
        const end = row.to_ms === null ? Number.MAX_SAFE_INTEGER : row.to_ms + lagMs
        const over = complete >= (row.to_ms ?? Number.MAX_SAFE_INTEGER)
        const next =
          over && (yield* streamed.oldest(row.wallet)) === null
            ? null
            : now < end
              ? Math.min(soon, end)
              : soon
        if (polled.rejected > 0) {
          yield* Effect.logWarning(
            `${polled.rejected} rows of ${bytesToHex(row.wallet)} could not be used and are kept in quarantine`,
          )
        }
        // A change of the follow that came meanwhile has set its own time.
        yield* sql`UPDATE watches SET complete_through_ms = ${complete},
          quiet_polls = ${quiet}, polls = polls + 1,
          rejected_rows = rejected_rows + ${polled.rejected}, attempts = 0, error = NULL,
          next_poll_at_ms = CASE WHEN to_ms IS ${row.to_ms} THEN ${next} ELSE next_poll_at_ms END
          WHERE wallet = ${row.wallet} AND from_ms = ${row.from_ms}`
      }, asPoll)

      const failed = Effect.fnUntraced(function* (row: WatchRow, error: PolymarketError) {
        const now = yield* Clock.currentTimeMillis
        const { attempts, waitMs } = yield* afterError(row.attempts, error)
        const givenUp = waitMs === null
        const next = givenUp ? null : now + waitMs
        const wallet = bytesToHex(row.wallet)
        yield* Effect.logWarning(
          givenUp
            ? `polls of ${wallet} are given up after ${attempts} attempts`
            : `a poll of ${wallet} failed, the next is in ${waitMs} ms`,
          error,
        )
        yield* sql`UPDATE watches SET attempts = ${attempts}, error = ${error.message},
          next_poll_at_ms = ${next} WHERE wallet = ${row.wallet} AND from_ms = ${row.from_ms}`
        if (!givenUp) return
        yield* DeadLetters.write({
          source: "watch",
          subject: `${wallet} from ${row.from_ms}`,
          cause: error.message,
          attempts,
          payload: JSON.stringify({ wallet, fromMs: row.from_ms }),
        }).pipe(Effect.provideService(SqlClient.SqlClient, sql))
      }, asFailedPoll)

      const poll = (row: WatchRow) =>
        walk(row, bytesToHex(row.wallet) as WalletAddress).pipe(
          Effect.matchEffect({
            onSuccess: (polled) => succeeded(row, polled),
            onFailure: (error) => failed(row, error),
          }),
        )

      const pollAll = (rows: ReadonlyArray<WatchRow>) =>
        Effect.forEach(rows, poll, { concurrency: watch.polls_in_flight, discard: true })

      /** Polls what is due, then sleeps until something will be. */
      const turn = Effect.gen(function* () {
        yield* follows.changed.close
        const now = yield* Clock.currentTimeMillis
        const due = yield* sql<WatchRow>`SELECT * FROM watches
          WHERE next_poll_at_ms IS NOT NULL AND next_poll_at_ms <= ${now}
          ORDER BY next_poll_at_ms LIMIT ${watchesAtOnce}`.pipe(Effect.orDie)
        if (due.length > 0) return yield* pollAll(due)
        const [soonest] = yield* sql<{ next: number | null }>`SELECT min(next_poll_at_ms) AS next
          FROM watches WHERE next_poll_at_ms IS NOT NULL`.pipe(Effect.orDie)
        const nap = soonest?.next == null ? Effect.never : Effect.sleep(soonest.next - now)
        yield* Effect.raceFirst(follows.changed.await, nap)
      })

      const listen = feed.fills.pipe(
        Stream.runForEachArray((fills) => {
          const ours = fills.filter((fill) => follows.knows(fill.wallet))
          return ours.length === 0
            ? detection.hinted
            : detection.hinted.pipe(Effect.andThen(detection.detect(ours, "feed")), Effect.asVoid)
        }),
        // A venue without a stream is not a fault.
        Effect.andThen(Effect.logInfo("the venue's trade stream ended; polls go on")),
        Effect.andThen(Effect.never),
        Effect.provideService(RejectedRows, quarantine.keepStreamed),
      )

      const catchUp = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const open = sql<WatchRow>`SELECT * FROM watches WHERE next_poll_at_ms IS NOT NULL
          AND complete_through_ms < min(coalesce(to_ms, ${now}), ${now} - ${lagMs})
          ORDER BY wallet, from_ms`
        // A poll takes a bounded number of pages: a wallet with more is asked again.
        for (let round = 0; round < catchUpRounds; round++) {
          const rows = yield* Effect.orDie(open)
          if (rows.length === 0) return
          yield* pollAll(rows)
        }
      })

      yield* supervisor.service("watch-polls", Effect.forever(turn))
      yield* supervisor.service("watch-feed", listen)
      return Watch.of({ catchUp })
    }),
  )
}

const catchUpRounds = 5

const inTransaction =
  (sql: SqlClient.SqlClient, point: CommitPoint) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, never, R> =>
    transacting(sql, point)(effect).pipe(Effect.orDie)
