/**
 * One subscriber's side of a socket, without the socket: what it says goes in, what it is told comes
 * out. Synchronous; the moment is an argument.
 */

export interface SocketSession {
  /** The answers to a frame of the subscriber's, at once. */
  readonly hear: (text: string, nowMs: number) => ReadonlyArray<string>
  /** What there is to tell since it was last asked. */
  readonly due: (nowMs: number) => ReadonlyArray<string>
  /** When there may be something to tell next; `null` before anything was subscribed to, or never. */
  readonly nextMs: (nowMs: number) => number | null
  /** The venue hangs up at this moment. */
  readonly hangsUp: (nowMs: number) => boolean
}
