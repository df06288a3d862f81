/**
 * A piece of an answer to "why": sentences in plain words and the rows they rest on.
 */

export type Cell = string | number | null

export interface Section {
  readonly title: string
  /** Plain sentences, each true by the rows below. */
  readonly says: ReadonlyArray<string>
  /** The rows behind the sentences, columns named as in the table. */
  readonly rows: ReadonlyArray<Readonly<Record<string, Cell>>>
  /** The id under which `why` shows what these numbers were worked out from. */
  readonly why?: string
}
