/**
 * The state of the whole service at a glance: what `status --json` prints and `/api/status` answers.
 * Keys are those of the summary document where both say the same thing.
 */

export interface CopyCounts {
  readonly as_of_ms: number
  readonly leader_fills: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly in_flight: number
  readonly undetected: number
}

export interface LedgerFigures {
  readonly cash_usdc: string
  readonly equity_usdc: string
  readonly realized_pnl_usdc: string
  readonly fees_usdc: string
  readonly balanced: boolean
}

export interface StatusDocument {
  readonly at_ms: number
  /** In words; `null` before the first start. */
  readonly venue: string | null
  /** Distinct ids that ever reached a stage, in the order of the stages. */
  readonly funnel: Readonly<Record<string, number>>
  /** Why wallets are where they are, most frequent first. */
  readonly reasons: ReadonlyArray<{
    readonly stage: string
    readonly reason: string
    readonly count: number
  }>
  readonly copies: CopyCounts
  readonly ledger: LedgerFigures
  readonly halt: { readonly reason: string; readonly until_ms: number | null } | null
  readonly due: ReadonlyArray<{
    readonly kind: string
    readonly count: number
    readonly oldest_ms: number | null
  }>
  /** Rows of the venue that could not be used, by lane; `dropped` are no longer kept or never were. */
  readonly quarantine: ReadonlyArray<{
    readonly lane: string
    readonly rows: number
    readonly dropped: number | null
    readonly newest_ms: number | null
  }>
  readonly ranking: ReadonlyArray<{
    readonly wallet: string
    readonly wscore: number
    readonly verdict: string | null
  }>
}
