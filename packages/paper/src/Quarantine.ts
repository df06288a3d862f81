/**
 * Rows the fast lane was served and could not use: kept once each, with reason, body, the request that
 * first brought them, when they were first and last seen and how often.
 *
 * Promises: what is let go of is counted in `quarantine_losses`, by cause. Writes in a transaction of
 * its own, or the caller's when there is one.
 * Limits: `watch.max_quarantined` rows, those seen longest ago go first; a row not seen for
 * `watch.keep_quarantined` goes, at most {@link agedAtOnce} a call; of a stream, which nothing paces,
 * {@link streamRowsPerMinute} rows are taken. What a full minute does not take is counted in memory and
 * written with the next rows: a flood must not cost a commit a message.
 */
import { Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import { SqlClient } from "effect/sql"
import type { RejectedRow } from "@evaluator/polymarket/Page"
import { fingerprintOf } from "@evaluator/polymarket/RejectedRow"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { transacting } from "./CommitPoints.ts"
import { PaperSettings } from "./PaperSettings.ts"

export const agedAtOnce = 500
export const streamRowsPerMinute = 60

const minuteMs = 60_000
const polled = Metric.withAttributes(counterOf(metrics.rowsQuarantined), { kind: "poll" })

type Loss = "full" | "aged" | "flood"

export class Quarantine extends Context.Service<
  Quarantine,
  {
    /** Keeps rows of a page. */
    readonly keep: (rows: ReadonlyArray<RejectedRow>) => Effect.Effect<void>
    /** Keeps rows of a stream, as many as its minute allows. */
    readonly keepStreamed: (rows: ReadonlyArray<RejectedRow>) => Effect.Effect<void>
  }
>()("paper/Quarantine") {
  static readonly layer = Layer.effect(
    Quarantine,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { watch } = yield* PaperSettings
      const keepMs = Duration.toMillis(watch.keep_quarantined)
      let minute = 0
      let takenInMinute = 0
      let flooded = 0

      const lost = (cause: Loss, rows: number) =>
        rows === 0
          ? Effect.void
          : sql`INSERT INTO quarantine_losses ${sql.insert({ cause, dropped: rows })}
              ON CONFLICT (cause) DO UPDATE SET dropped = dropped + excluded.dropped`

      const letGo = Effect.fnUntraced(function* (now: number) {
        const aged = yield* sql`DELETE FROM quarantine WHERE id IN (
            SELECT id FROM quarantine WHERE last_at_ms < ${now - keepMs}
            ORDER BY last_at_ms, id LIMIT ${agedAtOnce}) RETURNING 1 AS gone`
        yield* lost("aged", aged.length)
        const [held] = yield* sql<{ rows: number }>`SELECT count(*) AS rows FROM quarantine`
        const beyond = held!.rows - watch.max_quarantined
        if (beyond <= 0) return
        yield* sql`DELETE FROM quarantine WHERE id IN (
            SELECT id FROM quarantine ORDER BY last_at_ms, id LIMIT ${beyond})`
        yield* lost("full", beyond)
      })

      const write = Effect.fnUntraced(
        function* (rows: ReadonlyArray<RejectedRow>, flooded: number) {
          const now = yield* Clock.currentTimeMillis
          for (const row of rows) {
            yield* sql`INSERT INTO quarantine ${sql.insert({
              fingerprint: fingerprintOf(row),
              reason: row.reason,
              body: row.body,
              request: row.request,
              recorded: row.recorded,
              first_at_ms: now,
              last_at_ms: now,
              times: 1,
            })} ON CONFLICT (fingerprint) DO UPDATE SET times = times + 1,
              last_at_ms = excluded.last_at_ms`
          }
          yield* lost("flood", flooded)
          yield* letGo(now)
        },
        (effect) => transacting(sql, "quarantine")(effect).pipe(Effect.orDie),
      )

      const keep = (rows: ReadonlyArray<RejectedRow>) =>
        rows.length === 0
          ? Effect.void
          : Effect.andThen(write(rows, 0), Metric.update(polled, rows.length))

      const keepStreamed = Effect.fnUntraced(function* (rows: ReadonlyArray<RejectedRow>) {
        if (rows.length === 0) return
        const nowMinute = Math.floor((yield* Clock.currentTimeMillis) / minuteMs)
        if (nowMinute !== minute) takenInMinute = 0
        minute = nowMinute
        const room = Math.max(0, streamRowsPerMinute - takenInMinute)
        const taken = rows.slice(0, room)
        takenInMinute += taken.length
        flooded += rows.length - taken.length
        if (taken.length === 0) return
        const untold = flooded
        flooded = 0
        yield* write(taken, untold)
      })

      return Quarantine.of({ keep, keepStreamed })
    }),
  )
}
