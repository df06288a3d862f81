/**
 * Loaded before the service (`node --import`) to bring trouble upon it from outside: the program has no
 * switch for it. `FAULT` says what, `FAULT_THREAD` where (`fast`, `background`, `venue`); it happens once
 * the file `FAULT_FILE` exists.
 *
 * - `block MS`: the thread does nothing at all for so long.
 * - `memory`: the thread takes memory until it has no more.
 * - `clock MS`: the machine's clock is set by so much, in every thread.
 * - `full MS`, `read-only MS`: for so long SQLite finds no room for another page in the thread's own
 *   file, or may not write it.
 */
import { existsSync } from "node:fs"
import { basename } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { isMainThread, workerData } from "node:worker_threads"

const [fault = "", amount = "0"] = (process.env["FAULT"] ?? "").split(" ")
const file = process.env["FAULT_FILE"] ?? ""

const threadName = (): string => {
  if (isMainThread) return "fast"
  const data = workerData as { readonly directory?: unknown; readonly seed?: unknown } | null
  return data?.directory !== undefined ? "background" : "venue"
}

/** Connections of this thread, as their statements are prepared. */
const connections = new Set<DatabaseSync>()
const plainPrepare = DatabaseSync.prototype.prepare
DatabaseSync.prototype.prepare = function (...given) {
  connections.add(this)
  return plainPrepare.apply(this, given)
}

const spoilFile = (bad: string, good: string): void => {
  const own = isMainThread ? "paper.db" : "evaluator.db"
  const open = [...connections].filter(
    (connection) => connection.isOpen && basename(connection.location() ?? "") === own,
  )
  for (const connection of open) connection.exec(`PRAGMA ${bad}`)
  setTimeout(() => {
    for (const connection of open) connection.exec(`PRAGMA ${good}`)
  }, Number(amount))
}

const faults: Readonly<Record<string, () => void>> = {
  block: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(amount))
  },
  memory: () => {
    const hoard: Array<unknown> = []
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, n) => ({ n })))
  },
  clock: () => {
    const now = Date.now
    Date.now = () => now() + Number(amount)
  },
  full: () => spoilFile("max_page_count = 1", "max_page_count = 1073741823"),
  "read-only": () => spoilFile("query_only = ON", "query_only = OFF"),
}

const mine = fault === "clock" || process.env["FAULT_THREAD"] === threadName()
if (mine && faults[fault] !== undefined && file !== "") {
  const restarted = !isMainThread && existsSync(file)
  // A thread started after the fault is spared, but lives by the same clock.
  if (restarted && fault === "clock") faults[fault]()
  const timer = setInterval(() => {
    if (restarted) return clearInterval(timer)
    if (!existsSync(file)) return
    clearInterval(timer)
    faults[fault]?.()
  }, 100)
  timer.unref()
}
