/**
 * Why a wallet is judged as it is, in numbers and in words: each test it passed or failed.
 */
import type { Belief } from "./Belief.ts"
import type { Cluster } from "./Clusters.ts"
import type { Copying } from "./Copying.ts"
import type { EdgeLikelihood } from "./EdgeLikelihood.ts"
import type { Reason } from "./Judgement.ts"
import type { JudgementSettings } from "./Settings.ts"
import type { WalletRecord } from "./WalletRecord.ts"

/** All that is known of a wallet before the list is cut. */
export interface Candidate {
  readonly evidence: Pick<WalletRecord, "wallet" | "exclusions" | "completeShare">
  readonly likelihood: EdgeLikelihood
  readonly copying: Copying
  readonly belief: Belief
  /** The group it belongs to; `null`: alone. */
  readonly cluster: Cluster | null
}

interface Test extends Reason {
  readonly holds: boolean
  /** Failing it keeps a wallet from FOLLOW. */
  readonly needed: boolean
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
const cents = (price: number): string => `${(100 * price).toFixed(1)} cents`

const testsOf = (
  { evidence, likelihood, copying, belief, cluster }: Candidate,
  settings: JudgementSettings,
): ReadonlyArray<Test> => {
  const { wallet, exclusions, completeShare } = evidence
  const needed = true
  const stray = contradictionOf(copying, belief)
  const stands = cluster === null || cluster.first === wallet
  return [
    ...exclusions.map((code): Test => ({
      code: `excluded:${code}`,
      metric: 1,
      threshold: 0,
      holds: false,
      needed,
      text: `An exclusion refuses it: ${code}.`,
    })),
    {
      code: "events",
      metric: likelihood.events,
      threshold: settings.minimumEvents,
      holds: likelihood.events >= settings.minimumEvents,
      needed,
      text: `${likelihood.events} events with a known end, ${settings.minimumEvents} needed.`,
    },
    {
      code: "copies",
      metric: copying.copies,
      threshold: settings.minimumCopies,
      holds: copying.copies >= settings.minimumCopies,
      needed,
      text: `${copying.copies} settled copies of our own, ${settings.minimumCopies} needed.`,
    },
    {
      code: "history",
      metric: completeShare,
      threshold: settings.completeShare,
      holds: completeShare >= settings.completeShare,
      needed,
      text: `${percent(completeShare)} of its history is here, ${percent(settings.completeShare)} needed.`,
    },
    {
      code: "pays",
      metric: belief.localFdr,
      threshold: settings.falseDiscovery,
      holds: belief.localFdr <= settings.falseDiscovery,
      needed: false,
      text: `The probability that copying it does not pay is ${percent(belief.localFdr)}; a list may hold ${percent(settings.falseDiscovery)} on average.`,
    },
    {
      code: "one-event",
      metric: belief.localFdrWithoutBest,
      threshold: settings.withoutBest,
      holds: belief.localFdrWithoutBest <= settings.withoutBest,
      needed,
      text: `Without its best event that probability is ${percent(belief.localFdrWithoutBest)}; at most ${percent(settings.withoutBest)} may hang on one event.`,
    },
    {
      code: "cost",
      metric: copying.cost.mean,
      threshold: belief.edge.mean,
      holds: copying.cost.mean < belief.edge.mean,
      needed: false,
      text: `Copying costs ${cents(copying.cost.mean)} a share; its edge is put at ${cents(belief.edge.mean)}.`,
    },
    ...(stray === null
      ? []
      : [
          {
            code: "copies-agree",
            metric: stray,
            threshold: -settings.contradiction,
            holds: stray >= -settings.contradiction,
            needed,
            text: `Our copies earned ${stray.toFixed(1)} standard errors beside what its entries promise; ${-settings.contradiction} is the least.`,
          },
        ]),
    ...(cluster === null
      ? []
      : [
          {
            code: "acts-together",
            metric: cluster.members.length,
            threshold: 1,
            holds: stands,
            needed,
            text: stands
              ? `It leads ${cluster.members.length} wallets that act together; they count once.`
              : `It acts together with ${cluster.first}, which stands for ${cluster.members.length} wallets.`,
          },
        ]),
  ]
}

/** Realised less believed profit of our copies, in standard errors; `null` from few copies. */
const contradictionOf = ({ realised }: Copying, belief: Belief): number | null =>
  realised === null
    ? null
    : (realised.mean - belief.copyProfit.mean) /
      Math.max(1e-9, Math.hypot(realised.error, belief.copyProfitDeviation))

export interface Reasons {
  /** Nothing but its rank may keep it from FOLLOW. */
  readonly mayBeFollowed: boolean
  readonly reasonsFor: ReadonlyArray<Reason>
  readonly reasonsAgainst: ReadonlyArray<Reason>
}

export const reasonsOf = (candidate: Candidate, settings: JudgementSettings): Reasons => {
  const tests = testsOf(candidate, settings)
  const asReason = ({ code, metric, threshold, text }: Test): Reason => ({
    code,
    metric,
    threshold,
    text,
  })
  return {
    mayBeFollowed: tests.every(({ holds, needed }) => holds || !needed),
    reasonsFor: tests.filter(({ holds }) => holds).map(asReason),
    reasonsAgainst: tests.filter(({ holds }) => !holds).map(asReason),
  }
}
