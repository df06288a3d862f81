/**
 * What `run`, `replay` and `sim` were asked to do, read from flags, profiles and the environment.
 */
import type { Duration } from "effect"
import type { Price } from "@evaluator/domain/money/Micro"
import type { Loaded } from "../Settings.ts"

export interface RunOptions {
  /** Settings with the profiles they came from. */
  readonly loaded: Loaded
  /** Drain and print the summary after this long; `null` runs until it is told to stop. */
  readonly for: Duration.Duration | null
  /** One document on stdout, logs on stderr. */
  readonly json: boolean
}

/** Whose fills are copied in a replay. */
export type ReplayFollow = "rules" | "all"

/** Where a replay's order books come from. */
export type ReplayBooks =
  | { readonly kind: "recorded" }
  | { readonly kind: "assumed"; readonly spread: Price }

export interface ReplayOptions {
  readonly loaded: Loaded
  /** The folder of recorded rows, absolute. */
  readonly recording: string
  readonly follow: ReplayFollow
  readonly books: ReplayBooks
  /** Where the replay's data is kept; `null` uses a temporary directory and removes it. */
  readonly keep: string | null
  readonly json: boolean
}

/** How much goes wrong at a simulated venue. */
export const faultIntensities = ["none", "some", "many"] as const
export type FaultIntensity = (typeof faultIntensities)[number]

export interface SimOptions {
  readonly loaded: Loaded
  /** `null`: the world's own. */
  readonly seed: number | null
  readonly days: number
  /** Traders in all; `null`: as many as the world says. */
  readonly wallets: number | null
  /** A world file, absolute; `null` simulates the default world. */
  readonly world: string | null
  readonly faults: FaultIntensity
  /** When an owner approves the best ranked wallet that is paper traded; `null`: nobody does. */
  readonly approveAfter: Duration.Duration | null
  /** As in {@link ReplayOptions}. */
  readonly keep: string | null
  readonly json: boolean
}
