/**
 * What a summary document must always satisfy, whatever happened before: each leader fill has one
 * fate, each queued item too, each discovered wallet one verdict, and the ledger balances. Returns the faults in words; none is good.
 */
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const CopyCounts = Schema.Struct({
  leader_fills: Count,
  outcomes: Schema.Record(Schema.String, Count),
  in_flight: Count,
  undetected: Count,
})
export type CopyCounts = typeof CopyCounts.Type

/** The parts of the summary document the equations speak of. */
export const Summary = Schema.Struct({
  verdicts: Schema.Struct({
    classified: Count,
    excluded: Count,
    waiting: Count,
    discovered: Count,
  }),
  copies: CopyCounts,
  copies_by_strategy: Schema.Record(Schema.String, CopyCounts),
  ledger: Schema.Struct({ balanced: Schema.Boolean }),
  evidence: Schema.Struct({
    copies_without_book: Count,
    copies_before_leader: Count,
    receipts_with_remainder: Count,
    takes_unlike_book: Count,
    fills_unlike_id: Count,
  }),
  queues: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      offered: Count,
      done: Count,
      failed: Count,
      dropped: Count,
      coalesced: Count,
      pending: Count,
    }),
  ),
  jobs: Schema.Array(Schema.Struct({ name: Schema.String, runs: Count, failed: Count })),
})
export type Summary = typeof Summary.Type

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

const copyFaults = (name: string, copies: CopyCounts): ReadonlyArray<string> => {
  const fates = sum(copies.outcomes) + copies.in_flight + copies.undetected
  return fates === copies.leader_fills
    ? []
    : [`${name}: ${copies.leader_fills} leader fills have ${fates} fates`]
}

const verdictFaults = ({ discovered, ...verdicts }: Summary["verdicts"]): ReadonlyArray<string> =>
  sum(verdicts) === discovered
    ? []
    : [`${discovered} discovered wallets have ${sum(verdicts)} verdicts`]

const evidenceFaults = (evidence: Summary["evidence"]): ReadonlyArray<string> => [
  ...(evidence.copies_without_book === 0
    ? []
    : [`${evidence.copies_without_book} copies were filled without a book`]),
  ...(evidence.copies_before_leader === 0
    ? []
    : [`${evidence.copies_before_leader} copies came before their leader's fill`]),
  ...(evidence.receipts_with_remainder === 0
    ? []
    : [`${evidence.receipts_with_remainder} receipts leave a remainder`]),
  ...(evidence.takes_unlike_book === 0
    ? []
    : [`${evidence.takes_unlike_book} copies took what their book would not have given`]),
  ...(evidence.fills_unlike_id === 0
    ? []
    : [`${evidence.fills_unlike_id} leaders' fills differ from what their id was made of`]),
]

export const faultsOf = (summary: Summary): ReadonlyArray<string> => [
  ...evidenceFaults(summary.evidence),
  ...verdictFaults(summary.verdicts),
  ...copyFaults("copies", summary.copies),
  ...Object.entries(summary.copies_by_strategy).flatMap(([name, copies]) =>
    copyFaults(`copies of strategy ${name}`, copies),
  ),
  ...summary.queues.flatMap(({ name, offered, ...fate }) => {
    const fates = fate.done + fate.failed + fate.dropped + fate.coalesced + fate.pending
    return fates === offered ? [] : [`queue ${name}: ${offered} items have ${fates} fates`]
  }),
  ...(summary.ledger.balanced ? [] : ["the ledger does not balance"]),
]
