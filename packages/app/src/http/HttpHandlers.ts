/**
 * What the HTTP surface answers with, as effects that the lane's wiring supplies.
 */
import type { Effect } from "effect"
import type { StatusDocument } from "../StatusDocument.ts"

/** One condition, and what there is to say about it. */
export interface HealthPart {
  readonly name: string
  readonly ok: boolean
  readonly says: string
}

export interface Liveness {
  /** Both lanes beat. */
  readonly alive: boolean
  readonly parts: ReadonlyArray<HealthPart>
}

export interface Readiness {
  /** Copies can be decided. */
  readonly ready: boolean
  readonly parts: ReadonlyArray<HealthPart>
  /** What is worse than it should be while copies can still be decided. */
  readonly degraded: ReadonlyArray<string>
}

export interface HttpHandlers {
  readonly liveness: Effect.Effect<Liveness>
  readonly readiness: Effect.Effect<Readiness>
  /** Prometheus text of both lanes. */
  readonly metrics: Effect.Effect<string>
  readonly status: Effect.Effect<StatusDocument>
}
