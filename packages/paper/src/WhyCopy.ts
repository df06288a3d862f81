/**
 * Why a leader's fill ended as it did for us, in plain words: the causal chain from the fill over its
 * detection, review, reservation, book and fill to the settlement, each with the rows behind it.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, bytesToToken, type FillId, hexToBytes } from "@evaluator/domain/Id"
import { Book } from "@evaluator/domain/market/Book"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { receiptColumns, type ReceiptRow, receiptSection, receiptTables } from "./Receipts.ts"
import { theReview } from "./WhyReview.ts"
import { many, time, usd } from "./Words.ts"

type Row = Readonly<Record<string, Cell | Uint8Array>>

/** Blobs as `0x…`, so that a row can be printed. */
const printable = (row: Row): Record<string, Cell> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array
        ? name === "token"
          ? value.length === 0
            ? "USDC"
            : bytesToToken(value)
          : bytesToHex(value)
        : value,
    ]),
  )

const pick = (row: Row, names: ReadonlyArray<string>): Record<string, Cell> =>
  printable(Object.fromEntries(names.map((name) => [name, row[name] ?? null])))

const ways: Record<string, string> = {
  bridge: "the evaluation lane announced it",
  feed: "the venue's trade stream announced it",
  poll: "a poll of the wallet's ledger found it",
}

const decodeBook = Schema.decodeSync(Schema.fromJsonString(Book))

const leaderColumns = [
  "fill_id",
  "wallet",
  "condition_id",
  "token",
  "side",
  "leader_price",
  "leader_size",
  "leader_at_ms",
  "transaction_hash",
]

const theFill = (copy: Row): Section => ({
  title: "The leader's fill",
  says: [
    `Wallet ${bytesToHex(copy.wallet as Uint8Array)} ${copy.side === "BUY" ? "bought" : "sold"} ${many(copy.leader_size)} at ${formatMicro(Number(copy.leader_price))} on ${time(copy.leader_at_ms)}.`,
  ],
  rows: [pick(copy, leaderColumns)],
})

/** It has no price; a REDEEM gives up whatever there was. */
const theWayOut = (copy: Row): Section => {
  const isWhole = copy.origin === "REDEEM"
  const unknown = ["side", "leader_price", ...(isWhole ? ["leader_size"] : [])]
  return {
    title: "The leader's way out",
    says: [
      `Wallet ${bytesToHex(copy.wallet as Uint8Array)} gave up ${isWhole ? "all it had" : many(copy.leader_size)} by a ${String(copy.origin)} on ${time(copy.leader_at_ms)}.`,
    ],
    rows: [pick(copy, ["origin", ...leaderColumns.filter((name) => !unknown.includes(name))])],
  }
}

const theDetection = (copy: Row): Section => ({
  title: "Detected",
  says: [
    `It was noticed on ${time(copy.detected_at_ms)}, ${(Number(copy.detected_at_ms) - Number(copy.leader_at_ms)) / 1000} s after it happened: ${ways[String(copy.detected_via)]}.`,
  ],
  rows: [pick(copy, ["detected_via", "detected_at_ms", "correlation_id", "causation_id"])],
})

const theBook = (copy: Row): ReadonlyArray<Section> => {
  if (copy.priced_book === null) return []
  const book = decodeBook(String(copy.priced_book))
  const levels = copy.side === "BUY" ? book.asks : book.bids
  return [
    {
      title: "The order book",
      says: [
        `Our order would have arrived on ${time(copy.arrive_at_ms)}; the book was ${copy.book_source === "socket" ? `the socket's, ${Number(copy.book_age_ms) / 1000} s old,` : "read"} on ${time(copy.priced_at_ms)}${book.origin === "assumed" ? " and is assumed, not the venue's" : ""}.`,
        levels.length === 0
          ? "There was nothing on the side we needed."
          : `Its best ${copy.side === "BUY" ? "ask" : "bid"} was ${formatMicro(levels[0]!.price)} for ${many(levels[0]!.size)}.`,
      ],
      rows: levels.slice(0, 10).map((level) => ({ price: level.price, size: level.size })),
    },
  ]
}

