/**
 * What `run` and `replay` were asked to do, read from flags, profiles and the environment.
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
