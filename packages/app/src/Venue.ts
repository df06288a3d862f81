/**
 * Where the venue is for a run of the service: the embedded one on a thread of its own, or the real
 * one at the configured addresses.
 */
import { Effect, type Scope } from "effect"
import {
  type Endpoints,
  embeddedEndpoints,
  polymarketEndpoints,
} from "@evaluator/polymarket/VenueEndpoints"
import type { VenueIdentity } from "./DirectoryFiles.ts"
import type { SettingsShape } from "./Settings.ts"
import { startThread, threadEntry, type Thread, ThreadEnded } from "./Threads.ts"

export interface OpenVenue {
  readonly endpoints: Endpoints
  /** `null` for the real venue. */
  readonly thread: Thread | null
}

/** The embedded venue needs little; a runaway must not take the lanes with it. */
const limits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 8 }

export const openVenue = Effect.fnUntraced(function* (
  settings: SettingsShape,
  identity: VenueIdentity,
): Effect.fn.Return<OpenVenue, ThreadEnded, Scope.Scope> {
  const { venue } = settings
  if (identity.kind !== "embedded") {
    return {
      thread: null,
      endpoints: {
        ...polymarketEndpoints,
        gamma: venue.gamma_url,
        data: venue.data_url,
        clob: venue.clob_url,
        stream: venue.stream_url,
        books: venue.books_url,
      },
    }
  }
  const thread = yield* startThread({
    name: "venue",
    entry: threadEntry("../../venue/src/VenueThread.ts", "./venue.mjs"),
    data: { kind: "seeded", seed: identity.seed, epochMs: identity.epochMs, port: 0 },
    limits,
    stopWithinMs: 2000,
  })
  const { port } = yield* thread.message("listening")
  yield* Effect.logInfo(`the embedded venue listens on port ${String(port)}`, {
    seed: identity.seed,
    epoch_ms: identity.epochMs,
  })
  return { thread, endpoints: embeddedEndpoints(`http://127.0.0.1:${String(port)}`) }
})
