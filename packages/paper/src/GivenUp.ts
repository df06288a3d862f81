/**
 * Which dead letters of paper.db still stand for work: polls that wait for a redrive. A settlement is looked at
 * again when its letter has had its time.
 */

/** SQL over the letter `d`: 1 or 0, and NULL for a letter whose work has no row that waits. */
export const lettersStanding = `CASE d.source
  WHEN 'watch' THEN EXISTS (SELECT 1 FROM watches r
    WHERE r.wallet = unhex(substr(d.subject, 3, 40))
      AND r.from_ms = CAST(substr(d.subject, 49) AS INTEGER)
      AND r.next_poll_at_ms IS NULL AND r.attempts > 0)
  END`
