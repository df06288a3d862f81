import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { faultsOf, type Summary } from "@evaluator/testkit/Equations"
import { changedOutcomes, killCommits, killRound } from "@evaluator/testkit/KillRuns"
import { document, runToEnd, type ServiceEntry } from "@evaluator/testkit/ServiceProcess"

/** Node itself stands in for the service: what it runs is the command's last word. */
const node: ServiceEntry = { program: process.execPath, args: ["-e"], cwd: process.cwd() }
const script = (text: string, within: "10 seconds" | "200 millis" = "10 seconds") => ({
  args: [text],
  env: {},
  within,
})

const copies = { leader_fills: 3, outcomes: { COPIED: 1, FAILED: 1 }, in_flight: 1, undetected: 0 }
const queue = { name: "q", offered: 5, done: 1, failed: 1, dropped: 1, coalesced: 1, pending: 1 }
const sound: Summary = {
  verdicts: { classified: 1, excluded: 2, waiting: 3, discovered: 6 },
  copies,
  copies_by_strategy: { portfolio: copies, solo: copies },
  ledger: { balanced: true },
  evidence: {
    copies_without_book: 0,
    copies_before_leader: 0,
    receipts_with_remainder: 0,
    takes_unlike_book: 0,
    fills_unlike_id: 0,
  },
  queues: [queue],
  jobs: [],
}

describe("the equations of a summary", () => {
  it("find nothing where every fill and item has one fate", () => {
    assert.deepStrictEqual(faultsOf(sound), [])
  })

  it("find a fill without a fate, in the total and in a strategy", () => {
    assert.deepStrictEqual(faultsOf({ ...sound, copies: { ...copies, in_flight: 0 } }), [
      "copies: 3 leader fills have 2 fates",
    ])
    const solo = { ...copies, undetected: 1 }
    assert.deepStrictEqual(faultsOf({ ...sound, copies_by_strategy: { solo } }), [
      "copies of strategy solo: 3 leader fills have 4 fates",
    ])
  })

  it("find an item without a fate and a ledger that does not balance", () => {
    assert.deepStrictEqual(
      faultsOf({ ...sound, queues: [{ ...queue, done: 0 }], ledger: { balanced: false } }),
      ["queue q: 5 items have 4 fates", "the ledger does not balance"],
    )
  })
})

describe("the equations of evidence", () => {
  it("find a copy without a book, one before its leader, a receipt that does not add up, and rows changed since", () => {
    const evidence = {
      copies_without_book: 1,
      copies_before_leader: 2,
      receipts_with_remainder: 3,
      takes_unlike_book: 4,
      fills_unlike_id: 5,
    }
    assert.deepStrictEqual(faultsOf({ ...sound, evidence }), [
      "1 copies were filled without a book",
      "2 copies came before their leader's fill",
      "3 receipts leave a remainder",
      "4 copies took what their book would not have given",
      "5 leaders' fills differ from what their id was made of",
    ])
  })
})

describe("the equation of verdicts", () => {
  it("finds a wallet without a verdict, and one with two", () => {
    const of = (classified: number) =>
      faultsOf({ ...sound, verdicts: { ...sound.verdicts, classified } })
    assert.deepStrictEqual(of(0), ["6 discovered wallets have 5 verdicts"])
    assert.deepStrictEqual(of(2), ["6 discovered wallets have 7 verdicts"])
  })
})

describe("outcomes after a kill", () => {
  it("may be joined by new ones and by nothing else", () => {
    const before = new Map([
      ["a solo", "COPIED"],
      ["b solo", "FAILED"],
      ["c solo", "COPIED"],
    ])
    const after = new Map([
      ["a solo", "COPIED"],
      ["b solo", "COPIED"],
      ["d solo", "COPIED"],
    ])
    assert.deepStrictEqual(changedOutcomes(before, after), [
      "copy b solo was FAILED and is COPIED",
      "copy c solo was COPIED and is gone",
    ])
    assert.deepStrictEqual(changedOutcomes(before, before), [])
  })
})

