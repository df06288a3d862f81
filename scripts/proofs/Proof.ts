/**
 * What a proof is, and what it gets to work with: `scripts/prove.ts` runs those in this folder.
 */

export interface CaseResult {
  /** The case held. */
  readonly held: boolean
  /** Columns of its row in docs/proofs.md. */
  readonly row: Readonly<Record<string, string | number>>
  /** Why it did not hold, in words. */
  readonly faults: ReadonlyArray<string>
  /** What a reader ought to see beside the table, a line each. */
  readonly notes?: ReadonlyArray<string>
}

export interface Turn {
  /** The program and leading arguments that start the built service. */
  readonly service: { readonly program: string; readonly args: ReadonlyArray<string> }
  /** A folder of this proof's own that is removed when all its cases are through. */
  readonly folder: string
  /**
   * Runs a case once: what an interrupted run of this commit has recorded is taken as it is. A case
   * must not lean on what the one before left behind.
   */
  readonly once: (key: string, run: () => Promise<CaseResult>) => Promise<CaseResult>
  /** How many cases were asked for with `--count`; the proof's own number when absent. */
  readonly count: number | undefined
  /** How many virtual days a case was asked to take with `--days`; the proof's own when absent. */
  readonly days: number | undefined
}

export interface Proof {
  readonly name: string
  readonly about: string
  readonly run: (turn: Turn) => Promise<void>
}
