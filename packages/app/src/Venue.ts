/**
 * Where the venue is for a run of the service: the embedded one on a thread of its own, or the real
 * one at the configured addresses.
 *
 * The embedded venue's thread is kept like the background lane's: when it ends it is started again on
 * the same port. Its world is a function of seed, epoch and time, so it tells the same history.
 */
import { Effect, type Scope } from "effect"
import {
  type Endpoints,
  embeddedEndpoints,
  polymarketEndpoints,
} from "@evaluator/polymarket/VenueEndpoints"
import type { Condition } from "@evaluator/runtime/Conditions"
import type { VenueIdentity } from "./DirectoryFiles.ts"
import { keptThread } from "./KeptThread.ts"
import type { SettingsShape } from "./Settings.ts"
import { startThread, threadEntry, ThreadEnded } from "./Threads.ts"

export interface OpenVenue {
  readonly endpoints: Endpoints
  /** Starts the embedded venue's thread again as needed. To be run by the caller. */
  readonly keep: Effect.Effect<never, ThreadEnded>
  /** Of the embedded venue's thread; none of the real venue. */
  readonly conditions: Effect.Effect<ReadonlyArray<Condition>>
}

/** The embedded venue needs little; a runaway must not take the lanes with it. */
const limits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 8 }

/** Starts the thread on a port (0: one that is free) and answers the port it has. */
const startVenue = Effect.fnUntraced(function* (identity: VenueIdentity, onPort: number) {
  const thread = yield* startThread({
    name: "venue",
    entry: threadEntry("../../venue/src/VenueThread.ts", "./venue.mjs"),
    data: { kind: "seeded", seed: identity.seed, epochMs: identity.epochMs, port: onPort },
    limits,
    stopWithinMs: 2000,
  })
  const listening = thread.message("listening")
  const failed = Effect.flatMap(thread.message("failed"), ({ message }) =>
    Effect.fail(new ThreadEnded({ thread: "venue", why: String(message) })),
  )
  const { port } = yield* Effect.raceFirst(listening, failed)
  return { thread, ready: Number(port) }
})

export const openVenue = Effect.fnUntraced(function* (
  settings: SettingsShape,
  identity: VenueIdentity,
): Effect.fn.Return<OpenVenue, ThreadEnded, Scope.Scope> {
  const { venue } = settings
  if (identity.kind !== "embedded") {
    return {
      endpoints: {
        ...polymarketEndpoints,
        gamma: venue.gamma_url,
        data: venue.data_url,
        clob: venue.clob_url,
        stream: venue.stream_url,
        books: venue.books_url,
      },
      keep: Effect.never,
      conditions: Effect.succeed([]),
    }
  }
  let port = 0
  const thread = yield* keptThread({
    name: "venue",
    port: null,
    start: Effect.fnUntraced(function* () {
      const started = yield* startVenue(identity, port)
      port = started.ready
      return started
    }),
  })
  yield* Effect.logInfo(`the embedded venue listens on port ${thread.ready}`).pipe(
    Effect.annotateLogs({ seed: identity.seed, epoch_ms: identity.epochMs }),
  )
  return {
    endpoints: embeddedEndpoints(`http://127.0.0.1:${thread.ready}`),
    keep: thread.keep(),
    conditions: Effect.map(thread.trouble, (trouble) => [
      { name: "venue thread", ok: trouble === null, blocks: false, says: trouble ?? "runs" },
    ]),
  }
})
