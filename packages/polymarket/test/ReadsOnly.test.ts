/**
 * The client reads and does nothing else: it can sign nothing, and asks nobody but the venue.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { ClobApi } from "@evaluator/polymarket/ClobApi"
import { ClobMarkets } from "@evaluator/polymarket/ClobMarkets"
import { DataApi } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import { OutcomeOpinions } from "@evaluator/polymarket/OutcomeOpinions"
import { PriceHistory } from "@evaluator/polymarket/PriceHistory"
import { type Route, routes } from "@evaluator/polymarket/Routes"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { polymarketEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { WalletBoards } from "@evaluator/polymarket/WalletBoards"
import { fakeSockets } from "./FakeSocket.ts"
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
        OutcomeOpinions.layer,
        PriceHistory.layer,
        WalletBoards.layer,
      ).pipe(Layer.provide(layer))
      yield* Effect.gen(function* () {
        const clob = yield* ClobApi
        const clobMarkets = yield* ClobMarkets
        const data = yield* DataApi
        const gamma = yield* GammaApi
        const opinions = yield* OutcomeOpinions
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
          opinions.ofGamma([condition]),
          opinions.ofClob(condition, [token]),
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
      // A route's path ends the address, or one more segment does.
      const addressed = ({ host, path }: Route, { hostname, pathname }: URL): boolean => {
        const whole = `${host === "data" ? "/base" : ""}${path}`
        if (hostname !== `${host}.test`) return false
        return pathname === whole || pathname.slice(0, pathname.lastIndexOf("/")) === whole
      }
      for (const [name, route] of Object.entries(routes)) {
        const found = asked.some(({ url }) => addressed(route, url))
        assert.isTrue(found, `no request for ${name}`)
      }
      const all = Object.values(routes)
      for (const { url } of asked) {
        assert.isTrue(
          all.some((route) => addressed(route, url)),
          `no route of ${url.href}`,
        )
      }
    }),
  )

  it.effect("for a socket goes to a configured address", () =>
    Effect.gen(function* () {
      const { sockets, layer } = fakeSockets()
      const feeds = Layer.mergeAll(BookFeed.layerSocket, TradeFeed.layerSocket).pipe(
        Layer.provide(Layer.mock(ClobApi, {})),
        Layer.provide(VenueEndpoints.layerOf(polymarketEndpoints)),
        Layer.provide(layer),
      )
      yield* Effect.gen(function* () {
        const books = yield* BookFeed
        const trades = yield* TradeFeed
        yield* Effect.forkScoped(books.listening)
        yield* Effect.forkScoped(Stream.runDrain(trades.fills))
        yield* books.follow([token])
        yield* TestClock.adjust(0)
      }).pipe(Effect.provide(feeds))
      assert.deepStrictEqual(sockets.map(({ url }) => url).toSorted(), [
        polymarketEndpoints.stream,
        polymarketEndpoints.books,
      ])
    }),
  )
})
