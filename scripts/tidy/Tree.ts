/**
 * The checkout as the rules see it: every text file by its path from the root, and what a rule is.
 *
 * Leaves out what is installed, built or kept as data. Limits: files over 2 MB are not text to us.
 */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

export interface Finding {
  readonly file: string
  readonly line: number
  readonly message: string
  /** A warning is printed and fails nothing. */
  readonly warning?: boolean
}

export interface Tree {
  readonly root: string
  readonly files: ReadonlyMap<string, string>
}

export interface Rule {
  /** What `tidy` prints before each of its findings. */
  readonly name: string
  readonly about: string
  readonly check: (tree: Tree) => ReadonlyArray<Finding> | Promise<ReadonlyArray<Finding>>
}

const leftOut = new Set(["node_modules", ".git", ".types", "dist"])
const leftOutAtRoot = new Set(["data", "result"])
const maxBytes = 2_000_000

export const readTree = (root: string): Tree => {
  const files = new Map<string, string>()
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (leftOut.has(entry.name) || (folder === "" && leftOutAtRoot.has(entry.name))) continue
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile() && statSync(join(root, path)).size <= maxBytes) {
        const text = readFileSync(join(root, path), "utf8")
        if (!text.includes("\0")) files.set(path, text)
      }
    }
  }
  visit("")
  return { root, files: new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

export const matching = (tree: Tree, pattern: RegExp): ReadonlyArray<readonly [string, string]> =>
  [...tree.files].filter(([path]) => pattern.test(path))

/** Each line of a text with its number, counted from 1. */
export const linesOf = (text: string): ReadonlyArray<readonly [number, string]> =>
  text.split("\n").map((line, index) => [index + 1, line])

export const typescript = /\.ts$/
export const sources = /^packages\/[^/]+\/src\/.*\.ts$/
export const tests = /^packages\/[^/]+\/test\/.*\.ts$/
