import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { ledgerRowOf } from "@evaluator/polymarket/wire/ActivityRow"
import { leaderboardRowOf } from "@evaluator/polymarket/wire/LeaderboardRow"
import { marketOfRow } from "@evaluator/polymarket/wire/MarketRow"
import { positionOf } from "@evaluator/polymarket/wire/PositionRow"
import { resolutionOf } from "@evaluator/polymarket/wire/ResolutionRow"
import type { RowDecoder } from "@evaluator/polymarket/wire/Rows"
import { fillOf } from "@evaluator/polymarket/wire/TradeRow"
import { garbageOf } from "../../src/faults/Pages.ts"
import { Api, epochMs, smallWorld } from "../Worlds.ts"

const world = smallWorld()
const api = Api.make(world)
const wallet = world.wallets[0]!
const conditions = world
  .markets(epochMs)
  .slice(0, 20)
  .map((market) => market.condition)

const routes: ReadonlyArray<readonly [string, string, RowDecoder<unknown>]> = [
  ["/data/v2/trades", "limit=20", fillOf],
  ["/data/v2/activity", `user=${wallet}&limit=20`, ledgerRowOf],
  ["/data/v2/positions", `user=${wallet}`, positionOf],
  ["/data/v2/leaderboard", "time_period=all&limit=20", leaderboardRowOf],
  ["/data/v2/resolutions", `condition=${conditions.join()}`, resolutionOf],
  ["/gamma/markets/keyset", "limit=20", marketOfRow],
]

describe("garbage rows", () => {
  for (const [path, query, decode] of routes) {
    it(`of ${path} are read by nobody, the rows beside them are`, () => {
      const request = { method: "GET", path, query: new URLSearchParams(query), body: "" }
      const body = JSON.parse(api.handle(request, epochMs).body) as {
        readonly data?: ReadonlyArray<unknown>
        readonly markets?: ReadonlyArray<unknown>
      }
      const rows = body.data ?? body.markets ?? []
      assert.isAbove(rows.length, 3)
      for (const row of rows) assert.isTrue(Result.isSuccess(decode(row)), JSON.stringify(row))
      for (let mark = 0; mark < 200; mark++) {
        const garbage = garbageOf(path, rows, mark)
        assert.isTrue(Result.isFailure(decode(garbage)), JSON.stringify(garbage))
      }
    })
  }
})
