import { copyFileSync, existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"

/** Copies both lanes' files as they lie: the pages and the write-ahead logs, no shared memory. */
export const copyFiles = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true })
  for (const name of ["paper.db", "evaluator.db"]) {
    for (const suffix of ["", "-wal"]) {
      const file = join(from, `${name}${suffix}`)
      if (existsSync(file)) copyFileSync(file, join(to, `${name}${suffix}`))
    }
  }
}
