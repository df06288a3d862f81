/**
 * Proof `detection-lag`: a live run, a simulation and a replay detect fills as late as they are configured to.
 *
 * The embedded venue is a function of seed, epoch and time, so for each fill that a live run detected it can
 * be asked when it showed it: that is the least lag there can be, and what virtual time has. The medians over
 * the same fills, as detected and as shown, are held against each other, live and in `sim`. A replay of
 * the recorded Nobel market, whose rows are shown `venue.row_lag` after their time, must detect that late:
 * as configured, and as late as the embedded venue. All within a tenth.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { faultsOf, Summary } from "@evaluator/testkit/Equations"
import type { RoundFailed as RunFailed } from "@evaluator/testkit/KillRuns"
import { document, type ServiceEntry } from "@evaluator/testkit/ServiceProcess"
import * as SeededWorld from "@evaluator/venue/seeded/SeededWorld"
import type { WorldChanges } from "@evaluator/venue/WorldParameters"
import { root } from "../Commands.ts"
import type { CaseResult, Proof } from "./Proof.ts"

const seed = 42
const liveFor = "90s"
const simulated = { days: 4, wallets: 60 }
const leastFills = 20
const mostApart = 0.1
/** `venue.row_lag` of config/service.toml, and the middle of what the embedded venue takes. */
const rowLags = [1000, 2500]
const recording = join(root, "../shared/data/recorded/trades/trades_event_nobel2025.ndjson.gz")

const Detected = Schema.Struct({
  ...Summary.fields,
  evidence: Schema.Struct({
    ...Summary.fields.evidence.fields,
    detection_ms: Schema.NullOr(Schema.Struct({ count: Schema.Int, p50: Schema.Int })),
  }),
})

type Measured = Omit<CaseResult, "held">

export const proof: Proof = {
  name: "detection-lag",
  about: `Median time from a leader's fill to its detection, within ${mostApart * 100} % of the configured one: \`run --for ${liveFor}\` and \`sim\` beside the moments at which the embedded venue showed the same fills; \`replay\` of the recorded Nobel market beside its venue.row_lag.`,
  run: async ({ folder, once, service }) => {
    const one = (
      key: string,
      measure: (entry: ServiceEntry) => Effect.Effect<Measured, RunFailed>,
    ) =>
      once(key, () => {
        const cwd = join(folder, key.replaceAll(/\W+/g, "-"))
        rmSync(cwd, { recursive: true, force: true })
        mkdirSync(join(cwd, "recorded/trades"), { recursive: true })
        return Effect.runPromise(caseOf(measure({ ...service, cwd })))
      })
    await one("live", live)
    await one("sim", sim)
    for (const lagMs of rowLags) await one(`replay ${lagMs} ms`, replayOf(lagMs))
  },
}

const caseOf = (measure: Effect.Effect<Measured, RunFailed>): Effect.Effect<CaseResult> =>
  measure.pipe(
    Effect.map((measured) => ({ held: measured.faults.length === 0, ...measured })),
    Effect.catch((failed) => Effect.succeed({ held: false, faults: [failed.message], row: {} })),
  )

/** Runs a command; what is wrong with its summary, and the median it says. */
const ran = Effect.fnUntraced(function* (
  entry: ServiceEntry,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
) {
  const summary = yield* document(
    entry,
    { args: [...args, "--json"], env, within: "20 minutes" },
    Detected,
  )
  const { count, p50 } = summary.evidence.detection_ms ?? { count: 0, p50: 0 }
  return { count, p50, faults: faultsOf(summary).map((fault) => `${args[0]}: ${fault}`) }
})

const medianOf = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length / 2) - 1)] ?? 0

