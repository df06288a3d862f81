/**
 * Rows for eyes and for programs: an aligned table, or CSV.
 *
 * Numbers are right-aligned; a column is numeric when each of its filled cells is. Colour only where
 * the terminal shows it. CSV is RFC 4180: quoted where needed, CRLF between lines.
 */
import type { Cell } from "@evaluator/domain/report/Section"

export type Row = Readonly<Record<string, Cell>>

export interface TableStyle {
  readonly colour: boolean
  /** A cell longer than this is cut and ends in `…`; `null` cuts nothing. */
  readonly longestCell: number | null
}

export const plain: TableStyle = { colour: false, longestCell: null }

const dim = (text: string) => `\u001B[2m${text}\u001B[0m`
const bold = (text: string) => `\u001B[1m${text}\u001B[0m`

/** The columns of some rows: each key once, in the order of first appearance. */
export const columnsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
]

/** Things as rows, each column read from a thing: the columns are known also where there is nothing. */
export const tableOf = <A>(
  things: ReadonlyArray<A>,
  columns: Readonly<Record<string, (thing: A) => Cell>>,
): { readonly rows: ReadonlyArray<Row>; readonly columns: ReadonlyArray<string> } => ({
  rows: things.map((thing) =>
    Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, of(thing)])),
  ),
  columns: Object.keys(columns),
})

const textOf = (cell: Cell | undefined): string =>
  cell === null || cell === undefined ? "" : String(cell)

// A row is a line: whatever breaks lines or moves the cursor becomes a space.
// oxlint-disable-next-line no-control-regex
const oneLine = (text: string): string => text.replace(/[\u0000-\u001F\u007F]+/g, " ")

const cut = (text: string, longest: number | null): string =>
  longest === null || text.length <= longest ? text : `${text.slice(0, longest - 1)}…`

const numeric = /^-?\d+(\.\d+)?%?$/

/** An aligned table with a heading, without a final newline; `(none)` when there are no rows. */
export const renderTable = (
  rows: ReadonlyArray<Row>,
  style: TableStyle = plain,
  columns: ReadonlyArray<string> = columnsOf(rows),
): string => {
  if (rows.length === 0) return "(none)"
  const cells = rows.map((row) =>
    columns.map((column) => cut(oneLine(textOf(row[column])), style.longestCell)),
  )
  const heading = columns.map((column) => column.replaceAll("_", " "))
  const shapes = columns.map((_, at) => {
    const filled = cells.map((line) => line[at]!).filter((text) => text !== "")
    return {
      width: Math.max(heading[at]!.length, ...filled.map((text) => text.length)),
      right: filled.length > 0 && filled.every((text) => numeric.test(text)),
    }
  })
  const lineOf = (texts: ReadonlyArray<string>) =>
    texts
      .map((text, at) => {
        const { width, right } = shapes[at]!
        return right ? text.padStart(width) : text.padEnd(width)
      })
      .join("  ")
      .trimEnd()
  const top = lineOf(heading)
  const rule = shapes.map(({ width }) => "─".repeat(width)).join("  ")
  return [
    style.colour ? bold(top) : top,
    style.colour ? dim(rule) : rule,
    ...cells.map(lineOf),
  ].join("\n")
}

const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** CSV with a heading line; only the heading when columns are known and rows are none. */
export const renderCsv = (
  rows: ReadonlyArray<Row>,
  columns: ReadonlyArray<string> = columnsOf(rows),
): string =>
  [columns, ...rows.map((row) => columns.map((column) => textOf(row[column])))]
    .map((line) => line.map(quoted).join(","))
    .join("\r\n")
