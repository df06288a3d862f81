import { assert, describe, it } from "@effect/vitest"
import { accountsOf } from "../../src/api/Accounts.ts"
import { HOUR } from "../../src/seeded/Durations.ts"
import { allPages, Api, ask, epochMs, everything, single, smallWorld } from "../Worlds.ts"

const world = smallWorld()
const api = Api.make(world)
const rows = world.rows(everything, epochMs)
const wallets = [...new Set(rows.map((row) => row.wallet))]

describe("positions, holders and boards", () => {
  it("agree with the rows they come from: cash in and out plus what is held is what was made", () => {
    for (const wallet of wallets) {
      const mine = rows.filter((row) => row.wallet === wallet)
      const cash = mine.reduce((sum, row) => {
        const gives = row.side === "BUY" || row.type === "SPLIT"
        return sum + (gives ? -row.usdc : row.usdc)
      }, 0)
      const accounts = accountsOf(world, mine, epochMs)
      const made = accounts.reduce((sum, a) => sum + a.realized - a.cost - a.fees, 0)
      assert.isBelow(Math.abs(cash - made), 0.02 + Math.abs(cash) * 1e-6, wallet)
      assert.isTrue(accounts.every((account) => account.size >= 0))
    }
  })

  it("put each position of a wallet into OPEN or CLOSED and once into the pages", () => {
    let [lost, closed] = [0, 0]
    for (const wallet of wallets.slice(0, 60)) {
      const of = (status: string) =>
        allPages(
          api,
          `/data/v2/positions?user=${wallet}&limit=3&status=${status}&filter_amount=0`,
          epochMs,
        )
      const open = of("OPEN")
      const done = of("CLOSED")
      const tokens = [...open, ...done].map((position) => position["token_id"])
      assert.strictEqual(new Set(tokens).size, tokens.length)
      for (const position of of("REDEEMABLE_LOST")) {
        lost++
        assert.strictEqual(position["current_value"], 0)
        assert.strictEqual(position["status"], "REDEEMABLE")
        assert.isBelow(position["unrealized_pnl"], 0)
      }
      closed += done.length
      for (const position of done) assert.strictEqual(position["current_size"], 0)
      for (const position of open) {
        const { current_value, entry_cost_usdc, unrealized_pnl } = position
        assert.isBelow(Math.abs(current_value - entry_cost_usdc - unrealized_pnl), 1e-4)
      }
    }
    assert.isTrue(lost > 5 && closed > 20)
  })

  it("need a wallet or one condition, and a cursor that is not contradicted", () => {
    const refused = ask(api, "/data/v2/positions", epochMs)
    assert.strictEqual(refused.status, 400)
    assert.include(refused.json["error"], "'user' or 'condition' not provided")
    const url = `/data/v2/positions?user=${wallets[0]}&limit=1&filter_amount=0`
    const cursor = ask(api, url, epochMs).json["pagination"].next_cursor
    assert.isString(cursor)
    assert.strictEqual(ask(api, `/data/v2/positions?cursor=${cursor}`, epochMs).status, 200)
    const other = ask(api, `/data/v2/positions?cursor=${cursor}&user=${wallets[1]}`, epochMs)
    assert.deepEqual([other.status, other.json["error"]], [400, "invalid cursor"])
  })

  it("list the holders of both outcomes, largest first, net of the other outcome", () => {
    const market = world
      .markets(epochMs)
      .findLast((m) => m.event.domain === "Politics" && world.state(m, epochMs).status === "open")!
    const { json } = ask(api, `/data/v2/holders?condition=${market.condition}`, epochMs)
    assert.deepEqual(
      json["data"].map((side) => side.token_id),
      market.tokens,
    )
    for (const side of json["data"]) {
      const amounts = side.holders.map((holder) => holder.amount)
      assert.deepEqual(
        amounts,
        amounts.toSorted((a, b) => b - a),
      )
    }
    assert.strictEqual(ask(api, "/data/v2/holders", epochMs).status, 400)
  })

  it("rank wallets by profit over the period, in pages, as the positions say for all time", () => {
    const board = allPages(api, "/data/v2/leaderboard?time_period=all&limit=20", epochMs + HOUR)
    const profits = board.map((row) => row["pnl"])
    assert.deepEqual(
      profits,
      profits.toSorted((a, b) => b - a),
    )
    assert.strictEqual(new Set(board.map((row) => row["user_id"])).size, board.length)
    assert.strictEqual(board[0]!["rank"], 1)
    const one = ask(
      api,
      `/data/v2/leaderboard?time_period=all&user=${board[4]!["user_id"]}`,
      epochMs + HOUR,
    )
    assert.deepEqual(
      [single(one)?.rank_pnl, single(one)?.pnl],
      [board[4]!["rank"], board[4]!["pnl"]],
    )
    const sports = allPages(api, "/data/v2/leaderboard?time_period=week&category=sports", epochMs)
    assert.isTrue(sports.length > 0 && sports.length < wallets.length)
    assert.isNull(ask(api, `/data/v2/leaderboard?user=0x${"0".repeat(40)}`, epochMs).json["data"])
    assert.strictEqual(ask(api, "/data/v2/leaderboard?time_period=year", epochMs).status, 400)
  })

  it("know the biggest winners, resolutions, prices and a wallet's stats", () => {
    const winners = ask(api, "/data/v2/biggest-winners?time_period=week&limit=5", epochMs).json[
      "data"
    ]
    assert.strictEqual(winners.length, 5)
    for (const winner of winners) {
      assert.isAbove(winner.pnl, 0)
      const condition = winner.condition_id
      const row = ask(api, `/data/v2/resolutions?condition=${condition}`, epochMs).json.data[0]!
      assert.strictEqual(row.status, "resolved")
      assert.strictEqual(row.payouts[0] + row.payouts[1], 1_000_000)
      const url = `/data/v2/prices-history?token_id=${winner.position_id}&interval=max`
      const points = ask(api, url, epochMs).json["data"]
      assert.isTrue([0, 1].includes(points.at(-1)!.price))
      assert.strictEqual(points.at(-1)!.resolution_seconds, 0)
      assert.isAbove(points.length, 1)
      assert.deepEqual(allPages(api, `${url}&limit=1`, epochMs), points)
    }
    const stats = ask(api, `/data/v2/user-stats?user=${wallets[0]}`, epochMs)
    const mine = rows.filter((row) => row.wallet === wallets[0] && row.type === "TRADE")
    assert.strictEqual(single(stats)?.trades, new Set(mine.map((row) => row.condition)).size)
    const unknown = ask(api, `/data/v2/user-stats?user=0x${"0".repeat(40)}`, epochMs).json
    assert.deepEqual<unknown>(unknown, { data: null })
    const nobody = `/data/v2/resolutions?condition=0x${"0".repeat(64)}`
    assert.deepEqual(ask(api, nobody, epochMs).json["data"], [])
    assert.strictEqual(ask(api, "/data/v2/resolutions", epochMs).status, 400)
    assert.strictEqual(ask(api, "/data/v2/status", epochMs).status, 200)
  })

  it("say that a closed market's outcome is proposed, and an open one's is not asked yet", () => {
    const seen = new Set<string>()
    for (const market of world.markets(epochMs)) {
      const row = ask(api, `/data/v2/resolutions?condition=${market.condition}`, epochMs).json
        .data[0]!
      seen.add(row.status)
      assert.strictEqual("payouts" in row, row.status === "resolved")
      if (row.status !== "resolved") assert.deepEqual<unknown>(row.price, "69")
    }
    assert.deepEqual([...seen].toSorted(), ["initialized", "proposed", "resolved"])
  })

  it("add up to a wallet's value", () => {
    const wallet = world.wallets[2]!
    const rows = allPages(
      api,
      `/data/v2/positions?user=${wallet}&filter_amount=0&limit=1000`,
      epochMs,
    )
    const sum = rows.reduce((total, row) => total + row.current_value, 0)
    const { data } = ask(api, `/data/v2/value?user=${wallet}`, epochMs).json as unknown as {
      readonly data: { readonly value: number }
    }
    assert.isAbove(sum, 0)
    assert.isBelow(Math.abs(data.value - sum), 0.001)
    assert.strictEqual(ask(api, "/data/v2/value", epochMs).status, 400)
  })
})
