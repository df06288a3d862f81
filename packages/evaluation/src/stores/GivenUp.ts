/**
 * Which dead letters of evaluator.db still stand for work: those whose row waits for a redrive.
 *
 * A row that is given up has no due time and its failed attempts. One that was done since, became due again
 * or went needs no letter any more.
 */

const walletFeed = (feed: string) => `EXISTS (SELECT 1 FROM wallet_feeds r
  WHERE r.wallet = unhex(substr(d.subject, 3)) AND r.feed = '${feed}'
    AND r.due_ms IS NULL AND r.attempts > 0)`
const condition = (what: "describe" | "resolve") => `EXISTS (SELECT 1 FROM conditions r
  WHERE r.condition = unhex(substr(d.subject, 3))
    AND r.${what}_due_ms IS NULL AND r.${what}_attempts > 0)`

/** SQL over the letter `d`: 1 or 0, and NULL for a letter whose work has no row. */
export const lettersStanding = `CASE d.source
  WHEN 'ingest-activity' THEN ${walletFeed("activity")}
  WHEN 'ingest-trades' THEN ${walletFeed("trades")}
  WHEN 'describe-markets' THEN ${condition("describe")}
  WHEN 'resolve-markets' THEN ${condition("resolve")}
  WHEN 'snapshot-positions' THEN EXISTS (SELECT 1 FROM position_snapshots r
    WHERE r.wallet = unhex(substr(d.subject, 3)) AND r.due_ms IS NULL AND r.attempts > 0)
  WHEN 'measure-drift' THEN EXISTS (SELECT 1 FROM wallets r
    WHERE r.wallet = unhex(substr(d.subject, 3)) AND r.drift_due_ms IS NULL AND r.drift_attempts > 0)
  WHEN 'discover-wallets' THEN EXISTS (SELECT 1 FROM discovery_items r
    WHERE r.kind = substr(d.subject, 1, instr(d.subject, ' ') - 1)
      AND r.subject = substr(d.subject, instr(d.subject, ' ') + 1)
      AND r.due_ms IS NULL AND r.attempts > 0)
  END`
