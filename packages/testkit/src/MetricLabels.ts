/**
 * What is wrong with the labels of metrics as they were counted: one that its metric does not declare, a value
 * that names a thing (a wallet, a market, a fill, a number), too many values.
 */
import { Effect, Metric } from "effect"
import { type MetricName, metrics } from "@evaluator/telemetry/Names"

/** Values of one label of one metric. */
export const mostValues = 40

const declared = new Map<string, MetricName>(
  Object.values(metrics).map((metric): [string, MetricName] => [metric.name, metric]),
)

/** A word of ours: letters with few signs, and no long run of digits as an id has. */
const isWord = (value: string): boolean =>
  /^[A-Za-z][A-Za-z0-9 ._/-]*$/.test(value) && !/\d{3}|[0-9a-f]{12}/.test(value)

/** Faults in words, of the registry the effect runs over. */
export const labelFaults = Effect.map(Metric.snapshot, (counted) => {
  const faults = new Set<string>()
  const values = new Map<string, Set<string>>()
  for (const { attributes = {}, id } of counted) {
    const labels = declared.get(id)?.labels ?? []
    for (const [label, value] of Object.entries(attributes)) {
      const of = `${label} of ${id}`
      if (["unit", "time_unit"].includes(label)) continue
      if (!labels.includes(label)) faults.add(`${of} is not declared`)
      if (!isWord(value)) faults.add(`${of} has the value ${value}`)
      values.set(of, (values.get(of) ?? new Set()).add(value))
    }
  }
  for (const [of, seen] of values) {
    if (seen.size > mostValues) faults.add(`${of} has ${seen.size} values`)
  }
  return [...faults]
})
