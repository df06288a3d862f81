/**
 * Holds what the background lane knows of our copies against the fast lane's file: each outcome, and of each
 * copy that ended what it earned and what was sold of it. For files that nobody has open, after a drain.
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
  ...differing(
    "shares sold and their fees",
    read(
      dataDir,
      "evaluator.db",
      `SELECT hex(fill) || ' ' || strategy AS id, sum(sold) || ' ' || sum(sale_fee) AS says
       FROM copy_settlements GROUP BY fill, strategy HAVING sum(sold) <> 0`,
    ),
    read(
      dataDir,
      "paper.db",
      `SELECT hex(l.fill_id) || ' ' || l.strategy AS id, sum(x.size) || ' ' || sum(x.sale_fee) AS says
       FROM lots l JOIN closings x ON x.lot_id = l.id AND x.cause = 'sold'
       WHERE l.open_size = 0 AND NOT EXISTS (SELECT 1 FROM closings b
         WHERE b.lot_id = l.id AND b.cause = 'taken back')
       GROUP BY l.id`,
    ),
  ),
]
