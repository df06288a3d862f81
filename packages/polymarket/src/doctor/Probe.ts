/**
 * A probe: one question about the venue, what we take for granted, and how to find out.
 */
import type { Effect } from "effect"
import type { Host } from "../VenueEndpoints.ts"
import type { Prober } from "./Prober.ts"
import type { Sample } from "./Sample.ts"

export type Holds = "holds" | "fails" | "open"

export interface Verdict {
  /** `open`: the answer allows no verdict, or nothing depends on it. */
  readonly holds: Holds
  /** What was seen, in words. */
  readonly says: string
}

export interface Probe {
  readonly id: string
  /** What we take for granted. */
  readonly assumption: string
  /** Without an answer of these hosts there is nothing to ask, or nothing to ask about. */
  readonly needs: ReadonlyArray<Host>
  /** Fails with the reason when the venue could not be asked. */
  readonly ask: (sample: Sample) => Effect.Effect<Verdict, Error, Prober>
}

export interface Finding extends Verdict {
  readonly id: string
  readonly assumption: string
}

export const holds = (says: string): Verdict => ({ holds: "holds", says })
export const fails = (says: string): Verdict => ({ holds: "fails", says })
export const open = (says: string): Verdict => ({ holds: "open", says })
export const judge = (good: boolean, says: string): Verdict => (good ? holds(says) : fails(says))
