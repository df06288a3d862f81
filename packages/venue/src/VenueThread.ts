/**
 * The embedded venue in a thread of its own: the entry point of a `Worker`.
 *
 * Speaks with its parent in three messages: posts `{ type: "listening", port }` when it serves, or
 * `{ type: "failed", message }` when it cannot, and stops when told `{ type: "stop" }`.
 * Imports no barrels: it shares a small memory budget with two other threads.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { parentPort, workerData, type MessagePort } from "node:worker_threads"
import * as Api from "./Api.ts"
import { parseBooks } from "./recorded/RecordedBooks.ts"
import * as RecordedWorld from "./recorded/RecordedWorld.ts"
import type { FaultPlan, Intensity } from "./faults/FaultPlan.ts"
import * as Server from "./Server.ts"
import { simulate } from "./Simulation.ts"
import type { WorldChanges } from "./WorldParameters.ts"

/** What the parent gives as `workerData`; `books` is `recorded` or `assume:SPREAD`. */
export type VenueThreadData =
  | {
      readonly kind: "seeded"
      readonly seed: number
      readonly epochMs: number
      readonly port: number
      readonly parameters?: WorldChanges
      readonly faults?: Intensity
      /** As in {@link Api.ApiOptions}. */
      readonly cdn?: boolean
      readonly limits?: boolean
    }
  | {
      readonly kind: "recorded"
      readonly dir: string
      readonly books: string
      readonly port: number
    }

export type VenueThreadMessage =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "failed"; readonly message: string }

/** The parent asked for a world that cannot be had. */
class BadVenue extends Schema.TaggedError<BadVenue>()("BadVenue", { message: Schema.String }) {}

interface Surface {
  readonly api: Api.VenueApi
  readonly plan?: FaultPlan
}

const surfaceOf = (data: VenueThreadData): Effect.Effect<Surface, BadVenue> =>
  Effect.gen(function* () {
    if (data.kind === "seeded") {
      const { seed, epochMs, faults = "none", cdn = false, limits = false } = data
      return simulate({ parameters: { ...data.parameters, seed, epochMs }, faults, cdn, limits })
    }
    const books = parseBooks(data.books)
    if (books === null) {
      return yield* new BadVenue({ message: `books: "${data.books}" is not recorded or assume:N` })
    }
    const world = yield* Effect.try({
      try: () => RecordedWorld.load({ dir: data.dir, books }),
      catch: (cause) => new BadVenue({ message: String(cause) }),
    })
    return { api: Api.make(world) }
  })

const main = (parent: MessagePort, data: VenueThreadData) =>
  Effect.gen(function* () {
    const told = Effect.callback<void>((resume) => {
      const hear = (message: { readonly type?: unknown }) => {
        if (message.type === "stop") resume(Effect.void)
      }
      parent.on("message", hear)
      return Effect.sync(() => parent.off("message", hear))
    })
    const { api, plan } = yield* surfaceOf(data)
    // What has happened so far is made now, so that the first request does not wait for it.
    api.world.nextTradeAfter(yield* Clock.currentTimeMillis)
    const faults = plan === undefined ? {} : { plan }
    const { port } = yield* Server.serve(api, { port: data.port, ...faults })
    parent.postMessage({ type: "listening", port } satisfies VenueThreadMessage)
    yield* told
  }).pipe(Effect.scoped)

if (parentPort !== null) {
  const parent = parentPort
  Effect.runFork(main(parent, workerData as VenueThreadData)).addObserver((exit) => {
    if (Exit.isFailure(exit)) {
      const message = Cause.pretty(exit.cause)
      parent.postMessage({ type: "failed", message } satisfies VenueThreadMessage)
    }
    parent.close()
  })
}