/** Of the fills that a directory's run detected: as detected, and as the venue showed them. */
const lagsIn = (dataDir: string, changes: WorldChanges) => {
  const { epochMs, seed } = JSON.parse(readFileSync(join(dataDir, "venue.json"), "utf8")) as {
    readonly epochMs: number
    readonly seed: number
  }
  const world = SeededWorld.make({ ...changes, epochMs, seed })
  using paper = new DatabaseSync(join(dataDir, "paper.db"), { readOnly: true })
  const fills = paper
    .prepare(
      `SELECT '0x' || lower(hex(transaction_hash)) || ' 0x' || lower(hex(wallet)) AS trade,
        leader_at_ms, detected_at_ms FROM copies
      WHERE strategy = 'portfolio' AND origin = 'fill' ORDER BY leader_at_ms`,
    )
    .all() as unknown as ReadonlyArray<{
    readonly trade: string
    readonly leader_at_ms: number
    readonly detected_at_ms: number
  }>
  const shownAt = new Map<string, number>()
  const [first, last] = [fills[0], fills.at(-1)]
  if (first !== undefined && last !== undefined) {
    for (const row of world.tradesVisibleIn(first.leader_at_ms, last.leader_at_ms + 60_000)) {
      const trade = `${row.transaction} ${row.wallet}`
      shownAt.set(trade, Math.min(row.visibleMs, shownAt.get(trade) ?? row.visibleMs))
    }
  }
  const known = fills.filter(({ trade }) => shownAt.has(trade))
  return {
    fills: fills.length,
    known: known.length,
    detected: medianOf(known.map((fill) => fill.detected_at_ms - fill.leader_at_ms)),
    shown: medianOf(known.map((fill) => shownAt.get(fill.trade)! - fill.leader_at_ms)),
  }
}

/** A row of the table, and what is wrong with it. */
const judged = (
  run: string,
  { fills, is, ought }: { readonly fills: number; readonly is: number; readonly ought: number },
  faults: ReadonlyArray<string>,
): Measured => ({
  faults: [
    ...faults,
    ...(fills < leastFills ? [`${fills} fills were detected, ${leastFills} are asked`] : []),
    ...(Math.abs(is / ought - 1) <= mostApart
      ? []
      : [`detected after ${is} ms in the median, ${ought} ms are right`]),
  ],
  row: {
    run,
    fills,
    "detected s": is / 1000,
    "configured s": ought / 1000,
    ratio: (is / ought).toFixed(3),
  },
})

/** A run on the embedded venue beside what the venue says of the same fills. */
const beside = (
  run: string,
  { detected, fills, known, shown }: Lags,
  faults: ReadonlyArray<string>,
) =>
  judged(run, { fills: known, is: detected, ought: shown }, [
    ...faults,
    ...(known < fills ? [`the venue knows ${known} of ${fills} fills`] : []),
  ])

type Lags = ReturnType<typeof lagsIn>

const live = Effect.fnUntraced(function* (entry: ServiceEntry) {
  const dataDir = join(entry.cwd, "data")
  const { faults } = yield* ran(entry, ["run", "--for", liveFor], {
    EVALUATOR_DATA_DIR: dataDir,
    EVALUATOR_HTTP_PORT: "0",
    EVALUATOR_VENUE_SEED: `${seed}`,
  })
  return beside(`run --for ${liveFor}`, lagsIn(dataDir, {}), faults)
})

const sim = Effect.fnUntraced(function* (entry: ServiceEntry) {
  const dataDir = join(entry.cwd, "data")
  const { days, wallets } = simulated
  const words = ["sim", "--seed", `${seed}`, "--days", `${days}`, "--wallets", `${wallets}`]
  const { faults } = yield* ran(entry, [...words, "--keep", dataDir], {})
  const lags = lagsIn(dataDir, { wallets, liveTradesPerSecond: null, quickEventEveryMs: 0 })
  return beside(words.join(" "), lags, faults)
})

const replayOf = (lagMs: number) =>
  Effect.fnUntraced(function* (entry: ServiceEntry) {
    if (!existsSync(recording)) {
      return { faults: [`there is no recording at ${recording}`], row: { run: "replay" } }
    }
    copyFileSync(recording, join(entry.cwd, "recorded/trades/nobel.ndjson.gz"))
    const { count, faults, p50 } = yield* ran(
      entry,
      ["replay", join(entry.cwd, "recorded"), "--follow", "all"],
      {
        EVALUATOR_VENUE_ROW_LAG: `${lagMs}ms`,
        // Nothing may count as complete before it was shown.
        EVALUATOR_INGESTION_VISIBILITY_LAG: "5s",
        EVALUATOR_INGESTION_LATE_ROWS: "5s",
        EVALUATOR_WATCH_VISIBILITY_LAG: "5s",
        EVALUATOR_WATCH_LATE_ROWS: "5s",
      },
    )
    return judged("replay --follow all", { fills: count, is: p50, ought: lagMs }, faults)
  })
