/** What `wallet` and `why` print, and how a section is counted again. */

export type Row = Readonly<Record<string, string | number | null>>
export type Rows = ReadonlyArray<Row>

export interface Shown {
  readonly title: string
  readonly says: ReadonlyArray<string>
  readonly rows: Rows
  readonly why?: string
}

/** The rows of what `why` shows, by title. */
export type Traced = (title: string) => Rows
export type Recount = (
  section: Shown,
  traced: Traced,
) => ReadonlyArray<Readonly<Record<string, unknown>>>

export const n = (row: Row | undefined, name: string): number => Number(row?.[name] ?? Number.NaN)
export const sumOf = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, one) => sum + one, 0)
export const usd = (micro: number): number => Math.round(micro) / 1e6
