/**
 * What became of the fills that the venue's stream announced: the wallet's own ledger shows them, or
 * they failed, never came on the chain, and what followed them goes back.
 *
 * A fill has failed when {@link missesToFail} polls that could read every row, and should have shown it,
 * did not. Promises: a take-back that has to wait, for cash or for shares promised to a sale, is asked
 * for again by each sweep until it is done; a failed fill no longer counts as what its leader holds.
 * Does not: judge a fill that is still undecided, or one that {@link mostLooks} polls could not settle
 * because of rows nobody can read: that one stays copied, and the log says so.
 */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, type FillId, hexToBytes } from "@evaluator/domain/Id"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { transacting } from "./CommitPoints.ts"
import { Copies } from "./Copies.ts"
import { Reversals } from "./Reversals.ts"

export const missesToFail = 2
export const mostLooks = 20
const atOnce = 100

/** A poll's way through a wallet's ledger. */
export interface Look {
  readonly wallet: Uint8Array
  readonly fromMs: number
  /** What was made until then it would have shown. */
  readonly toMs: number
  readonly shown: ReadonlySet<string>
  /** It held rows that nobody could read. */
  readonly unreadable: boolean
}

interface LookedFor {
  readonly fill_id: Uint8Array
  readonly leader_at_ms: number
  readonly looks: number
  readonly missed: number
  readonly undecided: 0 | 1
}

export class StreamedFills extends Context.Service<
  StreamedFills,
  {
    /** The stream brought these, nothing else had; in the caller's transaction. */
    readonly announced: (fills: ReadonlyArray<Fill>) => Effect.Effect<void>
    /** The time of the oldest fill of a wallet that its ledger has still to show; null when there is none. */
    readonly oldest: (wallet: Uint8Array) => Effect.Effect<number | null>
    /** Takes in what a poll showed and what it did not. */
    readonly looked: (look: Look) => Effect.Effect<void>
    /** Takes back what has had to wait; answers with the number of fills. */
    readonly sweep: Effect.Effect<number>
  }
>()("paper/StreamedFills") {
  static readonly layer = Layer.effect(
    StreamedFills,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const copies = yield* Copies
      const reversals = yield* Reversals

      const announced = Effect.fnUntraced(function* (fills: ReadonlyArray<Fill>) {
        for (const fill of fills) {
          yield* sql`INSERT INTO streamed_fills (fill_id, wallet, leader_at_ms, state)
            VALUES (${hexToBytes(fill.id)}, ${hexToBytes(fill.wallet)}, ${fill.atMs}, 'announced')
            ON CONFLICT DO NOTHING`
        }
      }, Effect.orDie)

      const oldest = (wallet: Uint8Array) =>
        sql<{ at: number | null }>`SELECT min(leader_at_ms) AS at FROM streamed_fills
          WHERE state = 'announced' AND wallet = ${wallet}`.pipe(
          Effect.map(([row]) => row!.at),
          Effect.orDie,
        )

      const forget = (id: Uint8Array) => sql`DELETE FROM streamed_fills WHERE fill_id = ${id}`

      const takeBack = Effect.fnUntraced(
        function* (id: Uint8Array) {
          const fillId = bytesToBareHex(id) as FillId
          if (!(yield* reversals.takeBack(fillId, "the leader's fill failed"))) {
            yield* Effect.logWarning(
              `what followed the failed fill ${fillId} cannot go back yet: the next sweep tries again`,
            )
            return false
          }
          yield* sql`UPDATE streamed_fills SET state = 'taken back' WHERE fill_id = ${id}`
          return true
        },
        (effect) => transacting(sql, "take-back")(effect).pipe(Effect.orDie),
      )

      /** Counts one look at a fill that was not shown; true when it has failed by it. */
      const missing = Effect.fnUntraced(function* (row: LookedFor, unreadable: boolean) {
        const looks = row.looks + 1
        const missed = row.missed + (unreadable ? 0 : 1)
        const fillId = bytesToBareHex(row.fill_id) as FillId
        const failed = missed >= missesToFail
        if (!failed && looks >= mostLooks) {
          yield* forget(row.fill_id)
          yield* Effect.logWarning(
            `whether fill ${fillId} of a leader failed stays unknown after ${looks} polls: what followed it stands`,
          )
          return false
        }
        yield* sql`UPDATE streamed_fills SET looks = ${looks}, missed = ${missed},
          state = ${failed ? "failed" : "announced"} WHERE fill_id = ${row.fill_id}`
        if (!failed) return false
        yield* copies.leaderFailed(fillId)
        yield* Effect.logWarning(`fill ${fillId} of a leader failed: what followed it goes back`)
        return true
      })

      const take = Effect.fnUntraced(
        function* (rows: ReadonlyArray<LookedFor>, { shown, toMs, unreadable }: Look) {
          const failed: Array<Uint8Array> = []
          for (const row of rows) {
            if (shown.has(bytesToBareHex(row.fill_id))) yield* forget(row.fill_id)
            else if (row.leader_at_ms > toMs || row.undecided === 1) continue
            else if (yield* missing(row, unreadable)) failed.push(row.fill_id)
          }
          return failed
        },
        (effect) => transacting(sql, "look")(effect).pipe(Effect.orDie),
      )

      const looked = Effect.fnUntraced(function* (look: Look) {
        const rows = yield* sql<LookedFor>`SELECT fill_id, leader_at_ms, looks, missed,
            EXISTS (SELECT 1 FROM copies c
              WHERE c.fill_id = s.fill_id AND c.state = 'detected') AS undecided
          FROM streamed_fills s WHERE state = 'announced' AND wallet = ${look.wallet}
            AND leader_at_ms >= ${look.fromMs} ORDER BY leader_at_ms`.pipe(Effect.orDie)
        const concerned = rows.filter(
          (row) => row.leader_at_ms <= look.toMs || look.shown.has(bytesToBareHex(row.fill_id)),
        )
        if (concerned.length === 0) return
        yield* Effect.forEach(yield* take(concerned, look), takeBack, { discard: true })
      })

      const sweep = Effect.gen(function* () {
        let done = 0
        let after: Uint8Array = new Uint8Array()
        for (;;) {
          const rows = yield* sql<{ fill_id: Uint8Array }>`SELECT fill_id FROM streamed_fills
            WHERE state = 'failed' AND fill_id > ${after} ORDER BY fill_id LIMIT ${atOnce}`.pipe(
            Effect.orDie,
          )
          for (const row of rows) if (yield* takeBack(row.fill_id)) done++
          if (rows.length < atOnce) return done
          after = rows.at(-1)!.fill_id
        }
      })

      return StreamedFills.of({ announced, oldest, looked, sweep })
    }),
  )
}
