/**
 * A recording on disk, line by line. Folders decide what a line is; names do not.
 *
 * Takes any `*.ndjson` and `*.ndjson.gz`, in the order of their names, also of folders inside. A line that is a JSON array
 * is as many rows as it has elements. Blank lines are no rows. Every row is counted in its file,
 * whether anybody can use it or not ({@link Ledger}).
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { gunzipSync } from "node:zlib"
import * as Result from "effect/Result"

export const folders = [
  "trades",
  "activity",
  "markets",
  "resolutions",
  "books",
  "leaderboards",
  "other",
] as const
export type Folder = (typeof folders)[number]

export interface FileCount {
  /** `trades/x.ndjson.gz`. */
  readonly file: string
  /** Rows found; those neither ignored nor unservable are served or used. */
  readonly read: number
  readonly ignored: Readonly<Record<string, number>>
}

export interface Unservable {
  readonly file: string
  /** As {@link lineNumber} writes it; 0 for a whole file. */
  readonly line: number
  readonly reason: string
  /** The line as it stands, at most 2,000 characters. */
  readonly body: string
}

/** A row and where it stands. */
export interface Found {
  readonly folder: Folder
  readonly file: string
  readonly line: number
  /** 0 for a line of its own, else its place (from 1) in the line's array. */
  readonly element: number
  readonly value: Readonly<Record<string, unknown>>
}

/** What became of each row. */
export class Ledger {
  readonly files = new Map<string, { read: number; ignored: Record<string, number> }>()
  readonly unservable: Array<Unservable> = []

  read(file: string): void {
    this.count(file).read++
  }

  ignore(file: string, reason: string): void {
    const { ignored } = this.count(file)
    ignored[reason] = (ignored[reason] ?? 0) + 1
  }

  refuse(file: string, line: number, reason: string, body: string): void {
    this.unservable.push({ file, line, reason, body: body.slice(0, 2000) })
  }

  counts(): ReadonlyArray<FileCount> {
    return [...this.files].map(([file, { read, ignored }]) => ({ file, read, ignored }))
  }

  /** A file is listed even when it is empty. */
  count(file: string): { read: number; ignored: Record<string, number> } {
    const known = this.files.get(file)
    if (known !== undefined) return known
    const fresh = { read: 0, ignored: {} }
    this.files.set(file, fresh)
    return fresh
  }
}

/** Hands every usable row of a folder to `take`, in the order of files and lines. */
export const eachRow = (
  dir: string,
  folder: Folder,
  ledger: Ledger,
  take: (found: Found) => void,
): void => {
  for (const name of namesIn(Path.join(dir, folder))) {
    const file = `${folder}/${name}`
    if (!rowFile.test(name)) {
      ledger.read(file)
      ledger.ignore(file, "not an .ndjson or .ndjson.gz file")
      continue
    }
    ledger.count(file)
    eachLine(Path.join(dir, file), (text, line) => {
      if (text === null) {
        ledger.read(file)
        return ledger.refuse(file, 0, "not a gzip file", "")
      }
      const parsed = Result.try(() => JSON.parse(text) as unknown)
      const rows: ReadonlyArray<unknown> = Result.isFailure(parsed)
        ? [undefined]
        : Array.isArray(parsed.success)
          ? parsed.success
          : [parsed.success]
      for (const [i, value] of rows.entries()) {
        ledger.read(file)
        const element = Result.isSuccess(parsed) && Array.isArray(parsed.success) ? i + 1 : 0
        if (isObject(value)) take({ folder, file, line, element, value })
        else {
          const reason = Result.isFailure(parsed) ? "not JSON" : "not a JSON object"
          ledger.refuse(file, lineNumber(line, element), reason, text)
        }
      }
    })
  }
}

/** Counts the rows that stand outside of the folders we know. */
export const countStrayRows = (dir: string, ledger: Ledger): void => {
  for (const name of namesIn(dir)) {
    const folder = name.split(Path.sep)[0]!
    if (folder !== name && (folders as ReadonlyArray<string>).includes(folder)) continue
    // Beside the folders there may be a manifest, notes, or what hides from lists.
    if (folder.startsWith(".") || (folder === name && !rowFile.test(name))) continue
    ledger.count(name)
    eachLine(Path.join(dir, name), () => {
      ledger.read(name)
      ledger.ignore(name, folder === name ? "in no folder" : "unknown folder")
    })
  }
}

const rowFile = /\.ndjson(\.gz)?$/

/** Every file of a folder and of the folders in it, links to files too. */
const namesIn = (path: string): ReadonlyArray<string> =>
  Fs.existsSync(path)
    ? Fs.readdirSync(path, { recursive: true, encoding: "utf8" })
        .filter((name) => Fs.statSync(Path.join(path, name), { throwIfNoEntry: false })?.isFile())
        .toSorted()
    : []

/** Lines that are not blank, counted from 1; a single `null` when the file cannot be unpacked. */
const eachLine = (path: string, take: (text: string | null, line: number) => void): void => {
  const packed = Fs.readFileSync(path)
  const bytes =
    path.endsWith(".gz") && packed.length > 0
      ? Result.getOrUndefined(Result.try(() => gunzipSync(packed)))
      : packed
  if (bytes === undefined) return take(null, 0)
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const newline = bytes.indexOf(10, from)
    const to = newline === -1 ? bytes.length : newline
    const text = bytes.toString("utf8", from, to).trim()
    if (text !== "") take(text, line)
    from = to + 1
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * A row's line as one whole number that tells it apart within its file: the line itself, plus a
 * thousand million for each place in the line's array. The third row of line 12 is 3000000012.
 */
export const lineNumber = (line: number, element: number): number => element * 1e9 + line

/** `trades/x.ndjson:12`. */
export const placeOf = (file: string, line: number, element: number): string =>
  `${file}:${lineNumber(line, element)}`
