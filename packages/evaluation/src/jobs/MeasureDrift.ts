/**
 * measure-drift: where prices went after the fills of classified wallets, for the timing of their scores.
 *
 * Truth: `wallets.drift_due_ms`, ten minutes after a judgement that classifies a wallet, then when its
 * next young fill is old enough. Of each wallet the newest `wallet_scoring.drift_fills` fills of
 * ninety days are measured, once each, by the venue's price history, a request a token and fortnight:
 * what others are watched makes no difference. A fill without a price soon after it is kept as unknown.
 * A wallet with news is due to be scored.
 *
 * Limits: {@link mostPages} pages of prices a request; one that goes on longer fails, for a fill behind
 * it would be kept as unknown for good. Points that cannot be read are quarantined.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import type { TokenId } from "@evaluator/domain/Id"
import {
  bucketMs,
  driftOfFill,
  latestMs,
  priceAfter,
  settledMs,
} from "@evaluator/domain/wallet/Drift"
import type { Page } from "@evaluator/polymarket/Page"
import { Malformed, PolymarketError } from "@evaluator/polymarket/PolymarketError"
import { longestSpanMs, PriceHistory, type PricePoint } from "@evaluator/polymarket/PriceHistory"
import * as Job from "@evaluator/runtime/Job"
import { sideBySide } from "@evaluator/runtime/RunConcurrency"
import { nextAttempt } from "../Backoff.ts"
import { EvaluationSettings } from "../EvaluationSettings.ts"
import { setAside } from "../SetAside.ts"
import {
  driftMemoryMs,
  type DueToMeasure,
  dueToMeasure,
  type FillToMeasure,
  measureFailed,
  type MeasuredFill,
  storeDrifts,
  unmeasuredFills,
} from "../stores/Drifts.ts"
import { restBeforeDriftMs } from "../stores/Judgements.ts"
import { inRounds } from "./Rounds.ts"

const perStep = 20
const roundsPerRun = 50
/** A span has at most 361 hours: ten of them a page are enough. */
export const mostPages = 40
/** The span of fills that one request for prices covers. */
const spanMs = longestSpanMs - latestMs - 2 * bucketMs

/** Fills of one token whose prices one request tells; given in time order. */
const spansOf = (
  fills: ReadonlyArray<FillToMeasure>,
): ReadonlyArray<readonly [TokenId, ReadonlyArray<FillToMeasure>]> => {
  const spans: Array<readonly [TokenId, Array<FillToMeasure>]> = []
  const open = new Map<TokenId, Array<FillToMeasure>>()
  for (const fill of fills) {
    const span = open.get(fill.token)
    if (span !== undefined && fill.atMs - span[0]!.atMs <= spanMs) span.push(fill)
    else {
      const fresh = [fill]
      open.set(fill.token, fresh)
      spans.push([fill.token, fresh])
    }
  }
  return spans
}

const pricesOf = Effect.fnUntraced(function* (span: {
  readonly token: TokenId
  readonly startMs: number
  readonly endMs: number
}) {
  const history = yield* PriceHistory
  const points: Array<PricePoint> = []
  let cursor: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const { nextCursor, rejected, rows }: Page<PricePoint> = yield* history.points({
      ...span,
      bucketSeconds: bucketMs / 1000,
      cursor,
    })
    yield* setAside(rejected)
    points.push(...rows)
    if (nextCursor === null) return points
    cursor = nextCursor
  }
  return yield* new PolymarketError({
    request: `prices of ${span.token}`,
    reason: new Malformed({ message: `more than ${mostPages} pages`, body: "" }),
  })
})

const measureSpan = Effect.fnUntraced(function* (
  token: TokenId,
  fills: ReadonlyArray<FillToMeasure>,
) {
  const points = yield* pricesOf({
    token,
    startMs: fills[0]!.atMs,
    endMs: fills.at(-1)!.atMs + latestMs + bucketMs,
  })
  return fills.map((fill): MeasuredFill => {
    const after = priceAfter(points, fill.atMs)
    return after === null
      ? { fill, drift: null, afterMs: null }
      : { fill, drift: driftOfFill(fill, after), afterMs: after.atMs }
  })
})

const measure = Effect.fnUntraced(function* (due: DueToMeasure) {
  const { wallet_scoring } = yield* EvaluationSettings
  const now = yield* Clock.currentTimeMillis
  const fills = yield* unmeasuredFills(due.wallet, now - driftMemoryMs, wallet_scoring.drift_fills)
  const old = fills.filter(({ atMs }) => atMs + settledMs <= now)
  const measured = yield* Effect.result(
    sideBySide(spansOf(old), ([token, span]) => measureSpan(token, span)),
  )
  if (measured._tag === "Failure") {
    yield* measureFailed(due.wallet, yield* nextAttempt(due.attempts, measured.failure))
    return { fills: 0, unknown: 0, failed: 1 }
  }
  const rows = measured.success.flat()
  const young = fills.find(({ atMs }) => atMs + settledMs > now)
  yield* storeDrifts(due.wallet, rows, young === undefined ? null : young.atMs + settledMs)
  const unknown = rows.filter(({ drift }) => drift === null).length
  return { fills: rows.length, unknown, failed: 0 }
})

/** Measures at most 20 wallets, a transaction each. */
export const measureDue = Effect.gen(function* () {
  const due = yield* dueToMeasure(perStep)
  const done = yield* Effect.forEach(due, measure)
  const sum = (key: "fills" | "unknown" | "failed") =>
    done.reduce((total, counts) => total + counts[key], 0)
  return {
    counts: {
      wallets: due.length,
      fills: sum("fills"),
      unknown: sum("unknown"),
      failed: sum("failed"),
    },
    more: due.length === perStep && sum("failed") === 0,
  }
})

export const layer = Layer.unwrap(
  Effect.map(EvaluationSettings, ({ wallet_scoring }) =>
    Job.layer({
      name: "measure-drift",
      about: "Measures where prices went after the fills of classified wallets",
      service: "ranking",
      every: wallet_scoring.every,
      atBoot: true,
      on: ["WalletsClassified"],
      settle: Duration.millis(restBeforeDriftMs),
      timeout: "10 minutes",
      stallAfter: "3 minutes",
      concurrency: 4,
      run: inRounds(measureDue, roundsPerRun),
    }),
  ),
)
