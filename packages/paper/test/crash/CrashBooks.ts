/**
 * What a life of the fast lane leaves behind, and what is wrong with it: the books without times and
 * row numbers, so that two lives can be compared.
 */
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type House } from "../PaperHarness.ts"
import { copyFiles } from "./CrashFiles.ts"

/** Rows as text, sorted, by what they are. */
export type Books = Readonly<Record<string, ReadonlyArray<string>>>

const queries = {
  copies: `SELECT lower(hex(fill_id)) AS id, strategy, state, outcome, size, gross, fee, pnl
    FROM copies`,
  lots: `SELECT lower(hex(fill_id)) AS id, strategy, size, cost, fee, open_size, open_cost, open_fee
    FROM lots`,
  balances: `SELECT book, hex(token) AS token, account, amount FROM balances WHERE amount <> 0`,
  closings: `SELECT lower(hex(l.fill_id)) AS id, l.strategy, x.cause, x.size, x.proceeds, x.pnl
    FROM closings x JOIN lots l ON l.id = x.lot_id`,
  results: `SELECT book, hex(wallet) AS wallet, sum(pnl) AS pnl FROM results GROUP BY 1, 2`,
  modes: `SELECT book, mode, peak, equity FROM book_modes`,
  halts: `SELECT strategy, reason FROM halts WHERE lifted_at_ms IS NULL`,
  resolutions: `SELECT hex(condition_id) AS id, payouts, correction_due FROM resolutions`,
  follows: `SELECT hex(wallet) AS wallet, from_ms, to_ms FROM follows`,
  "dead letters": `SELECT source, subject FROM dead_letters`,
  told: `SELECT type, payload FROM events WHERE type LIKE 'Copy%' OR type LIKE '%Halted'`,
} as const

export const booksOf = (house: House): Effect.Effect<Books> =>
  Effect.gen(function* () {
    const books: Record<string, ReadonlyArray<string>> = {}
    for (const [name, query] of Object.entries(queries)) {
      const rows = yield* house.sql.unsafe(query)
      books[name] = rows.map((row) => Object.values(row).join(" ")).toSorted()
    }
    return books
  }).pipe(Effect.orDie)

/** How the books of a life differ from those of an undisturbed one, in words. */
export const differences = (found: Books, expected: Books): ReadonlyArray<string> =>
  Object.entries(expected).flatMap(([name, rows]) => {
    const theirs = found[name] ?? []
    return [
      ...rows.filter((row) => !theirs.includes(row)).map((row) => `${name}: lacks ${row}`),
      ...theirs.filter((row) => !rows.includes(row)).map((row) => `${name}: has ${row}`),
      ...(theirs.length === rows.length
        ? []
        : [`${name}: ${theirs.length} rows, not ${rows.length}`]),
    ]
  })

/** Outcome by copy. */
export type Decided = ReadonlyMap<string, string>

/** What was decided in files that nobody has open. */
export const decidedIn = (directory: string): Decided => {
  const copied = mkdtempSync(join(tmpdir(), "evaluator-crash-"))
  try {
    copyFiles(directory, copied)
    using database = new DatabaseSync(join(copied, "paper.db"))
    const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'copies'").get()
    if (known === undefined) return new Map()
    const rows = database
      .prepare(`SELECT lower(hex(fill_id)) || ' ' || strategy AS copy, outcome FROM copies
        WHERE outcome IS NOT NULL`)
      .all()
    return new Map(rows.map((row) => [String(row.copy), String(row.outcome)]))
  } finally {
    rmSync(copied, { recursive: true, force: true })
  }
}

/** Outcomes decided earlier that are gone or different, in words. */
export const changed = (decided: Decided, books: Books): ReadonlyArray<string> => {
  const now = new Map(
    (books["copies"] ?? []).map((row) => {
      const [id, strategy, , outcome] = row.split(" ")
      return [`${id} ${strategy}`, outcome]
    }),
  )
  return [...decided]
    .filter(([copy, outcome]) => now.get(copy) !== outcome)
    .map(([copy, outcome]) => `copy ${copy} was ${outcome} and is ${now.get(copy)}`)
}

/** What must be so at the end of any life. */
export const complaintsOf = (house: House): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const { sql } = house
    const copies = yield* sql<{ copy: string; outcome: string | null; told: number }>`
      SELECT lower(hex(c.fill_id)) || ' ' || c.strategy AS copy, outcome,
        (SELECT count(*) FROM events e WHERE e.type = 'CopyDecided'
          AND e.payload ->> 'fill' = lower(hex(c.fill_id))
          AND e.payload ->> 'strategy' = c.strategy) + (c.origin <> 'fill') AS told
      FROM copies c`
    const pending = yield* sql`SELECT 1 FROM reservations r WHERE state = 'pending'
      AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.state = 'stuck'
        AND c.fill_id = r.fill_id AND c.strategy = r.strategy)`
    const { headSeq, seq } = yield* house.lane.bridge
    return [
      ...copies
        .filter((row) => row.outcome === null)
        .map(({ copy }) => `copy ${copy} has no outcome`),
      ...copies
        .filter((row) => row.told !== 1)
        .map(({ copy, told }) => `the outcome of copy ${copy} was told ${told} times`),
      ...(pending.length === 0 ? [] : [`${pending.length} promises are pending`]),
      ...(seq === headSeq ? [] : [`the cursor is at ${seq}, the log at ${headSeq}`]),
      ...(yield* house.reports.ledgerCheck).map(
        (fault) => `ledger: ${fault.rule}: ${fault.subject}`,
      ),
    ]
  }).pipe(Effect.orDie)
