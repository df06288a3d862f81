/**
 * Whether the file of a connection can be written, as the statements that failed had it.
 *
 * Only failures that lie in the file or its disk count: it is full, it may not be written, it cannot
 * be read or written, it is damaged. They stay until somebody has tried and {@link WriteTrouble.clear}s
 * them: a small statement may pass on a disk that is full for the next.
 */

export type TroubleKind = "full" | "read-only" | "unreadable" | "damaged"

/** By SQLite's primary result code. */
const kinds = new Map<number, TroubleKind>([
  [8, "read-only"],
  [10, "unreadable"],
  [11, "damaged"],
  [13, "full"],
  [14, "unreadable"],
  [26, "damaged"],
])

export class WriteTrouble {
  #kind: TroubleKind | null = null
  #listener: () => void = () => {}

  get kind(): TroubleKind | null {
    return this.#kind
  }

  /** Called when a file that could be written no longer can; one listener at a time. */
  listen(listener: () => void): void {
    this.#listener = listener
  }

  /** Notes what a statement failed with. */
  note(cause: unknown): void {
    const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) : 0
    const kind = kinds.get(code & 0xff)
    if (kind === undefined) return
    const first = this.#kind === null
    this.#kind = kind
    if (first) this.#listener()
  }

  /** The file could be written again. */
  clear(): void {
    this.#kind = null
  }
}
