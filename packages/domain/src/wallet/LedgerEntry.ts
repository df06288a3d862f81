/**
 * A wallet's ledger as the lots engine takes it, and the order in which it takes it.
 *
 * Promises: whatever order and however often rows were delivered, the ordered ledger is the same.
 */

export type EntryKind = "split" | "buy" | "sell" | "merge" | "redeem" | "resolve"

/** A row of the ledger, fields that do not apply are null or 0. Sizes and USDC are micro. */
export interface LedgerEntry {
  readonly kind: EntryKind
  readonly id: string
  readonly atMs: number
  readonly condition: string
  readonly token: string | null
  readonly size: number
  readonly price: number
  readonly usdc: number
}

// Within one second the true order is unknown: what brings shares comes before what takes them.
const kindOrder: Readonly<Record<EntryKind, number>> = {
  split: 0,
  buy: 1,
  sell: 2,
  merge: 3,
  redeem: 4,
  resolve: 5,
}

/** Each entry once, in the order in which {@link LotBook} takes them. */
export const orderLedger = (entries: ReadonlyArray<LedgerEntry>): ReadonlyArray<LedgerEntry> => {
  const sorted = entries.toSorted(
    (a, b) =>
      a.atMs - b.atMs ||
      kindOrder[a.kind] - kindOrder[b.kind] ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  )
  return sorted.filter((entry, index) => {
    const before = sorted[index - 1]
    return before === undefined || before.id !== entry.id || before.kind !== entry.kind
  })
}

/**
 * The ordered ledger in pieces of about `pieceRows` entries, each put in order when it is asked for,
 * so that a long history need not be sorted in one go.
 */
export function* orderedPieces(
  entries: ReadonlyArray<LedgerEntry>,
  pieceRows: number,
): Generator<ReadonlyArray<LedgerEntry>> {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { atMs } of entries) {
    if (atMs < first) first = atMs
    if (atMs > last) last = atMs
  }
  const count = Math.max(1, Math.ceil(entries.length / pieceRows))
  const spanMs = (last - first + 1) / count
  const pieces = Array.from({ length: count }, (): Array<LedgerEntry> => [])
  for (const entry of entries) {
    pieces[Math.min(count - 1, Math.floor((entry.atMs - first) / spanMs))]!.push(entry)
  }
  for (const piece of pieces) yield orderLedger(piece)
}
