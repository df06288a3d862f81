/**
 * `replay`: recorded rows served by the embedded venue, in virtual time.
 *
 * The clock starts an hour before the first row and runs until two days after the last, so that every
 * follow is over and what was known to resolve has settled.
 */
import { Duration, Effect, Layer } from "effect"
import { WalletAddress } from "@evaluator/domain/Id"
import { ONE } from "@evaluator/domain/money/Micro"
import { Recording } from "@evaluator/evaluation/Recording"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { portInProcess } from "@evaluator/polymarket/BookPort"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import * as VenueApi from "@evaluator/venue/Api"
import * as InProcess from "@evaluator/venue/InProcess"
import { lateRows } from "@evaluator/venue/recorded/LateRows"
import { load, type RecordedManifest } from "@evaluator/venue/recorded/RecordedWorld"
import type { ReplayOptions } from "./cli/RunOptions.ts"
import type { FileFates } from "./SummaryDocument.ts"
import { printing, runVirtually } from "./VirtualRun.ts"

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

/** Replays a recording and answers with the summary. */
export const replayRecording = Effect.fnUntraced(function* (options: ReplayOptions) {
  const recorded = load({
    dir: options.recording,
    books:
      options.books.kind === "recorded"
        ? { kind: "recorded" }
        : { kind: "assume", spread: options.books.spread / ONE },
  })
  const world = lateRows(recorded, Duration.toMillis(options.loaded.settings.venue.row_lag))
  const manifest = recorded.manifest()
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
  if (spans.length === 0) {
    yield* Effect.logWarning(
      `nothing to replay: no row of a wallet with a time in trades/ or activity/ of ${options.recording}`,
    )
  }
  const document = yield* runVirtually({
    settings: options.loaded.settings,
    keep: options.keep,
    venue: { kind: "recorded", seed: null, epochMs: startMs },
    startMs,
    endMs: lastMs + 2 * dayMs,
    chance: "replay",
    http: InProcess.layer(VenueApi.make(world)),
    feeds: Layer.merge(
      TradeFeed.layerOf(InProcess.tradesAsTheyAppear(world)),
      BookFeed.layerOf(portInProcess(InProcess.connect({ world, plan: null }, "/ws/market"))),
    ),
  }).pipe(
    Effect.provideService(Recording, {
      wallets: spans,
      unservable: manifest.unservable,
      follow: options.follow,
    }),
  )
  return { ...document, rows: fatesPerFile(manifest, document.rows) }
})

/** Replays a recording and prints the summary. */
export const replay = (options: ReplayOptions) => replayRecording(options).pipe(printing(options))
