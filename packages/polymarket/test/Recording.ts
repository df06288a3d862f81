/**
 * Recorded rows next to the checkout, if there are any. Read in the test process, never copied.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"

const folder = join(import.meta.dirname, "../../../../shared/data/recorded")

/** Says so when the recording is absent; the test then returns. */
export const hasRecording = (): boolean => {
  if (existsSync(folder)) return true
  process.stdout.write("no recorded rows in ../shared/data/recorded: nothing to check\n")
  return false
}

export const filesOf = (kind: string): ReadonlyArray<string> =>
  readdirSync(join(folder, kind))
    .filter((name) => name.endsWith(".ndjson.gz"))
    .toSorted()

export const rowsOf = (kind: string, file: string): ReadonlyArray<Record<string, unknown>> =>
  gunzipSync(readFileSync(join(folder, kind, file)))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
