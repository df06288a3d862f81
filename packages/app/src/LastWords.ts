/**
 * What the service says at its end: the summary as a document, or how far it came in one line.
 *
 * Promises: a lane that has been silent for {@link silenceBornMs}, or does not answer, is waited for no longer.
 * The line may be missing: that is logged, and the end is a good one. A document that was asked for may not:
 * then {@link NoSummary} fails and nothing was printed.
 */
import { Console, Effect, Schema } from "effect"
import type { LaneLinkError } from "@evaluator/runtime/LaneLink"
import type { Glance } from "./LaneHandles.ts"
import { progressLine } from "./Progress.ts"
import type { SummaryDocument } from "./SummaryDocument.ts"

/** A summary takes its time, but a lane that makes one still beats. */
export const silenceBornMs = 10_000
/** A line is little work. */
const lineWithin = "5 seconds"

export class NoSummary extends Schema.TaggedError<NoSummary>()("NoSummary", {
  why: Schema.String,
}) {
  override get message(): string {
    return `there is no summary: ${this.why}; what was done is in the files, see status`
  }
}

export interface LastWords {
  readonly json: boolean
  readonly summary: Effect.Effect<SummaryDocument, LaneLinkError>
  readonly glance: Effect.Effect<Glance, LaneLinkError>
  /** How long the background lane has not been heard. */
  readonly silentForMs: Effect.Effect<number>
}

export const lastWords = ({ json, summary, glance, silentForMs }: LastWords) => {
  const silent = silentForMs.pipe(
    Effect.tap((ms) => (ms > silenceBornMs ? Effect.void : Effect.sleep("1 second"))),
    Effect.repeat({ until: (ms) => ms > silenceBornMs }),
    Effect.flatMap((ms) =>
      Effect.fail(
        new NoSummary({ why: `the background lane was silent for ${Math.round(ms / 1000)} s` }),
      ),
    ),
  )
  const heard = <A>(answer: Effect.Effect<A, LaneLinkError>) =>
    Effect.raceFirst(
      Effect.mapError(answer, ({ message }) => new NoSummary({ why: message })),
      silent,
    )
  if (json)
    return Effect.flatMap(heard(summary), (document) => Console.log(JSON.stringify(document)))
  return heard(glance).pipe(
    Effect.timeoutOrElse({
      duration: lineWithin,
      orElse: () =>
        Effect.fail(new NoSummary({ why: `the background lane did not answer in ${lineWithin}` })),
    }),
    Effect.flatMap((seen) => Effect.logInfo(progressLine(seen))),
    Effect.catch(({ message }) => Effect.logWarning(message)),
  )
}