describe("kill moments", () => {
  it.effect("come from the seed and stay within their bounds", () =>
    Effect.gen(function* () {
      const first = yield* killCommits(7, 50, 50, 3000)
      assert.deepStrictEqual(yield* killCommits(7, 50, 50, 3000), first)
      assert.notDeepEqual(yield* killCommits(8, 50, 50, 3000), first)
      assert.isTrue(first.every((n) => Number.isInteger(n) && n >= 50 && n <= 3000))
      assert.isAbove(new Set(first).size, 40)
    }),
  )
})

describe("a service process", () => {
  it.live("tells its exit code, its signal and what it printed", () =>
    Effect.gen(function* () {
      const ended = yield* runToEnd(
        node,
        script("console.log(1); console.error(2); process.exit(3)"),
      )
      assert.deepStrictEqual(ended, { code: 3, signal: null, stdout: "1\n", stderr: "2\n" })
      const killed = yield* runToEnd(node, script("process.kill(process.pid, 'SIGKILL')"))
      assert.strictEqual(killed.signal, "SIGKILL")
    }),
  )

  it.live("that does not end in its time is killed and reported", () =>
    Effect.gen(function* () {
      const forever = script(
        "console.error(process.pid); setInterval(() => {}, 1000)",
        "200 millis",
      )
      const late = yield* Effect.flip(runToEnd(node, forever))
      assert.strictEqual(late._tag, "DidNotEnd")
    }),
  )

  it.live("must exit 0 and print the document it promised", () =>
    Effect.gen(function* () {
      const shape = Schema.Struct({ n: Schema.Int })
      const good = yield* document(node, script("console.log(JSON.stringify({ n: 1 }))"), shape)
      assert.deepStrictEqual(good, { n: 1 })
      const exited = yield* Effect.flip(document(node, script("process.exit(4)"), shape))
      assert.match(exited.message, /exited 4/)
      const other = yield* Effect.flip(document(node, script("console.log('{}')"), shape))
      assert.strictEqual(other._tag, "NoDocument")
      const twice = "console.log(JSON.stringify({ n: 1 })); console.log('ready')"
      const mixed = yield* Effect.flip(document(node, script(twice), shape))
      assert.strictEqual(mixed._tag, "NoDocument")
    }),
  )
})

const pretendService = fileURLToPath(new URL("PretendService.ts", import.meta.url))

/** Rounds, one a commit, against a service that commits one sin. */
const roundsAgainst = (sin: string, commits: ReadonlyArray<number>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "pretend-"))),
    (folder) => {
      const entry = {
        program: "env",
        args: [`PRETEND=${sin}`, process.execPath, pretendService],
        cwd: folder,
      }
      const plan = { entry, dataDir: join(folder, "data"), killWithin: "1m", resumeFor: "1s" }
      const seen = new Map<string, string>()
      return Effect.forEach(commits, (commit) => killRound(plan, commit, seen))
    },
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )

const sins = [
  ["forgets", /is gone/],
  ["rewrites", /was COPIED and is FAILED/],
  ["miscounts", /leader fills have/],
  ["embezzles", /ledger check exited 4/],
  ["survives", /commit 5 never came/],
] as const

describe("kill rounds", () => {
  it.live("hold for a service that keeps what it committed", () =>
    Effect.map(roundsAgainst("nothing", [5, 2]), (rounds) => {
      const { faults, ...counted } = rounds[1] ?? { faults: ["no second round"] }
      assert.deepStrictEqual(faults, [])
      assert.deepStrictEqual(counted, {
        commit: 2,
        outcomesAtKill: 10,
        outcomesAfter: 13,
        leaderFills: 15,
      })
    }),
  )

  for (const [sin, complaint] of sins) {
    it.live(`do not hold for a service that ${sin}`, () =>
      Effect.map(roundsAgainst(sin, [5]), (rounds) =>
        assert.match(rounds.flatMap((round) => round.faults).join("\n"), complaint),
      ),
    )
  }
})
