import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Database from "@evaluator/sqlite/Database"
import { migrations } from "./support/EvaluatorFile.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "evaluation-migrations-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

/** The file as it was before the step named, then with all. */
const opened = (file: string, before: string | null) =>
  Effect.provide(
    Layer.fresh(
      Database.layer({
        file,
        lane: "evaluation",
        migrations: Object.fromEntries(
          Object.entries(migrations).filter(([name]) => before === null || name < before),
        ),
      }),
    ),
  )

const schemaOf = (table: string) =>
  SqlClient.SqlClient.use(
    (sql) => sql<{ name: string }>`SELECT name FROM sqlite_schema WHERE tbl_name = ${table}
      AND sql IS NOT NULL AND name <> 'wallets_to_measure' ORDER BY name`,
  ).pipe(Effect.map((rows) => rows.map(({ name }) => name)))

describe("the step that adds winners", () => {
  it.effect("keeps every row and index of the tables it makes anew, and admits winners", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "evaluator.db")
      const before = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO wallets (wallet, source, discovered_at_ms, fills, verdict)
          VALUES (x'01', 'HOLDER', 5, 7, 'classified'), (x'02', 'LEADERBOARD', 6, 0, 'waiting')`
        yield* sql`INSERT INTO discovery_items (kind, subject, due_ms) VALUES ('market', '0x1', 9)`
        yield* Effect.flip(sql`INSERT INTO wallets (wallet, source, discovered_at_ms)
          VALUES (x'03', 'WINNER', 5)`)
        return {
          wallets: yield* schemaOf("wallets"),
          items: yield* schemaOf("discovery_items"),
          rows: yield* sql`SELECT wallet, source, discovered_at_ms, fills, verdict FROM wallets`,
        }
      }).pipe(opened(file, "0010"))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* schemaOf("wallets"), before.wallets)
        assert.deepStrictEqual(yield* schemaOf("discovery_items"), before.items)
        assert.deepStrictEqual(
          yield* sql`SELECT wallet, source, discovered_at_ms, fills, verdict FROM wallets`,
          before.rows,
        )
        yield* sql`INSERT INTO wallets (wallet, source, discovered_at_ms)
          VALUES (x'03', 'WINNER', 5)`
        yield* sql`INSERT INTO discovery_items (kind, subject) VALUES ('winners', 'overall:week')`
        yield* Effect.flip(sql`INSERT INTO wallets (wallet, source, discovered_at_ms)
          VALUES (x'04', 'NOBODY', 5)`)
      }).pipe(opened(file, null))
    }),
  )
})

describe("the steps that score lanes and drop fills near one half", () => {
  it.effect("keep scores, change the numbers of windows, and have wallets judged again", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "evaluator.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO wallets (wallet, source, discovered_at_ms, judged_at_ms, judge_due_ms)
          VALUES (x'01', 'HOLDER', 5, 70, 900), (x'02', 'HOLDER', 6, NULL, NULL)`
        yield* sql`INSERT INTO wallet_features (wallet, window_days, at_ms, features)
          VALUES (x'01', 30, 70, '{"topDomain":"Politics","midFillRatio":0.2}')`
        yield* sql`INSERT INTO wallet_scores (wallet, window_days, wscore, edge, consistency,
            market_skill, behaviour, raw, hit_rate_factor, trust_factor, obscurity_factor, roi_percent,
            hit_rate, trade_count, at_ms)
          VALUES (x'01', 30, 0.4, 0, 0, 0, 0, 0.4, 1, 1, 1, 3, 0.5, 20, 70)`
      }).pipe(opened(file, "0026"))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const due = yield* sql<{ judge_due_ms: number | null }>`SELECT judge_due_ms FROM wallets
          ORDER BY wallet`
        assert.deepStrictEqual(
          due.map((row) => row.judge_due_ms),
          [70, null],
        )
        const [numbers] = yield* sql<{ features: string }>`SELECT features FROM wallet_features`
        assert.deepStrictEqual(JSON.parse(numbers!.features), {
          topDomain: "Politics",
          topDomainRoi: null,
          topDomainClosedMarkets: null,
          topDomainProfitableMarkets: null,
        })
        const [score] = yield* sql<Record<string, unknown>>`SELECT * FROM wallet_scores`
        assert.deepInclude(score!, {
          wscore: 0.4,
          lane: null,
          idle_days: null,
          lane_factor: 1,
          recency_factor: 1,
        })
      }).pipe(opened(file, null))
    }),
  )
})

describe("the step that counts sold shares", () => {
  it.effect("keeps settlements, and has the fast lane asked for all of them again", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "evaluator.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO copy_settlements (event_id, fill, strategy, wallet, condition, pnl,
            cause, at_ms)
          VALUES ('e', x'01', 'solo', x'02', x'03', 7, 'sold', 9)`
        yield* sql`INSERT INTO cursors (subscriber, log_id, seq, event_id, moved_at_ms)
          VALUES ('evaluation', 'log', 5, 'e', 10)`
      }).pipe(opened(file, "0028"))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [row] = yield* sql<Record<string, unknown>>`SELECT * FROM copy_settlements`
        assert.deepInclude(row!, { pnl: 7, cause: "sold", sold: null, sale_fee: null })
        assert.deepStrictEqual(yield* sql`SELECT 1 FROM cursors`, [])
      }).pipe(opened(file, null))
    }),
  )
})

describe("the step that empties lanes which nothing measured", () => {
  it.effect("takes the zeros from who was not judged since, and has it scored again", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "evaluator.db")
      const measured = { topDomainRoi: 0, topDomainClosedMarkets: 0, topDomainProfitableMarkets: 0 }
      const later = 8_000_000_000_000
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const [wallet, judgedMs] of [
          [1, 70],
          [2, later],
        ] as const) {
          yield* sql`INSERT INTO wallets (wallet, source, discovered_at_ms, judged_at_ms, score_due_ms)
            VALUES (${new Uint8Array([wallet])}, 'HOLDER', 5, ${judgedMs}, ${later + 9})`
          yield* sql`INSERT INTO wallet_features (wallet, window_days, at_ms, features)
            VALUES (${new Uint8Array([wallet])}, 30, ${judgedMs}, ${JSON.stringify(measured)})`
        }
      }).pipe(opened(file, "0029"))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql<{ features: string; score_due_ms: number }>`SELECT features,
          score_due_ms FROM wallet_features JOIN wallets USING (wallet) ORDER BY wallet`
        assert.deepStrictEqual(
          rows.map(({ features, score_due_ms }) => [JSON.parse(features), score_due_ms]),
          [
            [
              {
                topDomainRoi: null,
                topDomainClosedMarkets: null,
                topDomainProfitableMarkets: null,
              },
              70,
            ],
            [measured, later + 9],
          ],
        )
      }).pipe(opened(file, null))
    }),
  )
})
