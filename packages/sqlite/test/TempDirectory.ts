/** A directory of the test's own, removed with its scope. */
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const tempDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "evaluator-sqlite-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

export const tempFile = (name: string) =>
  Effect.map(tempDirectory, (directory) => join(directory, name))
