/**
 * The shape of the summary document: public, read by scripts. Keys are only ever added.
 */
import type { QueueCounters } from "@evaluator/runtime/Backlogs"
import type { Evidence } from "@evaluator/paper/Evidence"
import type { State } from "./StateHash.ts"
import type { CopyCounts, LedgerFigures } from "./StatusDocument.ts"

export type { QueueCounters }

/** `copies` with, where they are not 0, the ids of what is in flight or undetected. */
export interface CopySummary extends CopyCounts {
  readonly in_flight_ids?: ReadonlyArray<string>
  readonly undetected_ids?: ReadonlyArray<string>
}

export interface DueCount {
  readonly kind: string
  readonly count: number
  readonly oldest_ms: number | null
}

export interface JobTotals {
  readonly name: string
  readonly runs: number
  readonly failed: number
}

/** The fates of a recorded file's rows; each row has exactly one. */
export interface FileFates {
  readonly file: string
  readonly read: number
  readonly stored: number
  readonly duplicate: number
  readonly quarantined: number
  readonly ignored: Readonly<Record<string, number>>
}

export interface DecisionTimes {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface RankedWallet {
  readonly wallet: string
  readonly wscore: number
  readonly verdict: string | null
}

export interface Verdicts {
  readonly classified: number
  readonly excluded: number
  readonly waiting: number
  readonly discovered: number
}

export interface SummaryDocument extends State {
  readonly venue: string
  readonly seed: number | null
  readonly virtual: boolean
  readonly from_ms: number
  readonly to_ms: number
  readonly wall_ms: number
  readonly funnel: Readonly<Record<string, number>>
  /** Of all wallets: classified + excluded + waiting = discovered. */
  readonly verdicts: Verdicts
  readonly copies: CopySummary
  readonly copies_by_strategy: Readonly<Record<string, CopySummary>>
  readonly ledger: LedgerFigures
  readonly evidence: Evidence
  readonly queues: ReadonlyArray<QueueCounters>
  readonly due: ReadonlyArray<DueCount>
  readonly jobs: ReadonlyArray<JobTotals>
  readonly rows: ReadonlyArray<FileFates>
  /** `null` in virtual time. */
  readonly decision_ms: DecisionTimes | null
  readonly events: number
  readonly ranking: ReadonlyArray<RankedWallet>
}
