/**
 * Holds what the background lane knows of our copies against the fast lane's file: each outcome, and what
 * each copy that ended earned. For files that nobody has open, after a drain.
 */
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"

const most = 5

const read = (dataDir: string, file: string, query: string): Map<string, string> => {
  using database = new DatabaseSync(join(dataDir, file), { readOnly: true })
  return new Map(
    database
      .prepare(query)
      .all()
      .map(({ id, says }) => [String(id), String(says)]),
  )
}

const differing = (what: string, here: Map<string, string>, there: Map<string, string>) => {
  const faults = [...new Set([...here.keys(), ...there.keys()])]
    .filter((id) => here.get(id) !== there.get(id))
    .map(
      (id) =>
        `${what} of copy ${id}: ${here.get(id) ?? "nothing"} in evaluator.db, ${there.get(id) ?? "nothing"} in paper.db`,
    )
  const left = faults.length - most
  return left > 0 ? [...faults.slice(0, most), `and ${left} more`] : faults
}

/** Differences in words. */
export const copyResultFaults = (dataDir: string): ReadonlyArray<string> => [
  ...differing(
    "outcome and cost",
    read(
      dataDir,
      "evaluator.db",
      "SELECT hex(fill) || ' ' || strategy AS id, outcome || ' ' || cost AS says FROM copy_results",
    ),
    read(
      dataDir,
      "paper.db",
      `SELECT hex(fill_id) || ' ' || strategy AS id, outcome || ' ' ||
         CASE WHEN takes IS NULL THEN 0 WHEN side = 'BUY' THEN gross + fee ELSE fee - gross END AS says
       FROM copies WHERE outcome IS NOT NULL AND origin = 'fill'`,
    ),
  ),
  ...differing(
    "what was earned",
    read(
      dataDir,
      "evaluator.db",
      `SELECT hex(fill) || ' ' || strategy AS id, sum(pnl) AS says FROM copy_settlements
       GROUP BY fill, strategy HAVING sum(pnl) <> 0`,
    ),
    read(
      dataDir,
      "paper.db",
      `SELECT hex(fill_id) || ' ' || strategy AS id, pnl AS says FROM copies
       WHERE state IN ('closed', 'reversed') AND coalesce(pnl, 0) <> 0`,
    ),
  ),
]
