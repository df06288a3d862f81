/**
 * How sure a persona is: the probability that a wallet that is given it knows something, that its
 * purchases win more often than their prices promise.
 *
 * A win rate is no probability of that: a wallet that wins seven of ten at 70 cents knows nothing.
 * What tells are how many lots it shows, how far its daily profits are from chance, and that they do
 * not hang on one market: `logit = base + lots × log(1 + closed lots) + profit × t + breadth × (1 −
 * share of the best market)`, t being the mean of the daily profits in standard errors, as far as
 * {@link surest}. Fitted on eighty worlds of the embedded venue, by likelihood alone (a penalty on the
 * weights said worse of worlds left out of the fit), and measured on others
 * (`npm run prove -- personas`). It holds where as many wallets know something as there; what copying
 * a wallet brings is not said by it but by its verdict.
 */
import type { Features } from "./FeatureWindow.ts"
import type { Persona } from "./Persona.ts"

interface Weights {
  readonly base: number
  readonly lots: number
  readonly profit: number
  readonly breadth: number
}

/** Of a specialist, who is in few markets, profits beyond chance told nothing more in those worlds. */
const weights: Readonly<Record<Persona, Weights>> = {
  INFORMED_SPECIALIST: { base: -4.41, lots: 0.78, profit: 0, breadth: 0 },
  CONSISTENT_GENERALIST: { base: -18.3, lots: 2.82, profit: 1.08, breadth: 5.05 },
  PATIENT_ACCUMULATOR: { base: -10.07, lots: 1.27, profit: 0.94, breadth: 4.86 },
}

/** Days in the year of {@link Features.sharpe}. */
const tradingDays = 252
/** Standard errors beyond which more say nothing new: days are not independent, and prices jump. */
const surest = 6
const least = 0.02

/** 0.02 … 0.98; `recent` are the features the persona was given by. */
export const confidenceOf = (persona: Persona, recent: Features): number => {
  const { base, breadth, lots, profit } = weights[persona]
  const t = recent.sharpe * Math.sqrt(recent.observedDays / tradingDays)
  const logit =
    base +
    lots * Math.log(1 + recent.closedLots) +
    profit * Math.min(surest, Math.max(-surest, t)) +
    breadth * (1 - recent.topMarketProfitShare)
  return Math.min(1 - least, Math.max(least, 1 / (1 + Math.exp(-logit))))
}
