/**
 * Recomputes the whole ledger from its postings and lists what does not agree. An empty list is the
 * proof that no money was made or lost by us.
 *
 * Reads only; also on a read-only connection. Limits: {@link faultsShown} faults a rule.
 */
import { Effect } from "effect"
import { SqlClient, type Statement } from "effect/sql"

export const faultsShown = 20

export interface LedgerFault {
  /** The rule that is broken, as a sentence. */
  readonly rule: string
  /** What breaks it: a transfer, a book and account, a copy. */
  readonly subject: string
  readonly found: number
  readonly expected: number
}

interface FaultRow {
  readonly subject: string
  readonly found: number
  readonly expected: number
}

export const checkLedger: Effect.Effect<
  ReadonlyArray<LedgerFault>,
  never,
  SqlClient.SqlClient
> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // The states of the partial index, in its own words: without them every copy is read.
  const inFlight = sql.literal(
    "c.state IN ('detected', 'reviewed', 'reserved', 'priced', 'compensating')",
  )
  const rules: ReadonlyArray<readonly [string, Statement.Statement<FaultRow>]> = [
    [
      "the postings of a transfer sum to zero in each currency",
      sql`SELECT 'transfer ' || transfer_id || ' ' || hex(token) AS subject,
        sum(amount) AS found, 0 AS expected
        FROM postings GROUP BY transfer_id, token HAVING found <> 0 LIMIT ${faultsShown}`,
    ],
    [
      "a balance is the sum of its postings",
      sql`SELECT b.book || ' ' || b.account || ' ' || hex(b.token) AS subject,
        b.amount AS found, coalesce(p.total, 0) AS expected
        FROM balances b LEFT JOIN (
          SELECT t.book, o.token, o.account, sum(o.amount) AS total
          FROM postings o JOIN transfers t ON t.id = o.transfer_id GROUP BY t.book, o.token, o.account
        ) p ON p.book = b.book AND p.token = b.token AND p.account = b.account
        WHERE b.amount <> coalesce(p.total, 0) LIMIT ${faultsShown}`,
    ],
    [
      "every posted account has a balance",
      sql`SELECT t.book || ' ' || o.account || ' ' || hex(o.token) AS subject,
        0 AS found, sum(o.amount) AS expected
        FROM postings o JOIN transfers t ON t.id = o.transfer_id
        WHERE NOT EXISTS (SELECT 1 FROM balances b
          WHERE b.book = t.book AND b.token = o.token AND b.account = o.account)
        GROUP BY t.book, o.token, o.account LIMIT ${faultsShown}`,
    ],
    [
      "no account is below zero that may not be",
      sql`SELECT book || ' ' || account || ' ' || hex(token) AS subject,
        amount AS found, 0 AS expected FROM balances WHERE amount < 0
        AND account IN ('cash', 'reserved', 'positions', 'fees', 'held', 'promised')
        LIMIT ${faultsShown}`,
    ],
    [
      "the positions account is what the open lots cost",
      sql`SELECT b.book || ' positions' AS subject, b.amount AS found,
        (SELECT coalesce(sum(open_cost), 0) FROM lots l WHERE l.book = b.book) AS expected
        FROM balances b WHERE b.account = 'positions' AND found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "the shares held and promised are those of the open lots",
      sql`SELECT b.book || ' ' || hex(b.token) AS subject,
        sum(b.amount) AS found,
        (SELECT coalesce(sum(open_size), 0) FROM lots l WHERE l.book = b.book AND l.token = b.token)
          AS expected
        FROM balances b WHERE b.account IN ('held', 'promised')
        GROUP BY b.book, b.token HAVING found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "the cash reserved is that of the pending reservations",
      sql`SELECT b.book || ' reserved' AS subject, b.amount AS found,
        (SELECT coalesce(sum(cash), 0) FROM reservations r
          WHERE r.book = b.book AND r.state = 'pending') AS expected
        FROM balances b WHERE b.account = 'reserved' AND found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "the shares promised are those of the pending reservations",
      sql`SELECT b.book || ' promised ' || hex(b.token) AS subject, b.amount AS found,
        (SELECT coalesce(sum(size), 0) FROM reservations r
          WHERE r.book = b.book AND r.token = b.token AND r.state = 'pending') AS expected
        FROM balances b WHERE b.account = 'promised' AND found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "a pending reservation belongs to a copy that is reserved, priced or being undone",
      sql`SELECT 'reservation ' || r.id || ' of ' || lower(hex(r.fill_id)) AS subject,
        1 AS found, 0 AS expected FROM reservations r
        LEFT JOIN copies c ON c.fill_id = r.fill_id AND c.strategy = r.strategy
        WHERE r.state = 'pending'
          AND coalesce(c.state, '') NOT IN ('reserved', 'priced', 'compensating', 'stuck')
        LIMIT ${faultsShown}`,
    ],
    [
      "a copy on its way after the reservation has one pending",
      sql`SELECT lower(hex(c.fill_id)) AS subject, 0 AS found, 1 AS expected FROM copies c
        WHERE ${inFlight} AND c.state IN ('reserved', 'priced') AND NOT EXISTS (SELECT 1 FROM reservations r
          WHERE r.fill_id = c.fill_id AND r.strategy = c.strategy AND r.state = 'pending')
        LIMIT ${faultsShown}`,
    ],
    [
      "a promise ended as its copy: posted by a fill, expired by age, voided by anything else",
      sql`SELECT 'reservation ' || r.id || ' of ' || lower(hex(r.fill_id)) || ', ' || r.state
          AS subject, 1 AS found, 0 AS expected
        FROM reservations r JOIN copies c ON c.fill_id = r.fill_id AND c.strategy = r.strategy
        WHERE r.state NOT IN ('pending', CASE c.outcome WHEN 'COPIED' THEN 'posted'
          WHEN 'SKIPPED_DETECTION_LAG' THEN 'expired' ELSE 'voided' END)
        LIMIT ${faultsShown}`,
    ],
    [
      "realised profit is what the closings brought over what they cost",
      sql`SELECT b.book || ' realised' AS subject, -b.amount AS found,
        (SELECT coalesce(sum(x.proceeds - x.cost), 0) FROM closings x
          JOIN lots l ON l.id = x.lot_id WHERE l.book = b.book) AS expected
        FROM balances b WHERE b.account = 'realised' AND found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "the fees are those of the lots and of the sales",
      sql`SELECT b.book || ' fees' AS subject, b.amount AS found,
        (SELECT coalesce(sum(fee), 0) FROM lots l WHERE l.book = b.book) +
        (SELECT coalesce(sum(x.sale_fee), 0) FROM closings x
          JOIN lots l ON l.id = x.lot_id WHERE l.book = b.book) AS expected
        FROM balances b WHERE b.account = 'fees' AND found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "the days' results are the profit of the closings",
      sql`SELECT r.book AS subject, sum(r.pnl) AS found,
        (SELECT coalesce(sum(x.pnl), 0) FROM closings x JOIN lots l ON l.id = x.lot_id
          WHERE l.book = r.book) AS expected
        FROM results r GROUP BY r.book HAVING found <> expected LIMIT ${faultsShown}`,
    ],
    [
      "a purchase taken back has earned and cost nothing",
      sql`SELECT 'lot ' || x.lot_id AS subject, sum(x.pnl) AS found, 0 AS expected
        FROM closings x WHERE x.lot_id IN (SELECT lot_id FROM closings WHERE cause = 'taken back')
        GROUP BY x.lot_id HAVING found <> 0 LIMIT ${faultsShown}`,
    ],
    [
      "a purchase is filled while shares of it are left, and closed when none are",
      sql`SELECT lower(hex(c.fill_id)) AS subject, l.open_size AS found,
        CASE WHEN c.state IN ('closed', 'reversed') THEN 0 ELSE 1 END AS expected
        FROM lots l JOIN copies c ON c.fill_id = l.fill_id AND c.strategy = l.strategy
        WHERE (c.state IN ('closed', 'reversed')) <> (l.open_size = 0) LIMIT ${faultsShown}`,
    ],
    [
      "a purchase that was copied has its lot",
      sql`SELECT lower(hex(c.fill_id)) AS subject, 0 AS found, 1 AS expected FROM copies c
        WHERE c.outcome = 'COPIED' AND c.side = 'BUY' AND NOT EXISTS (SELECT 1 FROM lots l
          WHERE l.fill_id = c.fill_id AND l.strategy = c.strategy) LIMIT ${faultsShown}`,
    ],
  ]
  const found: Array<LedgerFault> = []
  for (const [rule, statement] of rules) {
    for (const row of yield* statement) found.push({ rule, ...row })
  }
  return found
}).pipe(Effect.orDie)
