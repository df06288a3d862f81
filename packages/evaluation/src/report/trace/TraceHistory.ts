/**
 * `ADDRESS:history`, `ADDRESS:follows`, `ADDRESS:fills`, `ADDRESS:solo`: rows that are shown as they
 * are stored, because nothing is worked out from them but counts and sums.
 *
 * Limits: the newest {@link rowsTraced} rows of a list.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { plural } from "../Words.ts"
import { rowsTraced } from "./TraceNumbers.ts"

export type Stored = Readonly<Record<string, Cell | Uint8Array>>

const ids = new Set(["id", "fill"])

/** Ids as `why` takes them. */
export const shown = (rows: ReadonlyArray<Stored>): Section["rows"] =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        !(value instanceof Uint8Array)
          ? value
          : ids.has(name)
            ? bytesToBareHex(value)
            : bytesToHex(value),
      ]),
    ),
  )

export const traceHistory = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const feeds = yield* sql<Stored>`SELECT feed, complete_through_ms, last_row_ms, polled_at_ms,
      due_ms, pages, attempts, reason, iif(walk_started_ms IS NULL, 0, 1) AS walking
    FROM wallet_feeds WHERE wallet = ${wallet} ORDER BY feed`
  const deeds = yield* sql<Stored>`SELECT id, at_ms, type, condition, size, usdc, seen_at_ms
    FROM activity WHERE wallet = ${wallet} ORDER BY at_ms DESC LIMIT ${rowsTraced}`
  return [
    {
      title: "How its feeds were read",
      says: ["One row a feed, as the walks of it left them; pages are answers of the venue."],
      rows: shown(feeds),
    },
    ...(yield* traceFills(wallet)),
    {
      title: "Its other deeds",
      says: [`${plural(deeds.length, "row")}, newest first.`],
      rows: shown(deeds),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

export const traceFills = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT id AS fill, at_ms, condition, outcome_index, side, price,
      size, transaction_hash, seen_at_ms
    FROM trades WHERE wallet = ${wallet} ORDER BY at_ms DESC LIMIT ${rowsTraced}`
  return [
    {
      title: "Its fills",
      says: [`${plural(rows.length, "fill")}, newest first, in millionths.`],
      rows: shown(rows),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

export const traceFollows = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT from_ms, to_ms, state, persona, cause, decided_at_ms,
    ended_because FROM follows WHERE wallet = ${wallet} ORDER BY from_ms`
  return [
    { title: "The follow history", says: [], rows: shown(rows) },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

/** Our solo copies as this lane was told of them. */
export const traceSolo = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT c.fill, c.condition, c.leader_at_ms, c.outcome, c.side,
      c.leader_price, c.size, c.cost, c.fee, c.depth,
      s.sold, s.sale_fee, s.pnl
    FROM copy_results c LEFT JOIN (SELECT fill, sum(sold) AS sold, sum(sale_fee) AS sale_fee,
        sum(pnl) AS pnl FROM copy_settlements
      WHERE wallet = ${wallet} AND strategy = 'solo' GROUP BY fill) s ON s.fill = c.fill
    WHERE c.wallet = ${wallet} AND c.strategy = 'solo'
    ORDER BY c.leader_at_ms DESC, c.fill LIMIT ${rowsTraced}`
  return [
    {
      title: "Solo copies as reported",
      says: [
        `${plural(rows.length, "copy").replace("copys", "copies")}, newest first, in millionths. Slippage is (cost − fee) ÷ size less the leader's price, for a sale the other way round; depth is what the book held within our limit. Of a copy that ended, sold is how many of its shares were sold before the end, and sale_fee their fees.`,
      ],
      rows: shown(rows),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

/** What was promised by each verdict, and the copies that tell what became of it. */
export const tracePromises = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT 'verdict-' || id AS id, verdict, at_ms, until_ms, promised,
      promised_low, promised_high, realized, realized_cost, realized_copies
    FROM verdicts WHERE wallet = ${wallet} ORDER BY id DESC LIMIT ${rowsTraced}`
  return [
    {
      title: "What its verdicts promised",
      says: [
        "promised is the copy profit when a verdict was first said. realized is of copies that settled, of fills from then on until verdicts.horizon later.",
      ],
      rows: shown(rows),
    },
    ...(yield* traceSolo(wallet)),
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

/** The wallets it is counted as one with. */
export const traceTogether = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Stored>`SELECT wallet, counted_as, at_ms FROM wallet_clusters
    WHERE counted_as = (SELECT counted_as FROM wallet_clusters WHERE wallet = ${wallet})
    ORDER BY wallet`
  return [
    { title: "Wallets that act together", says: [], rows: shown(rows) },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
