import { Effect, Exit, Layer, Random } from "effect"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { layer as laneLayer } from "@evaluator/evaluation/Lane"
import { Recording } from "@evaluator/evaluation/Recording"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { JobLog } from "@evaluator/runtime/JobLog"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { settingsLayer } from "./support/Defaults.ts"
import { fileLayer, machinery } from "./support/EvaluatorFile.ts"
import { FakeVenue, fill, walletNo } from "./support/FakeVenue.ts"
const day = 86_400_000
const now = 400 * day
const venue = new FakeVenue()
venue.addFills([
  fill({ wallet: walletNo(1), tx: 1, atMs: now + 60_000 }),
  fill({ wallet: walletNo(2), tx: 3, atMs: now + day }),
])
const lane = EvaluationReports.layer.pipe(
  Layer.provideMerge(laneLayer),
  Layer.provideMerge(machinery),
  Layer.provideMerge(venue.layer),
  Layer.provideMerge(Layer.succeed(LaneLink, LaneLink.inlinePair()[0])),
  Layer.provideMerge(settingsLayer()),
  Layer.provideMerge(fileLayer),
)
const program = Effect.gen(function* () {
  yield* Effect.sleep("1 day")
  console.log(yield* (yield* JobLog).totals, venue.requests.length)
}).pipe(
  Effect.provide(lane),
  Effect.provideService(Recording, {
    wallets: [
      { wallet: walletNo(2), firstMs: now + day / 2, lastMs: now + day },
      { wallet: walletNo(1), firstMs: now + 60_000, lastMs: now + 90_000 },
    ],
    unservable: [],
    follow: "all",
  }),
  Random.withSeed("x"),
  Effect.scoped,
)
const t = process.hrtime.bigint()
const exit = await new VirtualTime(now).run(program)
console.log(Exit.isSuccess(exit) ? "ok" : exit, Number(process.hrtime.bigint() - t) / 1e6)
