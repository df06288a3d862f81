/**
 * A page of decoded rows. A row that does not decode never fails its page: it is handed over in
 * `rejected` for the caller to quarantine.
 */

export interface RejectedRow {
  /** Why the row could not be used, in words. */
  readonly reason: string
  /** The row as received, as JSON text. */
  readonly body: string
  /** The request that brought it. */
  readonly request: string
  /** `folder/file:line` when the row comes out of a recording. */
  readonly recorded: string | null
}

export interface Page<A> {
  readonly rows: ReadonlyArray<A>
  readonly rejected: ReadonlyArray<RejectedRow>
  /** Send it with the same filters for the next page; `null` on the last. */
  readonly nextCursor: string | null
}

/** A decoded row and, when it comes out of a recording, where it stands there (`folder/file:line`). */
export interface Served<A> {
  readonly value: A
  readonly recorded: string | null
}
