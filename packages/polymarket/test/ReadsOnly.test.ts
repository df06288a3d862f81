/**
 * The client reads and does nothing else: it can sign nothing, and asks nobody but the venue.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { ClobMarkets } from "@evaluator/polymarket/ClobMarkets"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import { routes } from "@evaluator/polymarket/Routes"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { fakeVenue, json } from "./FakeVenue.ts"
import { condition, token, wallet } from "./Samples.ts"

const root = join(import.meta.dirname, "../../..")

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
}

/** Packages that can hold a key or sign with it. */
const signer =
  /(^|\/)(ethers|viem|web3|wagmi|ox|abitype|elliptic|secp256k1|tweetnacl|keccak|bip\d+|hdkey)$|@noble\/|@scure\/|@ethersproject\/|@ethereumjs\/|clob-client|-signing-|-signer|wallet/

describe("what the program is made of", () => {
  it("has nothing that could sign an order", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      readonly packages: Readonly<Record<string, Locked>>
    }
    const names = Object.keys(lock.packages).map((path) => path.split("node_modules/").at(-1)!)
    assert.include(names, "effect")
    assert.deepStrictEqual(
      names.filter((name) => signer.test(name)),
      [],
    )
    for (const known of ["viem", "@noble/curves", "@polymarket/clob-client-v2", "ethers"]) {
      assert.match(known, signer)
    }
  })

  it("runs without the venue's own bindings", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      readonly packages: Readonly<Record<string, Locked>>
    }
    const bindings = Object.entries(lock.packages).filter(([path]) => path.includes("@polymarket/"))
    assert.isAbove(bindings.length, 0)
    for (const [path, { dev, devOptional }] of bindings) {
      assert.isTrue(dev === true || devOptional === true, path)
    }
  })

  it("names the venue's addresses in one place only", () => {
    const folder = join(import.meta.dirname, "../src")
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    const naming = files.filter(
      (file) =>
        file.endsWith(".ts") &&
        // In code, not in comments.
        readFileSync(join(folder, file), "utf8")
          .split("\n")
          .some((line) => /["'`](https?|wss?):\/\//.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line)),
    )
    assert.deepStrictEqual(naming, ["VenueEndpoints.ts"])
  })
})

describe("every request", () => {
  it.effect("goes to a configured host, and only the list of books is a POST", () =>
    Effect.gen(function* () {
      const { asked, layer } = fakeVenue(() => json({ data: [], markets: [], events: [] }))
      const doors = Layer.mergeAll(
        ClobApi.layer,
        ClobMarkets.layer,
        DataApi.layer,
        GammaApi.layer,
        PriceHistory.layer,
        WalletBoards.layer,
      ).pipe(Layer.provide(layer))
      yield* Effect.gen(function* () {
        const clob = yield* ClobApi
        const clobMarkets = yield* ClobMarkets
        const data = yield* DataApi
        const gamma = yield* GammaApi
        const prices = yield* PriceHistory
        const boards = yield* WalletBoards
        const calls = [
          clob.book(token),
          clobMarkets.books([token]),
          clobMarkets.tradingParameters(condition),
          clobMarkets.timeMs,
          data.trades({ user: wallet }),
          data.activity({ user: wallet }),
          data.holders({ condition }),
          data.positions({ user: wallet }),
          data.leaderboard({ period: "day" }),
          data.resolutions(condition),
          gamma.markets({ closed: false }),
          gamma.events({ closed: true }),
          gamma.marketsByCondition([condition]),
          prices.points({ token, startMs: 1, endMs: 2 }),
          prices.status,
          boards.biggestWinners({ period: "day" }),
          boards.standing({ user: wallet, period: "day" }),
          boards.userStats(wallet),
        ]
        for (const call of calls) yield* Effect.ignore(call)
      }).pipe(Effect.provide(doors))
      const hosts = new Set(asked.map(({ url }) => url.origin))
      assert.deepStrictEqual(Array.from(hosts).toSorted(), [
        "http://clob.test",
        "http://data.test",
        "http://gamma.test",
      ])
      const posted = asked.filter(({ method }) => method !== "GET")
      assert.deepStrictEqual(
        posted.map(({ method, url }) => `${method} ${url.pathname}`),
        ["POST /books"],
      )
      const paths = new Set(asked.map(({ url }) => url.pathname))
      for (const [name, route] of Object.entries(routes)) {
        const found = Array.from(paths).some((path) => path.includes(route.path))
        assert.isTrue(found, `no request for ${name}`)
      }
    }),
  )
})
