/**
 * The service in one line, again and again: what has come through so far.
 */
import { DateTime, Effect, Schedule, type Scope } from "effect"
import type { LaneLinkError } from "@evaluator/runtime/LaneLink"
import type { Glance } from "./LaneHandles.ts"

export const progressEvery = "5 seconds"

export const progressLine = ({ funnel, outcomes, equity_usdc, ranking }: Glance): string => {
  const skipped = Object.entries(outcomes)
    .filter(([outcome, count]) => outcome !== "COPIED" && count > 0)
    .map(([outcome, count]) => `${count} ${outcome.toLowerCase()}`)
  const best = ranking[0]
  return [
    `${funnel["markets_scored"] ?? 0} markets scored, ${funnel["events_selected"] ?? 0} events selected`,
    `${funnel["wallets"] ?? 0} wallets, ${funnel["trades"] ?? 0} trades`,
    `${funnel["classified"] ?? 0} classified, ${funnel["excluded"] ?? 0} excluded, ${funnel["paper_trading"] ?? 0} on paper`,
    `copies: ${[`${outcomes["COPIED"] ?? 0} copied`, ...skipped].join(", ")}`,
    `equity ${equity_usdc} USDC`,
    ...(best === undefined ? [] : [`best ${best.wallet} ${best.wscore.toFixed(3)}`]),
  ].join(" · ")
}

/** Logs the line every {@link progressEvery} for as long as the scope lives. */
export const followProgress = (
  glance: Effect.Effect<Glance, LaneLinkError>,
): Effect.Effect<void, never, Scope.Scope> =>
  glance.pipe(
    Effect.flatMap((seen) => Effect.logInfo(progressLine(seen))),
    Effect.catch((error) => Effect.logDebug(`no progress to show: ${error.message}`)),
    Effect.schedule(Schedule.spaced(progressEvery)),
    Effect.forkScoped,
    Effect.asVoid,
  )

/** What to tell a virtual clock to call: logs every {@link progressEvery} of real time how far virtual time has come. */
export const virtualProgress = Effect.fnUntraced(function* (startMs: number, endMs: number) {
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  let saidAt = process.hrtime.bigint()
  return (nowMs: number) => {
    const now = process.hrtime.bigint()
    if (now - saidAt < 5_000_000_000n) return
    saidAt = now
    const share = Math.min(100, Math.floor((100 * (nowMs - startMs)) / (endMs - startMs)))
    runFork(
      Effect.logInfo(
        `${share} %: virtual time is ${DateTime.formatIso(DateTime.makeUnsafe(nowMs))}`,
      ),
    )
  }
})
