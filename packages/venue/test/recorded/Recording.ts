/** Hand-made recordings for tests: rows, and a folder that is gone once it has been read. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { BookSource } from "../../src/recorded/RecordedBooks.ts"
import * as RecordedWorld from "../../src/recorded/RecordedWorld.ts"

export const wallet = (digit: string) => `0x${digit.repeat(40)}`
export const condition = (digit: string) => `0x${digit.repeat(64)}`
export const hash = (n: number) => `0x${n.toString(16).padStart(64, "0")}`

export const fill = (n: number, more: Record<string, unknown> = {}) => ({
  proxyWallet: wallet("a"),
  side: "BUY",
  asset: "111",
  conditionId: condition("c"),
  size: 10,
  price: 0.4,
  timestamp: 1_700_000_000 + n,
  outcome: "Yes",
  outcomeIndex: 0,
  title: "Will it?",
  transactionHash: hash(n),
  ...more,
})

export const lines = (...rows: ReadonlyArray<unknown>) =>
  rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n")

export const recording = (
  files: Readonly<Record<string, string | Buffer>>,
  books: BookSource = { kind: "recorded" },
) => {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "recording-"))
  for (const [name, content] of Object.entries(files)) {
    Fs.mkdirSync(Path.dirname(Path.join(dir, name)), { recursive: true })
    Fs.writeFileSync(Path.join(dir, name), content)
  }
  const world = RecordedWorld.load({ dir, books })
  Fs.rmSync(dir, { recursive: true })
  return world
}

export const end = 4_000_000_000_000
