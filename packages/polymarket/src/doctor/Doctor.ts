/**
 * Which of our assumptions about the venue hold, asked of the venue itself.
 *
 * Promises: every probe gives a finding; one that could not ask says why and fails, one that needs a
 * host without a good answer is not asked. Reads only, about seventy requests. What the venue's page leaves unsaid and no request can show (the taker delay behind
 * `itode`, the changelog's wording) is told as seen, without a verdict.
 */
import { Duration, Effect, Layer } from "effect"
import type { HttpClient } from "effect/http"
import type { Socket } from "effect/socket"
import { BookFeed } from "../BookFeed.ts"
import { Budget } from "../Budget.ts"
import { ClobApi } from "../ClobApi.ts"
import { TradeFeed } from "../TradeFeed.ts"
import type { Host } from "../VenueEndpoints.ts"
import { VenueEndpoints } from "../VenueEndpoints.ts"
import { VenueHttp } from "../VenueHttp.ts"
import { dataProbes } from "./DataProbes.ts"
import { feeProbe } from "./FeeProbe.ts"
import { marketProbes } from "./MarketProbes.ts"
import type { Finding, Verdict } from "./Probe.ts"
import { fails, holds } from "./Probe.ts"
import type { NoAnswer } from "./Prober.ts"
import { Prober } from "./Prober.ts"
import { sampleFills, sampleMarkets } from "./Sample.ts"
import { bookSocketVerdict, tradeStreamVerdict } from "./StreamProbes.ts"
import { streamTypesVerdict } from "./StreamTypes.ts"

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
  const silent = new Set<Host>()
  const reaching = <A, B>(
    host: Host,
    question: Effect.Effect<A, NoAnswer, Prober>,
    nothing: B,
  ): Effect.Effect<A | B, never, Prober> =>
    Effect.gen(function* () {
      const answer = yield* Effect.result(question)
      const failed = answer._tag === "Failure"
      if (failed) silent.add(host)
      const verdict = failed ? fails(answer.failure.message) : holds("it does")
      yield* tell({
        id: `${host}-reached`,
        assumption: `the venue's ${host} host gives a good answer`,
        ...verdict,
      })
      return failed ? nothing : answer.success
    })
  const judged = <R>(
    id: string,
    assumption: string,
    needs: ReadonlyArray<Host>,
    verdict: Effect.Effect<Verdict, Error, R>,
  ): Effect.Effect<void, never, R> => {
    const missing = needs.filter((host) => silent.has(host))
    return Effect.flatMap(
      missing.length === 0
        ? named(id, assumption, verdict)
        : Effect.succeed({
            id,
            assumption,
            ...fails(`not asked without ${missing.join(" and ")}`),
          }),
      tell,
    )
  }
  yield* Effect.gen(function* () {
    const sample = {
      ...(yield* reaching("data", sampleFills, { fills: [], tradeRows: [] })),
      ...(yield* reaching("gamma", sampleMarkets, { markets: [], marketRows: [] })),
    }
    yield* reaching("clob", (yield* Prober).askGood("clob", "/time"), null)
    for (const { ask, assumption, id, needs } of [...dataProbes, feeProbe, ...marketProbes]) {
      yield* judged(id, assumption, needs, ask(sample))
    }
    yield* judged(
      "book-socket",
      "followed books come over the socket and stay those of HTTP",
      ["gamma", "clob"],
      bookSocketVerdict(sample, listenFor).pipe(
        Effect.provide(Layer.provide(BookFeed.layerSocket, clob)),
      ),
    )
    if (!tradeStream) return
    yield* judged(
      "trade-stream",
      "the trade stream, where it lives, tells fills sooner than polls find them",
      ["data"],
      tradeStreamVerdict(listenFor).pipe(Effect.provide(TradeFeed.layerSocket)),
    )
    yield* judged(
      "stream-types",
      "whether orders_matched tells other fills than trades is unknown; we hear trades",
      [],
      streamTypesVerdict(listenFor),
    )
  }).pipe(Effect.provide(Prober.layer))
  return findings
})
