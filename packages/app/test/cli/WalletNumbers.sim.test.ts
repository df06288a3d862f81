/**
 * Every number that `wallet --json` prints, in rows and in sentences, of the followed wallets and some
 * others of a simulated directory: its section names an id, `why` knows that id, and counting from the rows
 * it shows gives the number.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { loadSettings } from "@evaluator/app/Settings"
import { simulateDays } from "@evaluator/app/Sim"
import { recounts } from "./Recounts.ts"
import { notCounted, printedNumbers, sayings, sentencesOf } from "./RecountSayings.ts"
import { command } from "./Terminal.ts"
import type { Shown } from "./Traced.ts"

const world = {
  pastDays: 45,
  wallets: 50,
  eventsPerDay: 2,
  liveTradesPerSecond: null,
  quickEventEveryMs: 0,
}

const simulated = (keep: string) =>
  Effect.gen(function* () {
    const loaded = yield* loadSettings({ profiles: ["sim"], environment: {} })
    yield* simulateDays(
      {
        loaded,
        seed: 7,
        days: 2,
        wallets: null,
        world: null,
        faults: "none",
        approveAfter: null,
        keep,
        json: true,
      },
      { world },
    )
  })

const printed = Effect.fnUntraced(function* (directory: string, ...argv: ReadonlyArray<string>) {
  const said = yield* command([...argv, "--json", "--data", directory])
  assert.strictEqual(said.code, 0, `${argv.join(" ")}: ${said.err}`)
  return (JSON.parse(said.out) as { sections: ReadonlyArray<Shown> }).sections
})

const isNumber = (cell: unknown): cell is string | number =>
  typeof cell === "number" || (typeof cell === "string" && /^-?\d+\.\d+$/.test(cell))

const counting = (counts: Map<string, number>, title: string, more: number) => {
  if (more > 0) counts.set(title, (counts.get(title) ?? 0) + more)
}

/** Of a section: numbers in its sentences, and what is wrong with one; `expected` by sentence. */
const read = (section: Shown, expected: ReadonlyArray<ReadonlyArray<number>>) => {
  const faults: Array<string> = []
  let count = 0
  for (const [at, sentence] of sentencesOf(section).entries()) {
    const said = printedNumbers(sentence)
    const counted = expected[at] ?? []
    count += said.length
    const right =
      said.length === counted.length &&
      said.every(({ value, within }, i) => {
        const off = Math.abs(value - counted[i]!)
        return off <= within + 1e-9 * Math.max(1, Math.abs(value))
      })
    if (!right) faults.push(`${section.title}: "${sentence}", counted ${counted.join(", ")}`)
  }
  return { count, faults }
}

/** Of a wallet: its numbers by section, in rows and in sentences, and what is wrong with one. */
const walked = Effect.fnUntraced(function* (directory: string, wallet: string) {
  const faults: Array<string> = []
  const counts = new Map<string, number>()
  const inSentences = new Map<string, number>()
  const parts = new Map<string, ReadonlyArray<Shown>>()
  const shownBy = Effect.fnUntraced(function* (id: string) {
    const known = parts.get(id) ?? (yield* printed(directory, "why", id))
    parts.set(id, known)
    return known
  })
  for (const part of ["fills", "numbers"]) yield* shownBy(`${wallet}:${part}`)
  const rowsIn = (sections: ReadonlyArray<Shown>) => (wanted: string) =>
    sections.find((one) => one.title === wanted)?.rows ?? []
  for (const section of yield* printed(directory, "wallet", wallet)) {
    const { rows, title, why } = section
    const cells = rows.flatMap((row, at) =>
      Object.entries(row).flatMap(([name, cell]) => (isNumber(cell) ? [{ at, name, cell }] : [])),
    )
    const says = sentencesOf(section).some((sentence) => printedNumbers(sentence).length > 0)
    if (cells.length === 0 && !says) continue
    counting(counts, title, cells.length)
    if (why === undefined) {
      faults.push(`${title} names no id`)
      continue
    }
    const rowsOf = rowsIn(yield* shownBy(why))
    const again = recounts[title]?.(section, rowsOf) ?? []
    if (!notCounted.includes(title)) {
      const elsewhere = (part: string, wanted: string) =>
        rowsIn(parts.get(`${wallet}:${part}`) ?? [])(wanted)
      const expected = sayings[title]?.({ section, again, traced: rowsOf, elsewhere }) ?? []
      const sentences = read(section, expected)
      faults.push(...sentences.faults.map((fault) => `${wallet} ${fault} (${why})`))
      counting(inSentences, title, sentences.count)
    }
    for (const { at, cell, name } of cells) {
      const counted = Number(again[at]?.[name])
      const wrong = Math.abs(counted - Number(cell)) > 1e-9 * Math.max(1, Math.abs(Number(cell)))
      if (Number.isNaN(counted) || wrong) {
        faults.push(
          `${wallet} ${title} ${at} ${name}: ${cell} printed, ${counted} counted (${why})`,
        )
      }
    }
  }
  return { counts, inSentences, faults }
})

describe("every number of `wallet`", () => {
  it.live(
    "is what the rows say that `why` shows under the id it names",
    () =>
      Effect.acquireUseRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "trader-evaluator-numbers-"))),
        (folder) =>
          Effect.gen(function* () {
            const directory = join(folder, "data")
            yield* simulated(directory)
            using file = new DatabaseSync(join(directory, "evaluator.db"), { readOnly: true })
            const wallets = file
              .prepare(
                `SELECT '0x' || lower(hex(wallet)) AS wallet FROM wallets
                  WHERE wallet IN (SELECT wallet FROM follows) OR rowid % 6 = 0 ORDER BY wallet`,
              )
              .all()
            const faults: Array<string> = []
            const counts = new Map<string, number>()
            const inSentences = new Map<string, number>()
            for (const { wallet } of wallets) {
              const of = yield* walked(directory, String(wallet))
              faults.push(...of.faults)
              for (const [title, count] of of.counts) counting(counts, title, count)
              for (const [title, count] of of.inSentences) counting(inSentences, title, count)
            }
            assert.deepStrictEqual(faults.slice(0, 20), [], `${faults.length} numbers`)
            // Nothing is proved of a section that was empty throughout.
            assert.sameMembers([...counts.keys()], Object.keys(recounts))
            assert.sameMembers([...inSentences.keys()], Object.keys(sayings))
          }),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
      ),
    240_000,
  )
})
