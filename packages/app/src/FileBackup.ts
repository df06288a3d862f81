/**
 * A backup of a data directory: both files, checked and hashed, with a manifest beside them.
 *
 * Works while the service runs and while it does not. The files are moments apart; the cursors in them
 * settle what one has not heard of the other. Uses promises: not for virtual time.
 */
import { Clock, Effect } from "effect"
import { writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { backupFile } from "@evaluator/sqlite/Backup"
import { filesOf, locate } from "./DirectoryFiles.ts"
import { knownVersion } from "./SchemaUpgrade.ts"
import { version } from "./Version.ts"

/** Copies both files of a data directory into an empty folder; answers with the manifest. */
export const backUpInto = Effect.fnUntraced(function* (directory: string, folder: string) {
  const { evaluatorDb, paperDb } = filesOf(directory)
  // paper.db first: its cursor then is never ahead of the copy of the log it points into.
  const copies = [
    { lane: "paper" as const, source: paperDb },
    { lane: "evaluation" as const, source: evaluatorDb },
  ]
  const files = yield* Effect.forEach(copies, ({ lane, source }) =>
    backupFile(source, join(folder, basename(source))).pipe(
      Effect.map((report) => ({
        file: basename(report.file),
        bytes: report.bytes,
        sha256: report.sha256,
        schema_version: knownVersion(lane),
      })),
    ),
  )
  const manifest = {
    program_version: version,
    made_at_ms: yield* Clock.currentTimeMillis,
    venue: locate(directory).venue,
    files,
  }
  yield* Effect.sync(() =>
    writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`, {
      flush: true,
    }),
  )
  return manifest
})
