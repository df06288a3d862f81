/** A directory as a service that ran and stopped leaves it, without any row of its own; removed with the scope. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { hold } from "@evaluator/app/DataDirectory"
import { upgradeSchemas } from "@evaluator/app/SchemaUpgrade"

export const usedDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trader-evaluator-used-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
).pipe(
  Effect.tap((directory) =>
    hold({ directory, venue: { kind: "embedded", seed: 42 } }).pipe(
      Effect.andThen(upgradeSchemas(directory)),
      Effect.scoped,
    ),
  ),
)
