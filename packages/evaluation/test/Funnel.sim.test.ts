import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Random } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, type WalletAddress } from "@evaluator/domain/Id"
import { ExclusionCode, WaitingReason } from "@evaluator/domain/wallet/Persona"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { EvaluationLane, layer as laneLayer } from "@evaluator/evaluation/Lane"
import { Budget } from "@evaluator/polymarket/Budget"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { JobLog } from "@evaluator/runtime/JobLog"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { simulate } from "@evaluator/venue/Simulation"
import { settingsLayer } from "./support/Defaults.ts"
import { fileLayer, machinery } from "./support/EvaluatorFile.ts"

const seldom = {
  scoring: { every: "12h", candidates: 60, min_days_to_expiry: 0 },
  discovery: { every: "6h", leaderboard_every: "1d" },
  ingestion: { active_every: "6h", followed_at_least_every: "1h", quiet_every: "1d" },
  markets: { every: "3h", refresh: "1d" },
  resolution: { every: "3h", check_at_least_every: "1h" },
  judgement: { every: "6h", wait_for_resolutions: "1h" },
  wallet_scoring: { every: "1d" },
  rules: { every: "6h", min_trades_30d: 10 },
  follow: { every: "3h" },
  snapshots: { every: "3h" },
  retention: { every: "6h" },
}

/** The background lane through a day of a seeded world, then brought up to date. */
const dayOf = <A, E>(
  seed: number,
  look: Effect.Effect<A, E, EvaluationReports | SqlClient.SqlClient>,
) =>
  Effect.gen(function* () {
    const { http, world } = simulate({
      parameters: {
        seed,
        pastDays: 60,
        wallets: 60,
        eventsPerDay: 1,
        liveTradesPerSecond: null,
        quickEventEveryMs: 0,
      },
      faults: "none",
    })
    const venue = Layer.mergeAll(
      GammaApi.layer,
      DataApi.layer,
      WalletBoards.layer,
      OutcomeOpinions.layer,
      PriceHistory.layer,
    ).pipe(
      Layer.provide(VenueHttp.layer),
      Layer.provide(Budget.layer({ lane: "background" })),
      Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints("http://venue.test"))),
      Layer.provide(http),
    )
    const lane = EvaluationReports.layer.pipe(
      Layer.provideMerge(laneLayer),
      Layer.provideMerge(machinery),
      Layer.provideMerge(venue),
      Layer.provideMerge(Layer.succeed(LaneLink, LaneLink.inlinePair()[0])),
      Layer.provideMerge(settingsLayer(seldom)),
      Layer.provideMerge(fileLayer),
    )
    const program = Effect.gen(function* () {
      yield* Effect.sleep("1 day")
      yield* (yield* Supervisor).quiesce()
      yield* (yield* EvaluationLane).fetch
      yield* (yield* EvaluationLane).judge
      const totals = yield* (yield* JobLog).totals
      assert.deepStrictEqual(
        totals.filter((job) => job.failed > 0),
        [],
      )
      return yield* look
    }).pipe(Effect.provide(lane), Random.withSeed("funnel"))
    const exit = yield* Effect.promise(() => new VirtualTime(world.parameters.epochMs).run(program))
    return Exit.isSuccess(exit) ? exit.value : yield* exit
  })

describe("the funnel of a seeded world", () => {
  it.effect("drops no wallet silently: each has one verdict, with its reasons", () =>
    dayOf(
      7,
      Effect.gen(function* () {
        const reports = yield* EvaluationReports
        const sql = yield* SqlClient.SqlClient
        const { classified, discovered, excluded, waiting } = yield* reports.verdicts
        assert.strictEqual(classified + excluded + waiting, discovered)
        assert.strictEqual(discovered, (yield* reports.funnel)["wallets"])
        assert.isAbove(discovered, 30)
        assert.isAbove(excluded, 0)

        const wallets = yield* sql<{
          wallet: Uint8Array
          verdict: string
          verdict_reason: string | null
          persona: string | null
          gates: string
        }>`SELECT wallet, verdict, verdict_reason, persona, (SELECT json_group_array(code)
          FROM wallet_gates g WHERE g.wallet = wallets.wallet) AS gates FROM wallets`
        assert.strictEqual(wallets.length, discovered)
        for (const row of wallets) {
          const gates = JSON.parse(row.gates) as ReadonlyArray<string>
          const about = `${bytesToHex(row.wallet)} ${row.verdict}`
          if (row.verdict === "excluded") {
            assert.isNotEmpty(gates, about)
            assert.isTrue(
              gates.every((code) =>
                (ExclusionCode.literals as ReadonlyArray<string>).includes(code),
              ),
              about,
            )
          } else {
            assert.isEmpty(gates, about)
            assert.strictEqual(row.persona === null, row.verdict === "waiting", about)
          }
          if (row.verdict === "waiting") {
            assert.include(WaitingReason.literals as ReadonlyArray<string>, row.verdict_reason)
          }
        }
        const reasons = yield* reports.reasons
        const said = (stage: string) =>
          reasons.filter((one) => one.stage === stage).reduce((sum, { count }) => sum + count, 0)
        assert.strictEqual(said("classified"), classified)
        assert.strictEqual(said("waiting"), waiting)
        assert.isAtLeast(said("excluded"), excluded)

        const one = wallets.find((row) => row.verdict === "excluded")!
        const page = yield* reports.why(bytesToHex(one.wallet) as WalletAddress)
        const text = page.flatMap(({ says }) => says).join(" ")
        assert.include(text, (JSON.parse(one.gates) as ReadonlyArray<string>)[0]!)
      }),
    ),
  )

  it.effect("has facts of every market that a stored row names, or says why not", () =>
    dayOf(
      8,
      Effect.gen(function* () {
        const reports = yield* EvaluationReports
        const sql = yield* SqlClient.SqlClient
        const { conditions, described, missing } = yield* reports.facts
        assert.isAbove(conditions, 10)
        assert.strictEqual(
          described + missing.reduce((sum, one) => sum + one.conditions, 0),
          conditions,
        )
        const [unnamed] = yield* sql<{ rows: number }>`SELECT count(*) AS rows FROM trades t
          WHERE NOT EXISTS (SELECT 1 FROM conditions c WHERE c.condition = t.condition
            AND c.touched = 1)`
        assert.strictEqual(unnamed!.rows, 0)
        const storage = yield* reports.storage
        assert.isAbove(storage.used_bytes!, 0)
        assert.isAbove(storage.tables.find(({ table }) => table === "trades")!.rows, 0)
      }),
    ),
  )
})
