import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hexToBytes } from "@evaluator/domain/Id"
import { TestClock } from "effect/testing"
import type { Section } from "@evaluator/domain/report/Section"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { issue } from "@evaluator/evaluation/jobs/IssueVerdicts"
import { storeResolution } from "@evaluator/evaluation/stores/Resolutions"
import { day, now, populated, store, weighAll } from "../support/JudgedPopulation.ts"
import { resolution, walletNo } from "../support/Rows.ts"
import { inTransaction, withLane } from "../support/WithLane.ts"

const titled = (page: ReadonlyArray<Section>, title: string) => {
  const found = page.find((section) => section.title === title)
  assert.isDefined(found, title)
  return found!
}

const judgedPage = Effect.gen(function* () {
  yield* populated
  yield* weighAll
  yield* issue
  const reports = yield* EvaluationReports
  return { reports, page: yield* reports.wallet(walletNo(1)) }
})

const withReports = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.provide(EvaluationReports.layer), withLane())

describe("what is said of a wallet", () => {
  it.effect("counts what its rows are: purchases, decided events, copies and their money", () =>
    judgedPage.pipe(
      Effect.tap(({ page }) =>
        Effect.sync(() => {
          const entries = titled(page, "Evidence of skill").rows
          const decided = entries.filter((row) => row["payout"] !== null)
          const events = new Set(decided.map((row) => row["event"])).size
          const copies = titled(page, "How it can be copied").rows
          const settled = copies.filter((row) => row["pnl_usdc"] !== null)
          const said = titled(page, "Should it be followed?").says.join(" ")
          assert.include(said, `${decided.length} first purchases in ${events} decided events`)
          assert.include(said, `${settled.length} settled copies`)
          const sum = settled.reduce((total, row) => total + Number(row["pnl_usdc"]), 0)
          assert.include(titled(page, "How it can be copied").says.join(" "), sum.toFixed(6))
        }),
      ),
      withReports,
    ),
  )

  it.effect("shows the same rows on a machine whose clock is behind the rows", () =>
    judgedPage.pipe(
      Effect.flatMap(({ page, reports }) =>
        Effect.gen(function* () {
          yield* TestClock.setTime(now - 30 * day)
          const later = yield* reports.wallet(walletNo(1))
          for (const title of ["Evidence of skill", "How it can be copied"]) {
            assert.deepStrictEqual(titled(later, title), titled(page, title))
          }
        }),
      ),
      withReports,
    ),
  )

  it.effect("counts the events a verdict counts, without what was as good as certain", () =>
    Effect.gen(function* () {
      yield* populated
      yield* store([{ wallet: walletNo(1), market: 88, atMs: now - 5 * day, price: 0.004, tx: 88 }])
      yield* storeResolution(resolution(88, 0, now - day)).pipe(inTransaction)
      yield* weighAll
      yield* issue
      const reports = yield* EvaluationReports
      const page = yield* reports.wallet(walletNo(1))
      const said = titled(page, "Should it be followed?").says.join(" ")
      const [, events] = /in (\d+) decided events/.exec(said)!
      const skill = titled(page, "Evidence of skill").says.join(" ")
      assert.include(skill, `31 of them decided, in ${events} events beside 1 bought within`)
    }).pipe(withReports),
  )

  it.effect("leads by why from every id to the rows behind it", () =>
    judgedPage.pipe(
      Effect.flatMap(({ page, reports }) =>
        Effect.gen(function* () {
          const rows = page.flatMap((section) => section.rows)
          const fills = new Set(rows.flatMap((row) => (row["fill"] as string | undefined) ?? []))
          assert.isAbove(fills.size, 29)
          for (const fill of fills) {
            const [answer] = yield* reports.why(fill)
            assert.strictEqual(answer?.rows[0]?.["fill"], fill)
          }
          const says = page.flatMap((section) => section.says).join(" ")
          const [verdict] = /verdict-\d+/.exec(says)!
          const [model] = /model-\d+/.exec(says)!
          const why = yield* reports.why(verdict)
          assert.deepStrictEqual(
            titled(why, "Evidence of skill").rows,
            titled(page, "Evidence of skill").rows,
          )
          const whole = yield* reports.why(model)
          assert.include(whole[0]!.says.join(" "), "14 wallets were judged: 1 FOLLOW")
          assert.isAbove(titled(whole, "How edges are spread").rows.length, 5)
          assert.isAbove(titled(whole, "Controls").rows.length, 0)
        }),
      ),
      withReports,
    ),
  )

  it.effect("works out from rows what part of the history was there, and which gates failed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const key = hexToBytes(walletNo(1))
      const fails = (code: string, sinceMs: number) =>
        sql`INSERT INTO wallet_gates (wallet, position, code, stage, metric, threshold, evidence,
          since_ms, at_ms) VALUES (${key}, 0, ${code}, 2, 1, 0, '', ${sinceMs}, ${sinceMs})`
      yield* populated
      yield* fails("NEWS_SNIPER", now - day)
      yield* weighAll
      yield* issue
      const reports = yield* EvaluationReports
      const [row] = yield* sql<{ id: number }>`SELECT id FROM verdicts WHERE wallet = ${key}`
      const why = Effect.map(reports.why(`verdict-${row!.id}`), (page) => ({
        again: titled(page, "Worked out again from these rows").says.join(" "),
        gates: titled(page, "Gates that failed then").rows,
      }))
      const gate = { code: "NEWS_SNIPER", since_ms: now - day }
      const first = yield* why
      assert.include(first.again, "Every number is the one that was said.")
      assert.deepStrictEqual(first.gates, [gate])
      yield* sql`UPDATE verdicts SET complete_share = 0.5 WHERE wallet = ${key}`
      yield* fails("NOISE_TRADER", now - day)
      yield* fails("JACKPOT_GAMBLER", now + day)
      const other = yield* why
      assert.include(other.again, "others than said: complete_share, excluded:NOISE_TRADER.")
      assert.deepStrictEqual(
        other.gates.map(({ code }) => code),
        ["NEWS_SNIPER", "NOISE_TRADER"],
      )
      // Judged again since, it fails neither: what the verdict was told stands, without a time.
      yield* sql`UPDATE wallets SET judged_at_ms = ${now + day} WHERE wallet = ${key}`
      yield* sql`DELETE FROM wallet_gates WHERE wallet = ${key}`
      const later = yield* why
      assert.deepStrictEqual(later.gates, [{ code: "NEWS_SNIPER", since_ms: null }])
      assert.include(later.again, "others than said: complete_share.")
    }).pipe(Effect.orDie, withReports),
  )

  it.effect("says so where nothing is said yet", () =>
    Effect.gen(function* () {
      yield* populated
      const reports = yield* EvaluationReports
      assert.isNull(yield* reports.skill)
      const page = yield* reports.wallet(walletNo(1))
      assert.include(titled(page, "Should it be followed?").says[0], "Nothing is said of it yet")
      assert.deepStrictEqual(yield* reports.why("verdict-1"), [])
      assert.deepStrictEqual(yield* reports.why("model-1"), [])
    }).pipe(withReports),
  )
})
