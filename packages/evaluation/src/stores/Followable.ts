/**
 * Which wallets the rules may let in. A persona explains, only exclusions refuse: a wallet that fits
 * no persona may be paper traded when the evidence speaks for it, or it could never earn the copies
 * that a FOLLOW asks for.
 */
import type { SqlClient } from "effect/sql"

/** A wallet without a persona is let in while the probability that copying does not pay is no more. */
export const promisingFdr = 0.5

/** Of a row of `wallets` as `w` left-joined with its standing verdict as `v`: 1 or 0. */
export const followableSql = (sql: SqlClient.SqlClient) =>
  sql`(w.verdict = 'classified' OR (w.verdict = 'waiting' AND w.verdict_reason = 'NOTHING_MATCHED'
    AND coalesce(v.verdict <> 'AVOID' AND v.local_fdr <= ${promisingFdr}, 0)))`

export const standingVerdictSql = (sql: SqlClient.SqlClient) =>
  sql`LEFT JOIN verdicts v ON v.wallet = w.wallet AND v.until_ms IS NULL`
