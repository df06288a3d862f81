/**
 * Proof `rules-lifecycle`: sixty days of small worlds under the sim profile's rules. A wallet is approved
 * because our own copies of it earned, one by an owner's `wallet approve`; an approved wallet is stopped
 * by a breach, and one that was stopped is paper traded again after its cool-down. No world contradicts
 * the rules, and together they show each of the four.
 *
 * What happened is read from the run's own rows, and what a move rests on is counted again from them.
 */
import { Effect, Schema } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { faultsOf, Summary } from "@evaluator/testkit/Equations"
import { document, type ServiceEntry } from "@evaluator/testkit/ServiceProcess"
import { root } from "../Commands.ts"
import type { CaseResult, Proof } from "./Proof.ts"

const seeds = [7, 8]
const days = 60
const approveAfter = "10d"
const dayMs = 86_400_000
/** `rules.min_settled_copies` and `rules.evidence_window` of the sim profile, `rules.cool_down`. */
const rules = { minSettled: 8, windowMs: 60 * dayMs, coolDownMs: 7 * dayMs }

/** Patient traders who know much, some who know half, and guessers. */
const world = join(root, "config/worlds/patient.json")

const Simulated = Schema.Struct({ ...Summary.fields, from_ms: Schema.Int, wall_ms: Schema.Int })

interface Move {
  readonly wallet: string
  readonly at_ms: number
  readonly from_state: string
  readonly to_state: string
  readonly reason: string
}

const movesIn = (database: DatabaseSync): ReadonlyArray<Move> =>
  database
    .prepare(
      "SELECT hex(wallet) AS wallet, at_ms, from_state, to_state, reason FROM rule_transitions ORDER BY id",
    )
    .all() as unknown as ReadonlyArray<Move>

/** Settled solo copies and their profit before a move, within the window of the evidence. */
const evidenceOf = (database: DatabaseSync, { at_ms, wallet }: Move) =>
  database
    .prepare(
      `SELECT count(DISTINCT fill) AS settled, coalesce(sum(pnl), 0) AS pnl FROM copy_settlements
        WHERE hex(wallet) = ? AND strategy = 'solo' AND at_ms BETWEEN ? AND ?`,
    )
    .get(wallet, at_ms - rules.windowMs, at_ms) as unknown as {
    readonly settled: number
    readonly pnl: number
  }

const columns = {
  earned: "approved on copies",
  owners: "approved by the owner",
  breaches: "stopped by a breach",
  back: "paper traded again",
} as const

const is = (from: string, to: string, reason: RegExp) => (move: Move) =>
  move.from_state === from && move.to_state === to && reason.test(move.reason)

/** The moves of each kind, and what contradicts the rules, in words. */
const lookAt = (database: DatabaseSync) => {
  const moves = movesIn(database)
  const earned = moves.filter(is("PAPER_TRADING", "APPROVED", /^copies_earned$/))
  const owners = moves.filter(is("PAPER_TRADING", "APPROVED", /^approved_by_owner$/))
  const breaches = moves.filter(is("APPROVED", "STOPPED", /^live_/))
  const back = moves.filter(is("STOPPED", "PAPER_TRADING", /^passes_discovery$/))
  const faults: Array<string> = []
  if (owners.length > 1) faults.push(`an owner approved ${owners.length} wallets`)
  for (const move of earned) {
    const { pnl, settled } = evidenceOf(database, move)
    if (settled < rules.minSettled || pnl < 0) {
      faults.push(`${move.wallet} was approved on ${settled} settled copies that earned ${pnl}`)
    }
  }
  for (const move of back) {
    const stopped = moves.findLast(
      (one) => one.wallet === move.wallet && one.to_state === "STOPPED" && one.at_ms <= move.at_ms,
    )
    if (stopped === undefined || move.at_ms - stopped.at_ms < rules.coolDownMs) {
      faults.push(`${move.wallet} came back before its cool-down was over`)
    }
  }
  return { moves, earned, owners, breaches, back, faults }
}

const sixtyDays = (entry: ServiceEntry, seed: number): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    const kept = join(entry.cwd, `kept-${seed}`)
    rmSync(kept, { recursive: true, force: true })
    const summary = yield* document(
      entry,
      {
        args: [
          "sim",
          "--seed",
          `${seed}`,
          "--days",
          `${days}`,
          "--world",
          world,
          "--approve-after",
          approveAfter,
          "--keep",
          kept,
          "--json",
        ],
        env: {},
        within: "20 minutes",
      },
      Simulated,
    )
    const { back, breaches, earned, faults, moves, owners } = yield* Effect.sync(() => {
      using database = new DatabaseSync(join(kept, "evaluator.db"), { readOnly: true })
      return lookAt(database)
    })
    const all = [...faultsOf(summary), ...faults]
    const day = (move: Move) => ((move.at_ms - summary.from_ms) / dayMs).toFixed(1)
    return {
      held: all.length === 0,
      faults: all,
      row: {
        seed,
        [columns.earned]: earned.length,
        [columns.owners]: owners.length,
        [columns.breaches]: breaches.length,
        [columns.back]: back.length,
        seconds: Math.round(summary.wall_ms / 1000),
      },
      notes: moves.map(
        (move) =>
          `day ${day(move)}, 0x${move.wallet.toLowerCase().slice(0, 8)}…: ${move.from_state} → ${move.to_state}, ${move.reason}`,
      ),
    }
  }).pipe(
    Effect.catch((failed) =>
      Effect.succeed({ held: false, faults: [failed.message], row: { seed } }),
    ),
  )

/** Each kind of move was seen in one of the worlds. */
const together = (cases: ReadonlyArray<CaseResult>): CaseResult => {
  const row: Record<string, number | string> = { seed: "all" }
  const faults: Array<string> = []
  for (const column of Object.values(columns)) {
    const moves = cases.reduce((sum, one) => sum + Number(one.row[column] ?? 0), 0)
    row[column] = moves
    if (moves === 0) faults.push(`no wallet was ${column}`)
  }
  return { held: faults.length === 0, faults, row }
}

export const proof: Proof = {
  name: "rules-lifecycle",
  about: `sim --days ${days} --approve-after ${approveAfter} on a world of patient traders, the sim profile's own rules: approvals earned and by hand, a breach, a return after the cool-down, read from the run's rows.`,
  run: async ({ folder, once, service }) => {
    const entry: ServiceEntry = { ...service, cwd: folder }
    const cases: Array<CaseResult> = []
    for (const seed of seeds) {
      cases.push(await once(`seed ${seed}`, () => Effect.runPromise(sixtyDays(entry, seed))))
    }
    await once("all seeds", () => Promise.resolve(together(cases)))
  },
}
