/**
 * Both lanes in this thread without their schedules, for one command while no service runs.
 *
 * The caller holds the data directory. Jobs run only when asked for; nothing is watched or streamed.
 */
import { Clock, Effect, Layer, type Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { BookFeed } from "@evaluator/polymarket/BookFeed"
import { TradeFeed } from "@evaluator/polymarket/TradeFeed"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { JobTriggers } from "@evaluator/runtime/Supervisor"
import type { ControlHandlers } from "./Control.ts"
import type { DataDirectory } from "./DataDirectory.ts"
import { openEvaluation } from "./EvaluationThread.ts"
import { openPaper } from "./PaperThread.ts"
import { upgradeSchemas } from "./SchemaUpgrade.ts"
import { controlHandlers } from "./ServiceControl.ts"
import type { Loaded } from "./Settings.ts"
import { openVenue } from "./Venue.ts"

export const alone = Effect.fnUntraced(
  function* (
    held: DataDirectory["Service"],
    { settings }: Loaded,
  ): Effect.fn.Return<ControlHandlers, Error, Scope.Scope> {
    yield* upgradeSchemas(held.path)
    const { endpoints } = yield* openVenue(settings, held.venue)
    const [evaluationLink, paperLink] = LaneLink.inlinePair()
    const parts = { settings, endpoints, http: FetchHttpClient.layer }
    const { handle: evaluation } = yield* openEvaluation({
      ...parts,
      file: held.evaluatorDb,
      paperFile: held.paperDb,
      link: evaluationLink,
    })
    const { handle: paper } = yield* openPaper(
      { ...parts, file: held.paperDb, link: paperLink },
      Layer.merge(TradeFeed.layerSilent, BookFeed.layerSilent),
    )
    return controlHandlers({
      evaluation,
      paper,
      link: paperLink,
      venue: held.venue.kind,
      startedAtMs: yield* Clock.currentTimeMillis,
      silentForMs: Effect.succeed(0),
    })
  },
  Effect.provideService(JobTriggers, "by-hand"),
)
