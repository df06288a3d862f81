/** What a judgement may be asked to do otherwise. */
import type { ClusterSettings } from "./Clusters.ts"
import type { MixtureSettings } from "./Mixture.ts"

export interface JudgementSettings {
  /** Chance for the controls. */
  readonly seed: number
  /** The mean of `localFdr` over FOLLOW is at most this. */
  readonly falseDiscovery: number
  /** From this `localFdr` on a wallet with enough events is AVOID. */
  readonly avoidFrom: number
  /** Events with a known end below which nothing is said but WATCH. */
  readonly minimumEvents: number
  /** Settled copies of our own below which a wallet is not FOLLOW. */
  readonly minimumCopies: number
  /** Share of the history we must hold for FOLLOW. */
  readonly completeShare: number
  /** `localFdr` without the loudest event must stay below this for FOLLOW. */
  readonly withoutBest: number
  /** How many standard errors our copies may have earned less than the entries promise. */
  readonly contradiction: number
  readonly mixture: MixtureSettings
  readonly clusters: ClusterSettings
  /** Rounds of outcomes drawn anew. */
  readonly shuffledRounds: number
  /** Draws of as many wallets at random. */
  readonly randomRounds: number
}

export const standard: JudgementSettings = {
  seed: 1,
  falseDiscovery: 0.1,
  avoidFrom: 0.9,
  minimumEvents: 10,
  minimumCopies: 10,
  completeShare: 0.9,
  withoutBest: 0.6,
  contradiction: 2.33,
  mixture: { zeroPseudoCount: 15, otherPseudoCount: 1, iterations: 60, smoothing: 0.03 },
  clusters: { withinMs: 300_000, together: 12, overlap: 0.5 },
  shuffledRounds: 3,
  randomRounds: 200,
}
