/**
 * What a wallet did, as trailing windows count it: one log in time order that all windows look at, and
 * totals that can be undone.
 */

/** A fill as windows count it. */
export interface LoggedFill {
  readonly atMs: number
  /** Micro-USDC. */
  readonly notional: number
  readonly size: number
  readonly condition: string
  readonly buy: boolean
  readonly extreme: boolean
  /** Fills within the hour that ends with this one, both ends included. */
  readonly hourly: number
}

/** A closed lot as windows count it. */
export interface LoggedClosing {
  readonly atMs: number
  readonly pnl: number
  readonly cost: number
  readonly holdMs: number
  readonly condition: string
}

/** What was invested when an entry was taken. */
export interface LoggedCapital {
  readonly atMs: number
  readonly micro: number
}

/** Everything that happened, in time order; all windows of a wallet look at one log. */
export interface WindowLog {
  readonly fills: Array<LoggedFill>
  readonly closings: Array<LoggedClosing>
  readonly capital: Array<LoggedCapital>
}

/** Of what is in a window, by market or day. */
export interface Total {
  sum: number
  count: number
}

export const addTo = (
  totals: Map<string | number, Total>,
  key: string | number,
  value: number,
): void => {
  const total = totals.get(key)
  if (total === undefined) totals.set(key, { sum: value, count: 1 })
  else {
    total.sum += value
    total.count += 1
  }
}

/** Undoes {@link addTo}; what nothing is left of is gone. */
export const takeFrom = (
  totals: Map<string | number, Total>,
  key: string | number,
  value: number,
): void => {
  const total = totals.get(key)!
  total.sum -= value
  total.count -= 1
  if (total.count === 0) totals.delete(key)
}
