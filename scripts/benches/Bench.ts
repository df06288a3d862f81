/**
 * What a benchmark is: `scripts/bench.ts` runs those in this folder and prints their measurements.
 */

export interface Measurement {
  readonly name: string
  /** Ours against the baseline of the same runs, the median; absent where nothing is compared. */
  readonly ratio?: number
  readonly better: "higher" | "lower"
  readonly ours: number
  readonly baseline?: number
  readonly unit: string
  readonly runs: number
}

export interface Bench {
  readonly name: string
  readonly about: string
  /** Calls `say` for what a person may want to see meanwhile; it goes to stderr. */
  readonly run: (say: (text: string) => void) => Promise<ReadonlyArray<Measurement>>
}

const figure = (value: number | undefined): string =>
  value === undefined ? "-" : String(Number(value.toPrecision(4)))

/** The one line a measurement is, in the form other programs read. */
export const lineOf = (m: Measurement): string =>
  `bench ${m.name} ${figure(m.ratio)} better=${m.better} ours=${figure(m.ours)} ` +
  `baseline=${figure(m.baseline)} unit=${m.unit} runs=${m.runs}`
