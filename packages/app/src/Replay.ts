/**
 * `replay`: recorded rows served by the embedded venue, both lanes inline on this thread, in virtual
 * time. The program is the service's own; only clock, chance and transport are others.
 *
 * The clock starts an hour before the first row and runs until two days after the last, so that every
 * follow is over and what was known to resolve has settled; then the lanes are drained like a
 * service that stops.
 */
import { Console, Effect, Random } from "effect"
import { filesOf } from "./DirectoryFiles.ts"
import { Recording } from "@evaluator/evaluation/Recording"
import { WalletAddress } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { embeddedEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { layerLogs } from "@evaluator/telemetry/JsonLogs"
import * as VenueApi from "@evaluator/venue/Api"
import * as InProcess from "@evaluator/venue/InProcess"
import { load, type RecordedManifest } from "@evaluator/venue/recorded/RecordedWorld"
import type { ReplayOptions } from "./cli/RunOptions.ts"
import { freshDirectory } from "./DataDirectory.ts"
import { openEvaluation } from "./EvaluationThread.ts"
import { openPaper } from "./PaperThread.ts"
import { progressLine, virtualProgress } from "./Progress.ts"
import { drain } from "./Drain.ts"
import { upgradeSchemas } from "./SchemaUpgrade.ts"
import { logLevel } from "./Settings.ts"
import { summarize } from "./Summary.ts"
import type { FileFates } from "./SummaryDocument.ts"

/** Chance under virtual time: the same ids and jitters in every replay. */
const seed = "replay"
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Each file of the recording with the rows the loader read, and the fates that ingestion gave them. */
const fatesPerFile = (
  manifest: RecordedManifest,
  decided: ReadonlyArray<FileFates>,
): ReadonlyArray<FileFates> => {
  const byFile = new Map(decided.map((fates) => [fates.file, fates]))
  return manifest.rows.map(({ file, read, ignored }) => {
    const fates = byFile.get(file)
    return {
      file,
      read,
      stored: fates?.stored ?? 0,
      duplicate: fates?.duplicate ?? 0,
      quarantined: fates?.quarantined ?? 0,
      ignored: { ...ignored, ...fates?.ignored },
    }
  })
}

const replayInVirtualTime = Effect.fnUntraced(function* (options: ReplayOptions) {
  const { settings } = options.loaded
  const began = process.hrtime.bigint()
  const directory = yield* freshDirectory({ keep: options.keep, prefix: "trader-evaluator-replay" })
  const files = filesOf(directory)
  yield* upgradeSchemas(directory)
  const world = load({
    dir: options.recording,
    books:
      options.books.kind === "recorded"
        ? { kind: "recorded" }
        : { kind: "assume", spread: options.books.spread / ONE },
  })
  const manifest = world.manifest()
  const spans = manifest.wallets.map((wallet) => ({
    ...wallet,
    wallet: WalletAddress.make(wallet.wallet),
  }))
  const firstMs = spans.reduce(
    (least, span) => Math.min(least, span.firstMs),
    Number.MAX_SAFE_INTEGER,
  )
  const lastMs = spans.reduce((most, span) => Math.max(most, span.lastMs), 0)
  const startMs = spans.length === 0 ? 0 : firstMs - hourMs
  yield* Effect.logInfo(
    `replaying ${options.recording}: ${manifest.rows.reduce((sum, file) => sum + file.read, 0)} rows, ${spans.length} wallets`,
  )

  const time = new VirtualTime(startMs, yield* virtualProgress(startMs, lastMs + 2 * dayMs))
  const [evaluationLink, paperLink] = LaneLink.inlinePair()
  const endpoints = embeddedEndpoints("http://venue.invalid")
  const http = InProcess.layer(VenueApi.make(world))
  const parts = { settings, endpoints, http, temporary: options.keep === null }
  const feed = TradeFeed.layerOf(InProcess.tradesAsTheyAppear(world))

  const program = Effect.gen(function* () {
    const { handle: evaluation } = yield* openEvaluation({
      file: files.evaluatorDb,
      paperFile: files.paperDb,
      link: evaluationLink,
      ...parts,
    })
    const paper = yield* openPaper(
      { file: files.paperDb, link: paperLink, ...parts },
      feed,
    )
    yield* Effect.sleep(lastMs + 2 * dayMs - startMs)
    yield* drain(evaluation, paper)
    return yield* summarize(
      {
        venue: "recorded",
        seed: null,
        virtual: true,
        fromMs: startMs,
        wallMs: Effect.sync(() => Math.round(Number(process.hrtime.bigint() - began) / 1e6)),
      },
      evaluation,
      paper,
    )
  }).pipe(
    Effect.scoped,
    Effect.provideService(Recording, {
      wallets: spans,
      unservable: manifest.unservable,
      follow: options.follow,
    }),
    Random.withSeed(seed),
  )
  const context = yield* Effect.context<never>()
  const exit = yield* Effect.promise(() => time.run(Effect.provideContext(program, context)))
  const document = yield* exit
  return { ...document, rows: fatesPerFile(manifest, document.rows) }
}, Effect.scoped)

/** Replays a recording and prints the summary. */
export const replay = Effect.fnUntraced(
  function* (options: ReplayOptions) {
    const document = yield* replayInVirtualTime(options)
    if (options.json) yield* Console.log(JSON.stringify(document))
    else
      yield* Effect.logInfo(
        progressLine({
          ...document,
          outcomes: document.copies.outcomes,
          equity_usdc: document.ledger.equity_usdc,
        }),
      )
  },
  (effect, options) =>
    Effect.provide(
      effect,
      layerLogs({
        to: options.json ? "stderr" : "stdout",
        pretty: (options.json ? process.stderr : process.stdout).isTTY === true,
        level: logLevel(options.loaded.settings),
      }),
    ),
)
