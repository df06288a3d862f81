/**
 * The service in virtual time: both lanes inline on this thread, the venue in process. The program is
 * the service's own; only clock, chance and transport are others.
 *
 * It runs in a directory of its own from one moment to another, is drained like a service that stops,
 * and answers with the summary. Same venue, same settings, same chance: the same tables.
 */
import { Clock, Console, Effect, type Layer, Random } from "effect"
import type { HttpClient } from "effect/http"
import { LeastWarmRows, MostWarmRows } from "@evaluator/evaluation/WarmHistories"
import { embeddedEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { LaneLink, type LaneLinkError } from "@evaluator/runtime/LaneLink"
import { VirtualTime, type VirtualTimeOptions } from "@evaluator/runtime/VirtualTime"
import { layerLogs } from "@evaluator/telemetry/JsonLogs"
import { freshDirectory, recordVenue } from "./DataDirectory.ts"
import { filesOf, type VenueIdentity } from "./DirectoryFiles.ts"
import { drain } from "./Drain.ts"
import { openEvaluation } from "./EvaluationThread.ts"
import type { EvaluationHandle } from "./LaneHandles.ts"
import { openPaper } from "./PaperThread.ts"
import { progressLine, virtualProgress } from "./Progress.ts"
import { upgradeSchemas } from "./SchemaUpgrade.ts"
import { approveOne, type ScriptedOwner } from "./ScriptedOwner.ts"
import { logLevel, type Loaded, type SettingsShape } from "./Settings.ts"
import { summarize } from "./Summary.ts"
import type { SummaryDocument } from "./SummaryDocument.ts"
import type { Feeds } from "./Wiring.ts"

export interface VirtualRunOptions {
  readonly settings: SettingsShape
  /** Where the data is kept; `null` uses a temporary directory and removes it. */
  readonly keep: string | null
  /** The directory is that of a run before, and this one goes on with it. */
  readonly resumes?: boolean
  readonly venue: VenueIdentity
  readonly startMs: number
  readonly endMs: number
  /** Decides ids, jitters and whatever else is left to chance. */
  readonly chance: string
  readonly http: Layer.Layer<HttpClient.HttpClient>
  readonly feeds: Feeds
  /** A person who steps in; nobody by default. */
  readonly owner?: ScriptedOwner | null
  /** What else is done when the time is over, before the drain. */
  readonly atEnd?: (evaluation: EvaluationHandle) => Effect.Effect<void, LaneLinkError>
  /** As in {@link VirtualTimeOptions}; logs the progress by default. */
  readonly onAdvance?: VirtualTimeOptions["onAdvance"]
  readonly shuffle?: VirtualTimeOptions["shuffle"]
}

/** No small box: rows read again all the time stay in memory. */
const cacheMebibytes = 256

export const runVirtually = Effect.fnUntraced(function* (options: VirtualRunOptions) {
  const { settings, keep, startMs, endMs, http } = options
  const began = process.hrtime.bigint()
  const resumed = options.resumes === true ? keep : null
  const directory = resumed ?? (yield* freshDirectory({ keep, prefix: "trader-evaluator" }))
  const files = filesOf(directory)
  yield* upgradeSchemas(directory)
  if (resumed === null) yield* recordVenue(directory, options.venue)
  const time = new VirtualTime(startMs, {
    onAdvance: options.onAdvance ?? (yield* virtualProgress(startMs, endMs)),
    shuffle: options.shuffle,
  })
  const [evaluationLink, paperLink] = LaneLink.inlinePair()
  // Whoever asks in process never resolves the name.
  const endpoints = embeddedEndpoints("http://venue.invalid")
  const parts = { settings, endpoints, http, temporary: keep === null, cacheMebibytes }

  const program = Effect.gen(function* () {
    const { handle: evaluation, reports } = yield* openEvaluation({
      file: files.evaluatorDb,
      paperFile: files.paperDb,
      link: evaluationLink,
      ...parts,
    })
    const { handle: paper } = yield* openPaper(
      { file: files.paperDb, link: paperLink, ...parts },
      options.feeds,
    )
    if (options.owner != null) yield* approveOne(options.owner, reports, paperLink)
    yield* Effect.sleep(Math.max(0, endMs - (yield* Clock.currentTimeMillis)))
    if (options.atEnd !== undefined) yield* options.atEnd(evaluation)
    yield* drain(evaluation, paper)
    return yield* summarize(
      {
        venue: options.venue.kind,
        seed: options.venue.seed,
        virtual: true,
        fromMs: startMs,
        wallMs: Effect.sync(() => Math.round(Number(process.hrtime.bigint() - began) / 1e6)),
      },
      evaluation,
      paper,
    )
  }).pipe(
    Effect.scoped,
    Random.withSeed(options.chance),
    // As with the page cache: what months of judging save is worth some hundred megabytes.
    Effect.provideService(LeastWarmRows, 0),
    Effect.provideService(MostWarmRows, 500_000),
  )
  const context = yield* Effect.context<never>()
  const exit = yield* Effect.promise(() => time.run(Effect.provideContext(program, context)))
  return yield* exit
}, Effect.scoped)

export interface PrintOptions {
  readonly json: boolean
  readonly loaded: Loaded
}

/** Prints what a run in virtual time comes to, its logs beside it. */
export const printing =
  ({ json, loaded }: PrintOptions) =>
  <E, R>(run: Effect.Effect<SummaryDocument, E, R>): Effect.Effect<void, E, R> =>
    run.pipe(
      Effect.flatMap((document) =>
        json
          ? Console.log(JSON.stringify(document))
          : Effect.logInfo(
              progressLine({
                ...document,
                outcomes: document.copies.outcomes,
                equity_usdc: document.ledger.equity_usdc,
              }),
            ),
      ),
      Effect.provide(
        layerLogs({
          to: json ? "stderr" : "stdout",
          pretty: (json ? process.stderr : process.stdout).isTTY === true,
          level: logLevel(loaded.settings),
        }),
      ),
    )
