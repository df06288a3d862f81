/**
 * Takes up copies that no fiber is at work on: what a kill, a stop or a defect left behind.
 *
 * At boot and by a sweep. A copy detected less than `paper.resume_within` ago goes on from its state,
 * a priced one with the book it met; an older one gives back what was promised to it and ends
 * SKIPPED_DETECTION_LAG, for the price it would get now is not the one the leader's fill stood for.
 * Limits: pages of 500 rows; each is in the pool or ended before the next is read.
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { Copies } from "./Copies.ts"
import { byFill, type Copy, type CopyPlace } from "./CopyRow.ts"
import { CopyTrade } from "./CopyTrade.ts"
import { PaperSettings } from "./PaperSettings.ts"

export interface Recovered {
  readonly resumed: number
  readonly expired: number
}

export class Recover extends Context.Service<
  Recover,
  {
    readonly sweep: Effect.Effect<Recovered>
  }
>()("paper/Recover") {
  static readonly layer = Layer.effect(
    Recover,
    Effect.gen(function* () {
      const copies = yield* Copies
      const trades = yield* CopyTrade
      const { paper } = yield* PaperSettings
      const resumeWithinMs = Duration.toMillis(paper.resume_within)

      /** Takes up the copies of one fill. */
      const takeUp = Effect.fnUntraced(function* (ofFill: ReadonlyArray<Copy>) {
        const now = yield* Clock.currentTimeMillis
        if (now - ofFill[0]!.detected.atMs <= resumeWithinMs) {
          yield* trades.submit(ofFill, null)
          return "resumed"
        }
        for (const copy of ofFill) {
          yield* trades.expire(copy, `it was left ${copy.state} and is too old to go on`)
        }
        return "expired"
      })

      const sweep = Effect.gen(function* () {
        const tally = { resumed: 0, expired: 0 }
        let after: CopyPlace | null = null
        do {
          const page: { copies: ReadonlyArray<Copy>; next: CopyPlace | null } =
            yield* copies.inFlight(after)
          const left = page.copies.filter((copy) => !trades.holds(copy))
          for (const ofFill of byFill(left)) tally[yield* takeUp(ofFill)] += ofFill.length
          after = page.next
        } while (after !== null)
        return tally
      })

      // Before anything new is detected: the old fills of a token come first.
      const atBoot = yield* sweep
      if (atBoot.resumed + atBoot.expired > 0) {
        yield* Effect.logInfo(
          `copies in flight at the end of the last run: ${atBoot.resumed} go on, ${atBoot.expired} were too old`,
        )
      }
      return Recover.of({ sweep })
    }),
  )
}
