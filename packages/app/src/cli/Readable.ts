/**
 * Rows as the tables have them, made readable: times instead of milliseconds, a few digits instead of
 * fifteen, and a record on its side where a line would be too long. Programs get the rows as they are.
 */
import type { Cell } from "@evaluator/domain/report/Section"
import { renderTable, type Row, type TableStyle } from "./Table.ts"

/** `2026-11-22 08:30:05Z`, or empty. */
export const timeOf = (ms: number | null): string =>
  ms === null ? "" : `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`

/** Rows that are still laid on their side; more of them are a table whatever its width. */
export const mostOnTheirSide = 6

/** Before this many milliseconds a `_ms` column is a duration, not a time: 2001-09-09. */
const earliestTime = 1_000_000_000_000

const readableCell = (column: string, cell: Cell): Cell => {
  if (typeof cell !== "number") return cell
  if (column.endsWith("_ms") && cell >= earliestTime) return timeOf(cell)
  return Number.isInteger(cell) ? cell : Number(cell.toPrecision(6))
}

const isTime = (column: string, rows: ReadonlyArray<Row>): boolean =>
  column.endsWith("_ms") &&
  rows.some((row) => typeof row[column] === "number" && row[column] >= earliestTime)

export const readableRows = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, cell]) => [
        isTime(column, rows) ? column.replace(/_ms$/, "") : column,
        readableCell(column, cell),
      ]),
    ),
  )

/** Each column as a row; the first column names the others. */
const onTheirSide = (rows: ReadonlyArray<Row>, style: TableStyle): string => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const [name, ...others] = columns
  if (rows.length === 1) {
    const [row] = rows
    return columns
      .map((column) => `${column.replaceAll("_", " ")}: ${String(row![column] ?? "")}`)
      .join("\n")
  }
  const headings = rows.map((row, at) => String(row[name!] ?? at + 1))
  const distinct = new Set(headings).size === headings.length
  const heading = (at: number) => (distinct ? headings[at]! : `${headings[at]!} (${at + 1})`)
  const named = rows.map((_, at) => heading(at))
  return renderTable(
    others.map((column) => ({
      [name!]: column.replaceAll("_", " "),
      ...Object.fromEntries(rows.map((row, at) => [named[at]!, row[column] ?? null])),
    })),
    style,
    // Said here, because an object has keys that look like numbers first.
    [name!, ...named],
  )
}

const widthOf = (text: string): number => Math.max(...text.split("\n").map((line) => line.length))

/** A table that fits the width, a record on its side where it does not, else a table all the same. */
export const renderReadable = (
  rows: ReadonlyArray<Row>,
  style: TableStyle,
  width: number,
): string => {
  const readable = readableRows(rows)
  const table = renderTable(readable, style)
  const bare = renderTable(readable, { ...style, colour: false })
  return rows.length > mostOnTheirSide || widthOf(bare) <= width
    ? table
    : onTheirSide(readable, style)
}
