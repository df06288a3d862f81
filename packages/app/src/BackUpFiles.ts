/**
 * back-up-files: a checked copy of both files once a day, the newest `backup.keep` of which stay.
 *
 * The copies are in `backups/daily-TIME/`; the oldest go when the new one is whole. Where the disk has not
 * the room for it and half as much again, none is made, and the run fails and says so.
 * Does not: touch backups made by hand or before a migration. Uses promises: not for virtual time.
 */
import { Effect, Schema } from "effect"
import { readdirSync, rmSync, statfsSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Job from "@evaluator/runtime/Job"
import { filesOf } from "./DirectoryFiles.ts"
import { backUpInto } from "./FileBackup.ts"
import { backupFolder } from "./SchemaUpgrade.ts"
import type { SettingsShape } from "./Settings.ts"

const prefix = "daily"

/** The disk has not the room that a backup may need. */
export class NoRoomForBackup extends Schema.TaggedError<NoRoomForBackup>()("NoRoomForBackup", {
  free: Schema.Int,
  wanted: Schema.Int,
}) {
  override get message(): string {
    return `no backup is made: the disk has ${this.free} bytes left, ${this.wanted} are wanted`
  }
}

/** The daily backups of a data directory, oldest first: their names carry the time. */
export const dailyBackups = (directory: string): ReadonlyArray<string> => {
  const { backups } = filesOf(directory)
  return readdirSync(backups)
    .filter((name) => name.startsWith(`${prefix}-`))
    .toSorted()
    .map((name) => join(backups, name))
}

/** Bytes the disk must have for a backup. */
const wanted = (directory: string): number => {
  const { evaluatorDb, paperDb } = filesOf(directory)
  return Math.ceil(1.5 * (statSync(evaluatorDb).size + statSync(paperDb).size))
}

export const backUp = Effect.fnUntraced(function* (directory: string, keep: number) {
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  if (free < wanted(directory)) {
    return yield* new NoRoomForBackup({ free, wanted: wanted(directory) })
  }
  const folder = yield* backupFolder(directory, prefix)
  const { files } = yield* backUpInto(directory, folder).pipe(
    // Half a backup is none, and must not count among those that are kept.
    Effect.onError(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))),
  )
  const old = dailyBackups(directory).slice(0, -keep)
  for (const gone of old) rmSync(gone, { recursive: true, force: true })
  return { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), removed: old.length }
}, Effect.scoped)

export const backUpFiles = (directory: string, { at, keep }: SettingsShape["backup"]) =>
  Job.layer({
    name: "back-up-files",
    about: "Copies both files into backups/, checks the copies and lets the oldest go",
    service: "maintenance",
    every: "1 day",
    at,
    atBoot: false,
    timeout: "1 hour",
    run: backUp(directory, keep),
  })
