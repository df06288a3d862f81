/**
 * Answers the commands a kill proof uses, with a file for a database, so that the proof itself can be
 * proved: told to (`PRETEND`), it loses, changes or miscounts what it must not, or misses its kill.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

interface Row {
  readonly id: string
  readonly strategy: string
  readonly outcome: string | null
}

const [command = "", ...rest] = process.argv.slice(2)
const sin = process.env["PRETEND"] ?? "nothing"
const named = rest.indexOf("--data")
const folder = process.env["EVALUATOR_DATA_DIR"] ?? rest[named + 1] ?? "."
const file = join(folder, "copies.json")
const rows = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Array<Row>) : []
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

const append = (count: number, outcome: string | null) => {
  for (let n = 0; n < count; n++) {
    rows.push({ id: `fill-${rows.length}`, strategy: "solo", outcome })
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify(rows))
}

const summary = () => {
  const copied = rows.filter(({ outcome }) => outcome !== null).length
  const copies = {
    leader_fills: rows.length + (sin === "miscounts" ? 1 : 0),
    outcomes: { COPIED: copied },
    in_flight: rows.length - copied,
    undetected: 0,
  }
  return {
    verdicts: { classified: 0, excluded: 0, waiting: 0, discovered: 0 },
    copies,
    copies_by_strategy: { solo: copies },
    evidence: {
      copies_without_book: 0,
      copies_before_leader: 0,
      receipts_with_remainder: 0,
      takes_unlike_book: 0,
      fills_unlike_id: 0,
    },
    ledger: { balanced: true },
    queues: [],
    jobs: [],
  }
}

if (command === "copies") print({ copies: rows })
else if (command === "ledger") process.exitCode = sin === "embezzles" ? 4 : 0
else if (process.env["EVALUATOR_KILL_AT"] !== undefined) {
  append(Number(process.env["EVALUATOR_KILL_AT"].slice("commit:".length)), "COPIED")
  append(1, null)
  if (sin === "survives") print(summary())
  else process.kill(process.pid, "SIGKILL")
} else {
  if (sin === "forgets") rows.shift()
  if (sin === "rewrites") rows[0] = { id: "fill-0", strategy: "solo", outcome: "FAILED" }
  append(3, "COPIED")
  print(summary())
}
