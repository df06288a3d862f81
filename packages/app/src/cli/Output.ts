/**
 * How commands print: one JSON document, CSV, or words and tables for eyes. Always to stdout.
 */
import { Console, Effect } from "effect"
import { TerminalCapabilities } from "effect/cli"
import type { Section } from "@evaluator/domain/report/Section"
import { renderReadable } from "./Readable.ts"
import { renderCsv, renderTable, type Row, type TableStyle } from "./Table.ts"
import { WrongUsage } from "./ExitCode.ts"

/** Widest cell of a table for eyes. */
export const longestCell = 72

/** Rows of a section on a terminal; documents have all. */
export const mostRowsForEyes = 200

/** Where the output is no terminal. */
const widthWithoutTerminal = 160

export const tableStyle: Effect.Effect<TableStyle> = Effect.map(
  TerminalCapabilities.TerminalCapabilities,
  ({ canColor }) => ({ colour: canColor, longestCell }),
)

export const printJson = (document: unknown) => Console.log(JSON.stringify(document))

export interface Printing {
  readonly json: boolean
  readonly csv?: boolean
}

/** Rows as the caller asked for them: as a document, as CSV, or as a table under its heading. */
export const printRows = Effect.fnUntraced(function* (
  printing: Printing,
  view: {
    /** The JSON document; by default the rows themselves. */
    readonly document?: unknown
    readonly rows: ReadonlyArray<Row>
    readonly columns?: ReadonlyArray<string>
    /** Said after the table. */
    readonly note?: string | null
  },
) {
  const { rows, columns } = view
  if (printing.json && printing.csv === true) {
    return yield* new WrongUsage({ why: "--json and --csv exclude each other" })
  }
  if (printing.json) return yield* printJson(view.document ?? rows)
  if (printing.csv === true) return yield* Console.log(renderCsv(rows, columns))
  yield* Console.log(renderTable(rows, yield* tableStyle, columns))
  if (typeof view.note === "string") yield* Console.log(`\n${view.note}`)
})

/** The answer to a question: each section's sentences and the rows behind them. */
export const printSections = Effect.fnUntraced(function* (
  printing: { readonly json: boolean },
  sections: ReadonlyArray<Section>,
) {
  if (printing.json) return yield* printJson({ sections })
  const style = yield* tableStyle
  const width = (process.stdout.columns ?? widthWithoutTerminal) - 2
  const bold = (text: string) => (style.colour ? `\u001B[1m${text}\u001B[0m` : text)
  const texts = sections.map(({ rows, says, title, why }) =>
    [
      bold(title),
      ...says.map((sentence) => `  ${sentence}`),
      ...(why === undefined ? [] : [`  The rows behind: why ${why}`]),
      ...(rows.length === 0
        ? []
        : ["", indent(renderReadable(rows.slice(0, mostRowsForEyes), style, width))]),
      ...(rows.length <= mostRowsForEyes
        ? []
        : [`  … and ${rows.length - mostRowsForEyes} rows more, which --json prints.`]),
    ].join("\n"),
  )
  yield* Console.log(texts.join("\n\n"))
})

const indent = (text: string): string =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n")