const theEnd = (copy: Row): Section => {
  const { outcome } = copy
  if (outcome === null) {
    return {
      title: "On its way",
      says: [`The copy is ${String(copy.state)} and has no outcome yet.`],
      rows: [pick(copy, ["state", "moved_at_ms"])],
    }
  }
  if (outcome !== "COPIED") {
    return {
      title: "Not copied",
      says: [`The outcome is ${String(outcome)}: ${String(copy.reason)}.`],
      rows: [pick(copy, ["state", "outcome", "reason", "gate", "gate_value", "gate_limit"])],
    }
  }
  const takes = JSON.parse(String(copy.takes)) as ReadonlyArray<Record<string, number>>
  return {
    title: "Copied",
    says: [
      `We ${copy.side === "BUY" ? "bought" : "sold"} ${many(copy.size)} for ${usd(copy.gross)} and a fee of ${usd(copy.fee)}, from ${takes.length} level${takes.length === 1 ? "" : "s"} of the book.`,
    ],
    rows: takes,
  }
}

const goneBy: Readonly<Record<string, string>> = {
  sold: "sold",
  resolved: "paid out at the resolution",
  "taken back": "taken back, since the leader's fill failed,",
}

const theSettlement = (copy: Row, closings: ReadonlyArray<Row>): ReadonlyArray<Section> => {
  if (copy.outcome !== "COPIED" || copy.side !== "BUY") return []
  const gone = closings.map(
    (row) =>
      `On ${time(row.at_ms)} ${many(row.size)} were ${goneBy[String(row.cause)]} for ${usd(row.proceeds)}: ${usd(row.pnl)} after fees.`,
  )
  return [
    {
      title: "What became of the shares",
      says: [
        ...gone,
        copy.state === "filled"
          ? "Some of its shares are still open."
          : `Nothing is left; the copy made ${usd(copy.pnl)}.`,
      ],
      rows: closings.map(printable),
    },
  ]
}

export const makeWhyCopy = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const chain = Effect.fnUntraced(function* (copy: Row) {
    const id = copy.fill_id as Uint8Array
    const closings = yield* sql<Row>`SELECT x.* FROM closings x JOIN lots l ON l.id = x.lot_id
      WHERE l.fill_id = ${id} AND l.strategy = ${copy.strategy} ORDER BY x.id LIMIT 100`
    const [priced] = yield* sql<ReceiptRow>`SELECT ${sql.literal(receiptColumns)}
      FROM ${sql.literal(receiptTables)} WHERE c.fill_id = ${id} AND c.strategy = ${copy.strategy}`
    const transfers = yield* sql<Row>`SELECT t.id, t.kind, t.at_ms, t.reason, p.account, p.token,
        p.amount FROM transfers t JOIN postings p ON p.transfer_id = t.id
      WHERE t.fill_id = ${id} AND t.strategy = ${copy.strategy}
      ORDER BY t.id, p.token, p.account LIMIT 200`
    const ledger: ReadonlyArray<Section> =
      transfers.length === 0
        ? []
        : [
            {
              title: "In the ledger",
              says: [
                `${new Set(transfers.map((row) => row.id)).size} transfers bear its name; each sums to zero.`,
              ],
              rows: transfers.map(printable),
            },
          ]
    const isFill = copy.origin === "fill"
    return [
      isFill ? theFill(copy) : theWayOut(copy),
      theDetection(copy),
      ...theReview(copy),
      ...theBook(copy),
      theEnd(copy),
      ...theSettlement(copy, closings),
      ...(priced === undefined
        ? []
        : receiptSection(priced, isFill ? "the leader's price" : "what we had paid")),
      ...ledger,
    ]
  })

  const why = Effect.fnUntraced(function* (fillId: FillId) {
    const copies = yield* sql<Row>`SELECT * FROM copies WHERE fill_id = ${hexToBytes(fillId)}
      ORDER BY strategy`
    const sections: Array<Section> = []
    for (const copy of copies) {
      const its = yield* chain(copy)
      sections.push(
        ...its.map((one) => ({ ...one, title: `${one.title} (${String(copy.strategy)})` })),
      )
    }
    return sections
  }, Effect.orDie)

  return { why }
})
