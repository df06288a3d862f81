import { Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import {
  book,
  fill,
  follow,
  ingested,
  introduce,
  market,
  noon,
  openHouse,
  wallet,
} from "./PaperHarness.ts"
const main = Effect.gen(function* () {
  yield* TestClock.setTime(noon)
  const house = yield* openHouse()
  const markets = Array.from({ length: 50 }, (_, i) => market(i + 1))
  for (const m of markets)
    house.venue.setBook(
      book(Number(m.slug.slice(7)), { asks: [[0.6, 1000]], bids: [[0.59, 1000]] }),
    )
  yield* introduce(house, markets, [follow(wallet(1)), follow(wallet(2))])
  for (const kind of ["BUY", "SELL", "UNKNOWN", "BUY"]) {
    let n = 0
    const batches = Array.from({ length: 10 }, () =>
      Array.from({ length: 500 }, (_, i) =>
        fill({
          n: ++n + Math.floor(Math.random() * 1e9),
          price: 0.6,
          market: kind === "UNKNOWN" ? 100 + (i % 50) : 1 + (i % 50),
          side: kind === "SELL" ? "SELL" : "BUY",
          atMs: noon + 1,
          wallet: wallet(1 + (i % 2)),
        }),
      ),
    )
    let ms = 0
    for (const fills of batches) {
      yield* house.tell([ingested(fills)])
      const t0 = process.hrtime.bigint()
      yield* house.settle
      ms += Number(process.hrtime.bigint() - t0) / 1e6
    }
    console.log(kind, n, "fills", ms.toFixed(0), "ms", (ms / n).toFixed(3), "ms/fill")
  }
  console.log(JSON.stringify(yield* house.reports.counts("portfolio", null)))
})
await Effect.runPromise(
  main.pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.provide(Logger.layer([]))),
)
process.exit(0)
