/** What benchmarks do with many durations. */

/** The share `of` of the values is at most this; the nearest value, none made up. */
export const percentile = (values: ReadonlyArray<number>, of: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(of * sorted.length) - 1))]!
}

/** The middle one of an odd number of values. */
export const median = (values: ReadonlyArray<number>): number => percentile(values, 0.5)

/** Milliseconds between two readings of `process.hrtime.bigint()`, which all threads share. */
export const millis = (from: bigint, to: bigint): number => Number(to - from) / 1e6
