/**
 * Brings both lanes' files to the program's schema before anything opens them, with a backup first.
 *
 * Promises: a file that would be migrated has been copied to `backups/before-VERSION-TIME/` whole and
 * checked; a file of a newer program is refused untouched.
 * Does not: remove old backups. Uses promises: not for virtual time, whose directories are new.
 */
import { DateTime, Effect, type Scope } from "effect"
import { existsSync } from "node:fs"
import { basename, join } from "node:path"
import { backupFile, type BackupFailed, type BackupReport } from "@evaluator/sqlite/Backup"
import * as Database from "@evaluator/sqlite/Database"
import { SqlClient } from "effect/sql"
import { freshDirectory } from "./DataDirectory.ts"
import type { DirectoryNotEmpty, DirectoryUnusable } from "./DataDirectory.ts"
import { filesOf } from "./DirectoryFiles.ts"
import { migrations } from "./Migrations.ts"

export interface Upgrade {
  readonly file: string
  /** Schema version before; 0 for a new file. */
  readonly from: number
  readonly to: number
  readonly backup: BackupReport | null
}

const lanes = ["evaluation", "paper"] as const

/** The newest step of a lane that this program knows. */
export const knownVersion = (lane: (typeof lanes)[number]): number =>
  Math.max(0, ...Object.keys(migrations[lane]).map((id) => Number(id.slice(0, 4))))

/** The version a file has when it may be migrated, `null` when it is current. */
const versionBehind = (file: string, lane: (typeof lanes)[number]) =>
  SqlClient.SqlClient.pipe(
    Effect.as(null),
    Effect.provide(Database.layer({ file, lane: "reader", migrations: migrations[lane] })),
    Effect.catchReason("DatabaseError", "DatabaseBehind", ({ applied }) => Effect.succeed(applied)),
  )

/** A folder under `backups/` with the time in its name. */
export const backupFolder = Effect.fnUntraced(function* (
  directory: string,
  purpose: string,
): Effect.fn.Return<string, DirectoryNotEmpty | DirectoryUnusable, Scope.Scope> {
  const stamp = DateTime.formatIso(yield* DateTime.now).replaceAll(/[-:]|\.\d+/g, "")
  return yield* freshDirectory({
    keep: join(filesOf(directory).backups, `${purpose}-${stamp}`),
    prefix: "backup",
  })
})

/** Migrates what is behind. The caller holds the directory. */
export const upgradeSchemas = Effect.fnUntraced(function* (
  directory: string,
): Effect.fn.Return<
  ReadonlyArray<Upgrade>,
  Database.DatabaseError | BackupFailed | DirectoryNotEmpty | DirectoryUnusable,
  Scope.Scope
> {
  const files = { evaluation: filesOf(directory).evaluatorDb, paper: filesOf(directory).paperDb }
  const upgrades: Array<Upgrade> = []
  const behind: Array<{ lane: (typeof lanes)[number]; from: number }> = []
  for (const lane of lanes) {
    const from = existsSync(files[lane]) ? yield* versionBehind(files[lane], lane) : 0
    if (from !== null) behind.push({ lane, from })
  }
  const toCopy = behind.filter(({ from }) => from > 0)
  const folder = toCopy.length === 0 ? null : yield* backupFolder(directory, "before-migration")
  const copies = new Map<string, BackupReport>()
  for (const { lane } of toCopy) {
    copies.set(lane, yield* backupFile(files[lane], join(folder!, basename(files[lane]))))
  }
  for (const { lane, from } of behind) {
    const opened = Database.layer({ file: files[lane], lane, migrations: migrations[lane] })
    yield* SqlClient.SqlClient.pipe(Effect.provide(opened), Effect.scoped)
    const to = knownVersion(lane)
    upgrades.push({ file: files[lane], from, to, backup: copies.get(lane) ?? null })
  }
  return upgrades
})
