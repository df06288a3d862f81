/**
 * `ADDRESS:numbers`: the ledger that a wallet's numbers were worked out from, what it closed and left
 * open, and the numbers worked out again from exactly these rows.
 *
 * Sizes, prices and money are millionths. Limits: the newest {@link rowsTraced} rows of a list, what is
 * worked out is of all.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { FeatureRun } from "@evaluator/domain/wallet/Features"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { orderedPieces } from "@evaluator/domain/wallet/LedgerEntry"
import { LotBook } from "@evaluator/domain/wallet/Lots"
import { plural, when } from "../Words.ts"
import { ledgerSeenBy } from "./KnownLedger.ts"

export const rowsTraced = 20_000
const pieceRows = 2000

type Rows = Array<Readonly<Record<string, Cell>>>

/** How a window is called in the columns of `wallet`. */
export const windowName = (days: number): string => (days === 0 ? "all" : `${days} days`)

/** The newest of a list. */
export const newest = <A>(rows: ReadonlyArray<A>): ReadonlyArray<A> => rows.slice(-rowsTraced)

/** Walks what was stored by `seenByMs` up to the moment the numbers are of. */
const walk = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  atMs: number,
  seenByMs: number,
  windows: ReadonlyArray<number>,
) {
  const { entries, markets } = yield* ledgerSeenBy(wallet, seenByMs)
  const run = new FeatureRun(markets, windows, atMs)
  const book = new LotBook(markets)
  const ledger: Rows = []
  const closings: Rows = []
  for (const piece of orderedPieces(entries, pieceRows)) {
    run.take(piece)
    for (const entry of piece) {
      if (entry.atMs > atMs) continue
      const unmatched = book.unmatched
      const closed = book.apply(entry)
      const given = closed.reduce((sum, lot) => sum + lot.cost, 0)
      ledger.push({
        kind: entry.kind,
        id: entry.id,
        at_ms: entry.atMs,
        condition: entry.condition,
        topic: markets.get(entry.condition)?.domain ?? "unknown",
        size: entry.size,
        price: entry.price,
        usdc: entry.usdc,
        at_work: book.openCost + given,
        unmatched: book.unmatched - unmatched,
      })
      for (const lot of closed) {
        closings.push({
          by: entry.id,
          cause: lot.cause,
          condition: lot.condition,
          opened_at_ms: lot.openedAtMs,
          closed_at_ms: lot.closedAtMs,
          size: lot.size,
          cost: lot.cost,
          proceeds: lot.proceeds,
        })
      }
    }
    yield* Effect.yieldNow
  }
  const { life, windows: found } = run.finish()
  const again = new Map<number, Features>([[0, life], ...found])
  return { again, closings, held: book.open(), ledger }
})

/** A wallet's numbers by window as they were at a moment, worked out again; 0 is the whole history. */
export const numbersAt = (wallet: Uint8Array, atMs: number, windows: ReadonlyArray<number>) =>
  Effect.map(walk(wallet, atMs, atMs, windows), ({ again }) => again)

export const traceNumbers = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const stored = yield* sql<{ window_days: number; at_ms: number; features: string }>`
    SELECT window_days, at_ms, features FROM wallet_features WHERE wallet = ${wallet}
    ORDER BY iif(window_days = 0, 1000000, window_days)`.pipe(Effect.orDie)
  if (stored.length === 0) return []
  const atMs = stored[0]!.at_ms
  const windows = stored.flatMap(({ window_days: days }) => (days === 0 ? [] : [days]))
  const unlike = ({ again }: Effect.Success<ReturnType<typeof walk>>) =>
    stored.flatMap(({ features, window_days: days }) => {
      const said = JSON.parse(features) as Record<string, Cell>
      const now = JSON.parse(JSON.stringify(again.get(days))) as Record<string, Cell>
      return Object.keys(said)
        .filter((name) => said[name] !== now[name])
        .map((name) => `${name} of ${windowName(days)}`)
    })
  let walked = yield* walk(wallet, atMs, atMs, windows)
  // What was stored in the very millisecond may have come after the judgement.
  if (unlike(walked).length > 0) {
    const without = yield* walk(wallet, atMs, atMs - 1, windows)
    if (unlike(without).length === 0) walked = without
  }
  const { again, closings, held, ledger } = walked
  const others = unlike(walked)
  return [
    {
      title: "The ledger the numbers are of",
      says: [
        `As stored at ${when(atMs)}: ${plural(ledger.length, "row")}, oldest first; a window of N days is what happened in the N days before that.`,
        "A row is a fill, another deed or an outcome; its id is one that why takes. at work is the cost of all that was held, with what this row closed; unmatched are shares given up that nothing here had brought.",
      ],
      rows: newest(ledger),
    },
    {
      title: "Lots it closed",
      says: [`${plural(closings.length, "lot")}, each earned its proceeds less its cost.`],
      rows: newest(closings),
    },
    {
      title: "What it still held",
      says: [`${plural(held.length, "token")} at the end.`],
      rows: held.map(({ condition, cost, size, token }) => ({ condition, token, size, cost })),
    },
    {
      title: "Worked out again from these rows",
      says: [
        others.length === 0
          ? "Every number is the one that was stored."
          : `Of a ledger that changed since, these are others than stored: ${others.join(", ")}.`,
      ],
      rows: stored.map(({ window_days: days }) => ({
        window: windowName(days),
        as_of_ms: atMs,
        ...(again.get(days) as unknown as Record<string, Cell>),
      })),
    },
  ] satisfies ReadonlyArray<Section>
})
