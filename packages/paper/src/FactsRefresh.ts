/**
 * Asks the venue for the facts of markets before a decision has to wait for them: the open markets in
 * which shares are held, or in which a followed wallet traded within {@link watchedMs}, once their facts
 * have half of `paper.facts_age` behind them, oldest first. Facts out of the venue's cache are as old as
 * their answer.
 *
 * Looks four times in that age. Limits: {@link atOnce} markets a look, {@link askedTogether} a question,
 * each question in `paper.book_timeout` and its answers kept before the next; the first without an answer
 * ends the look, and what is left is asked for at the next, or by the fill that needs it. A market the
 * venue does not describe is not asked for again before {@link askAgainMs}: it must not keep others waiting.
 */
import { Array as Arr, Clock, Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type ConditionId } from "@evaluator/domain/Id"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { transacting } from "./CommitPoints.ts"
import { askAgainMs, MarketReplica } from "./MarketReplica.ts"
import { PaperSettings } from "./PaperSettings.ts"
import { Quarantine } from "./Quarantine.ts"

export const watchedMs = 3_600_000
export const atOnce = 60
export const askedTogether = 20

export const refreshFacts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const gamma = yield* GammaApi
  const markets = yield* MarketReplica
  const quarantine = yield* Quarantine
  const supervisor = yield* Supervisor
  const { paper } = yield* PaperSettings
  const ageMs = Duration.toMillis(paper.facts_age)
  /** Conditions the venue did not describe, and until when they are left out. */
  const undescribed = new Map<ConditionId, number>()

  const findAging = Effect.fnUntraced(function* (now: number) {
    const rows = yield* sql<{ condition_id: Uint8Array }>`SELECT m.condition_id FROM markets m
      WHERE m.condition_id IN (SELECT condition_id FROM lots WHERE open_size > 0
          UNION SELECT condition_id FROM copies
          WHERE strategy IN ('solo', 'portfolio', 'careless') AND leader_at_ms > ${now - watchedMs})
        AND m.status = 'open' AND m.at_ms <= ${now - ageMs / 2}
        AND NOT EXISTS (SELECT 1 FROM resolutions r WHERE r.condition_id = m.condition_id)
      ORDER BY m.at_ms LIMIT ${atOnce + undescribed.size}`
    return rows
      .map((row) => bytesToHex(row.condition_id) as ConditionId)
      .filter((condition) => !undescribed.has(condition))
      .slice(0, atOnce)
  }, Effect.orDie)

  const renew = Effect.fnUntraced(function* (conditions: ReadonlyArray<ConditionId>) {
    const now = yield* Clock.currentTimeMillis
    const page = yield* gamma
      .marketsByCondition(conditions)
      .pipe(Effect.timeout(paper.book_timeout))
    yield* quarantine.keep(page.rejected)
    const described = new Set(page.rows.map(({ condition }) => condition))
    for (const condition of conditions) {
      if (!described.has(condition)) undescribed.set(condition, now + askAgainMs)
    }
    if (page.rows.length === 0) return
    const source = { source: "venue", seq: null, atMs: now - page.ageMs } as const
    const put = Effect.forEach(page.rows, (market) => markets.putMarket(market, source), {
      discard: true,
    })
    yield* put.pipe(transacting(sql, "refresh-facts"), Effect.orDie)
  })

  const look = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const [condition, untilMs] of undescribed) {
      if (untilMs <= now) undescribed.delete(condition)
    }
    const aging = yield* findAging(now)
    yield* Effect.forEach(Arr.chunksOf(aging, askedTogether), renew, { discard: true })
  }).pipe(Effect.catch((error) => Effect.logInfo("facts of markets could not be renewed", error)))

  yield* supervisor.service(
    "refresh-facts",
    Effect.sleep(Duration.millis(ageMs / 4)).pipe(Effect.andThen(look), Effect.forever),
  )
})
