/**
 * `ADDRESS:PART` of the fast lane: the rows behind one part of what `wallet` prints of our copies.
 *
 * Sizes, prices and money are millionths, bars of receipts USDC as text. Reads only. Limits: the newest
 * {@link rowsTraced} rows of a list.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex, bytesToToken, hexToBytes } from "@evaluator/domain/Id"
import type { WalletAddress } from "@evaluator/domain/Id"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import {
  receiptColumns,
  receiptFigures,
  type ReceiptRow,
  receiptTables,
  toReceipt,
} from "./Receipts.ts"
import { bookOf } from "./Strategies.ts"

export const rowsTraced = 20_000

type Stored = Readonly<Record<string, Cell | Uint8Array>>

const shown = (row: Stored): Readonly<Record<string, Cell>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      !(value instanceof Uint8Array)
        ? value
        : name === "fill"
          ? bytesToBareHex(value)
          : name === "token"
            ? bytesToToken(value)
            : bytesToHex(value),
    ]),
  )

/** What each copy of a wallet's fill was, went through and cost. */
const copiesOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<
    Stored & ReceiptRow
  >`SELECT c.fill_id AS fill, c.strategy, c.origin, c.state,
      c.outcome, c.leader_at_ms, c.visible_at_ms, c.detected_at_ms, c.reserved_at_ms, c.priced_at_ms,
      c.leader_size, ${sql.literal(receiptColumns)}
    FROM ${sql.literal(receiptTables)} WHERE c.wallet = ${wallet}
    ORDER BY c.leader_at_ms DESC, c.fill_id, c.strategy LIMIT ${rowsTraced}`
  const section: Section = {
    title: "Every copy of it",
    says: [
      "Newest first; why FILL tells the story of each. Slippage is −(latency + spread + depth) of the receipt, by the shares; hops are the differences of the times.",
    ],
    rows: rows.map((row) => {
      const {
        best_ask: _ask,
        best_bid: _bid,
        takes: _takes,
        levels: _levels,
        tick: _tick,
        ...columns
      } = row
      const receipt = toReceipt(row)
      return { ...shown(columns), ...(receipt === null ? {} : receiptFigures(receipt)) }
    }),
  }
  return [section]
}, Effect.orDie)

/** What the curves of its books were drawn from. */
const resultsOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const address = bytesToHex(wallet) as WalletAddress
  const results = yield* sql<Stored>`SELECT book, day, pnl FROM results
    WHERE wallet = ${wallet} OR book LIKE 'solo:%' ORDER BY day, book LIMIT ${rowsTraced}`
  const funds =
    yield* sql<Stored>`SELECT t.id AS transfer, t.book, t.at_ms, t.at_ms / 86400000 AS day,
      -p.amount AS amount FROM transfers t JOIN postings p ON p.transfer_id = t.id
      AND p.account = 'capital' WHERE t.kind = 'fund' AND t.book LIKE 'solo:%'
      OR t.kind = 'fund' AND p.account = 'capital' AND t.book = ${bookOf("careless", address)}
    ORDER BY t.id LIMIT ${rowsTraced}`
  const closings = yield* sql<Stored>`SELECT l.fill_id AS fill, l.strategy, x.at_ms,
      x.at_ms / 86400000 AS day, x.cause, x.size, x.proceeds, x.pnl
    FROM closings x JOIN lots l ON l.id = x.lot_id WHERE l.wallet = ${wallet}
    ORDER BY x.id DESC LIMIT ${rowsTraced}`
  return [
    {
      title: "What books made by day",
      says: [
        `Its own book is ${bookOf("solo", address)}; days are counted from 1970. The return of a day is the sum of profit so far over the capital so far; all solo books together are the mean of the followed wallets.`,
      ],
      rows: results.map(shown),
    },
    {
      title: "What was put into the books",
      says: ["One row a transfer of the ledger."],
      rows: funds.map(shown),
    },
    {
      title: "What made these days",
      says: ["Pieces of lots that went, newest first."],
      rows: closings.map(shown),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

/** The same purchases, had they come later. */
const laterOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT c.fill_id AS fill, f.after_ms, f.size, f.gross, f.fee,
      c.size AS bought, c.pnl,
      (SELECT sum(x.proceeds - x.sale_fee) FROM closings x WHERE x.lot_id = l.id) AS returned
    FROM copies c JOIN later_fills f ON f.fill_id = c.fill_id
    JOIN lots l ON l.fill_id = c.fill_id AND l.strategy = c.strategy
    WHERE c.wallet = ${wallet} AND c.strategy = 'solo' AND c.side = 'BUY' AND c.state = 'closed'
    ORDER BY c.leader_at_ms DESC, c.fill_id, f.after_ms LIMIT ${rowsTraced}`
  const section: Section = {
    title: "Its settled purchases, later",
    says: ["Later it would have made returned × size ÷ bought, rounded, less gross and fee."],
    rows: rows.map(shown),
  }
  return [section]
}, Effect.orDie)

const lotsOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT fill_id AS fill, strategy, token, open_size, open_cost,
      open_fee FROM lots WHERE wallet = ${wallet} AND open_size > 0 ORDER BY id LIMIT ${rowsTraced}`
  const section: Section = {
    title: "Lots that are open",
    says: ["In the order in which they were bought."],
    rows: rows.map(shown),
  }
  return [section]
}, Effect.orDie)

const watchOf = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT f.from_ms, f.to_ms, f.state, f.persona,
      w.complete_through_ms, w.next_poll_at_ms, w.polls, w.quiet_polls, w.rejected_rows, w.attempts,
      w.error
    FROM follows f JOIN watches w ON w.wallet = f.wallet AND w.from_ms = f.from_ms
    WHERE f.wallet = ${wallet} ORDER BY f.from_ms DESC`
  const section: Section = {
    title: "How it is watched",
    says: ["One row a follow, as its polls left it."],
    rows: rows.map(shown),
  }
  return [section]
}, Effect.orDie)

const parts = {
  copies: copiesOf,
  results: resultsOf,
  later: laterOf,
  lots: lotsOf,
  watch: watchOf,
}

export const makeWalletTrace = Effect.map(
  SqlClient.SqlClient,
  (sql) => (address: WalletAddress, part: string) =>
    (part in parts
      ? parts[part as keyof typeof parts](hexToBytes(address))
      : Effect.succeed([])
    ).pipe(Effect.provideService(SqlClient.SqlClient, sql)),
)
