/**
 * Which of our assumptions about the venue hold, asked of the venue itself.
 *
 * Promises: every probe gives a finding; one that could not ask says why and fails. Reads only, about
 * fifty requests. What the venue's page leaves unsaid and no request can show (the taker delay behind
 * `itode`, the changelog's wording) is told as seen, without a verdict.
 */
import { Duration, Effect, Layer } from "effect"
import type { HttpClient } from "effect/http"
import type { Socket } from "effect/socket"
import { BookFeed } from "../BookFeed.ts"
import { Budget } from "../Budget.ts"
import { ClobApi } from "../ClobApi.ts"
import { TradeFeed } from "../TradeFeed.ts"
import { VenueEndpoints } from "../VenueEndpoints.ts"
import { VenueHttp } from "../VenueHttp.ts"
import { dataProbes } from "./DataProbes.ts"
import { feeProbe } from "./FeeProbe.ts"
import { marketProbes } from "./MarketProbes.ts"
import type { Finding, Verdict } from "./Probe.ts"
import { fails } from "./Probe.ts"
import { Prober } from "./Prober.ts"
import { takeSample } from "./Sample.ts"
import { bookSocketVerdict, tradeStreamVerdict } from "./StreamProbes.ts"

export interface Examination {
  /** How long each socket is listened to. */
  readonly listenFor: Duration.Duration
  /** The venue's trade stream is configured. */
  readonly tradeStream: boolean
}

const named = <R>(
  id: string,
  assumption: string,
  verdict: Effect.Effect<Verdict, Error, R>,
): Effect.Effect<Finding, never, R> =>
  verdict.pipe(
    Effect.catch((error) => Effect.succeed(fails(error.message))),
    Effect.map((found) => ({ id, assumption, ...found })),
  )

/** Asks everything, in order; `told` hears each finding as it comes. */
export const examine = Effect.fnUntraced(function* (
  examination: Examination,
  told: (finding: Finding) => Effect.Effect<void> = () => Effect.void,
): Effect.fn.Return<
  ReadonlyArray<Finding>,
  never,
  VenueEndpoints | HttpClient.HttpClient | Socket.WebSocketConstructor
> {
  const { listenFor, tradeStream } = examination
  const clob = ClobApi.layer.pipe(
    Layer.provide(VenueHttp.layer),
    Layer.provide(Budget.layer({ lane: "background" })),
  )
  const findings: Array<Finding> = []
  const tell = (finding: Finding) =>
    Effect.andThen(
      Effect.sync(() => void findings.push(finding)),
      told(finding),
    )
  yield* Effect.gen(function* () {
    const sampled = yield* Effect.result(takeSample)
    if (sampled._tag === "Failure") {
      const why = fails(sampled.failure.message)
      return yield* tell({ id: "reached", assumption: "the venue can be reached", ...why })
    }
    const sample = sampled.success
    for (const { ask, assumption, id } of [...dataProbes, feeProbe, ...marketProbes]) {
      yield* tell(yield* named(id, assumption, ask(sample)))
    }
    yield* tell(
      yield* named(
        "book-socket",
        "followed books come over the socket and stay those of HTTP",
        bookSocketVerdict(sample, listenFor).pipe(
          Effect.provide(Layer.provide(BookFeed.layerSocket, clob)),
        ),
      ),
    )
    if (!tradeStream) return
    yield* tell(
      yield* named(
        "trade-stream",
        "the trade stream, where it lives, tells fills sooner than polls find them",
        tradeStreamVerdict(listenFor).pipe(Effect.provide(TradeFeed.layerSocket)),
      ),
    )
  }).pipe(Effect.provide(Prober.layer))
  return findings
})
