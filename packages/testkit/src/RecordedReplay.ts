/**
 * What a replay of recorded rows must show: the equations of any summary, for each strategy, something
 * copied so that they say something, each recorded fill with one fate, no fill lost or left over, and
 * detections as late in the median as the recording's rows are shown. Returns the faults in words; none is good.
 */
import { Schema } from "effect"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { faultsOf, Summary } from "./Equations.ts"

/** How far the median detection lag may be from the configured one, as a part of it. */
export const mostApart = 0.1

/** The parts of a replay's summary that are held. */
export const Replayed = Schema.Struct({
  ...Summary.fields,
  wall_ms: Schema.Int,
  evidence: Schema.Struct({
    ...Summary.fields.evidence.fields,
    detection_ms: Schema.NullOr(Schema.Struct({ count: Schema.Int, p50: Schema.Int })),
  }),
  rows: Schema.Array(
    Schema.Struct({
      file: Schema.String,
      read: Schema.Int,
      stored: Schema.Int,
      duplicate: Schema.Int,
      quarantined: Schema.Int,
      ignored: Schema.Record(Schema.String, Schema.Int),
    }),
  ),
})
export type Replayed = typeof Replayed.Type

const copyFaults = ({ copies_by_strategy: all }: Replayed): ReadonlyArray<string> =>
  Strategy.literals.flatMap((strategy) => {
    const copies = all[strategy]
    if (copies === undefined) return [`nothing is said of strategy ${strategy}`]
    const { in_flight, outcomes, undetected } = copies
    return [
      ...((outcomes["COPIED"] ?? 0) === 0 ? [`${strategy} copied nothing`] : []),
      ...(in_flight === 0 ? [] : [`${in_flight} copies of ${strategy} are in flight`]),
      ...(undetected === 0 ? [] : [`${undetected} fills are undetected by ${strategy}`]),
    ]
  })

/** Only files of fills have their rows' fates; markets and resolutions are read as facts. */
const rowFaults = ({ rows }: Replayed): ReadonlyArray<string> =>
  rows
    .filter(({ file }) => /^(trades|activity)\//.test(file))
    .flatMap(({ file, read, stored, duplicate, quarantined, ignored }) => {
      const unused = Object.values(ignored).reduce((total, count) => total + count, 0)
      const fates = stored + duplicate + quarantined + unused
      return fates === read ? [] : [`${file}: ${read} rows have ${fates} fates`]
    })

const lagFaults = (
  { copies, evidence: { detection_ms } }: Replayed,
  rowLagMs: number,
): ReadonlyArray<string> => {
  if (detection_ms === null) return ["no fill was detected"]
  const { count, p50 } = detection_ms
  return [
    ...(count === copies.leader_fills
      ? []
      : [`${count} of ${copies.leader_fills} leader fills have a detection lag`]),
    ...(Math.abs(p50 / rowLagMs - 1) <= mostApart
      ? []
      : [`detected after ${p50} ms in the median, ${rowLagMs} ms are configured`]),
  ]
}

/** `rowLagMs`: `venue.row_lag`, how long after its time the venue shows a row. */
export const replayFaults = (summary: Replayed, rowLagMs: number): ReadonlyArray<string> => [
  ...faultsOf(summary),
  ...copyFaults(summary),
  ...rowFaults(summary),
  ...lagFaults(summary, rowLagMs),
  ...summary.jobs
    .filter(({ failed }) => failed > 0)
    .map(({ failed, name }) => `${failed} runs of ${name} failed`),
]

/** A part of the recording that takes seconds: one wallet's day, with its markets and what they paid. */
export const oneWallet = {
  activity: ["crypto_day_wallet_8.ndjson.gz"],
  markets: ["crypto_day.derived.ndjson.gz"],
  resolutions: ["crypto_day.derived.ndjson.gz"],
} as const
