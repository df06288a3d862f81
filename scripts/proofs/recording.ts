/**
 * Proof `recording`: recorded rows of the venue through the whole program, each wallet followed. First one
 * wallet's day, then everything there is.
 *
 * The equations hold for each strategy, no copy was priced without a book or came before its leader's fill,
 * and fills were detected as late in the median as the replay is configured to show them, within a tenth.
 */
import { copyFileSync, existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { Duration, Effect } from "effect"
import { loadSettings } from "@evaluator/app/Settings"
import { mostApart, oneWallet, Replayed, replayFaults } from "@evaluator/testkit/RecordedReplay"
import { document, type ServiceEntry } from "@evaluator/testkit/ServiceProcess"
import { root } from "../Commands.ts"
import type { CaseResult, Proof } from "./Proof.ts"

const recording = join(root, "../shared/data/recorded")

export const proof: Proof = {
  name: "recording",
  about: `\`replay --follow all --books assume:0.02\` of one wallet's recorded day and of the whole recording: the equations hold per strategy, no copy without a book, none before its leader's fill, each row one fate; detected after venue.row_lag in the median, within ${mostApart * 100} %.`,
  run: async ({ count = 2, folder, once, service }) => {
    const entry: ServiceEntry = { ...service, cwd: folder }
    const cases = [
      ["one wallet's day", () => sliceIn(join(folder, "recorded"))],
      ["everything", () => recording],
    ] as const
    for (const [key, rows] of cases.slice(0, count)) {
      await once(key, () => Effect.runPromise(caseOf(entry, key, rows)))
    }
  },
}

const sliceIn = (directory: string): string => {
  for (const [kind, files] of Object.entries(oneWallet)) {
    mkdirSync(join(directory, kind), { recursive: true })
    for (const file of files) {
      copyFileSync(join(recording, kind, file), join(directory, kind, file))
    }
  }
  return directory
}

const caseOf = (
  entry: ServiceEntry,
  rows: string,
  pathOf: () => string,
): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    if (!existsSync(recording)) {
      return { held: false, faults: [`there is no recording at ${recording}`], row: { rows } }
    }
    const { settings } = yield* loadSettings({ profiles: ["replay"], environment: process.env })
    const rowLagMs = Duration.toMillis(settings.venue.row_lag)
    const words = ["replay", pathOf(), "--follow", "all", "--books", "assume:0.02", "--json"]
    const summary = yield* document(entry, { args: words, env: {}, within: "40 minutes" }, Replayed)
    const faults = replayFaults(summary, rowLagMs)
    const { copies_by_strategy: all, evidence } = summary
    return {
      held: faults.length === 0,
      faults,
      row: {
        rows,
        read: summary.rows.reduce((total, { read }) => total + read, 0),
        "leader fills": summary.copies.leader_fills,
        ...Object.fromEntries(
          Object.entries(all).map(([name, { outcomes }]) => [name, outcomes["COPIED"] ?? 0]),
        ),
        "without book": evidence.copies_without_book,
        "before leader": evidence.copies_before_leader,
        "detected ms": evidence.detection_ms?.p50 ?? "never",
        "configured ms": rowLagMs,
        seconds: Math.round(summary.wall_ms / 1000),
      },
    }
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.succeed({ held: false, faults: [message], row: { rows } }),
    ),
  )
