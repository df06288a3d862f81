/**
 * A bounded buffer of lines in front of a file descriptor, for logs.
 *
 * One write is under way at a time and holds whole lines up to `chunkBytes`, so order is kept. When
 * the buffer is full the newest line is dropped and counted: what led up to a stall says more than
 * what came after. Nothing here blocks, also not at the end.
 */
import { write } from "node:fs"

/** Where chunks go. Calls `done` once, later, and tells whether the chunk is lost. */
export type LineSink = (chunk: Buffer, done: (failed: boolean) => void) => void

export type LineDropReason = "full" | "unwritable"

export class LineBuffer {
  readonly #sink: LineSink
  readonly #capacity: number
  readonly #chunkBytes: number
  readonly #dropped: (lines: number, reason: LineDropReason) => void
  #lines: Array<string> = []
  #next = 0
  #inFlight = 0
  #idle: Array<() => void> = []

  constructor(
    sink: LineSink,
    capacity: number,
    chunkBytes: number,
    dropped: (lines: number, reason: LineDropReason) => void,
  ) {
    this.#sink = sink
    this.#capacity = capacity
    this.#chunkBytes = chunkBytes
    this.#dropped = dropped
  }

  push(line: string): void {
    if (this.#lines.length - this.#next >= this.#capacity) return this.#dropped(1, "full")
    this.#lines.push(line)
    this.#pump()
  }

  /** Calls back once everything pushed so far is written or lost. */
  whenIdle(then: () => void): void {
    if (this.#inFlight === 0) then()
    else this.#idle.push(then)
  }

  /** Counts what nobody will write any more. */
  giveUp(): void {
    const lost = this.#lines.length - this.#next + this.#inFlight
    this.#lines = []
    this.#next = 0
    this.#inFlight = 0
    if (lost > 0) this.#dropped(lost, "unwritable")
  }

  #take(): ReadonlyArray<string> {
    const from = this.#next
    let bytes = 0
    while (this.#next < this.#lines.length) {
      const size = Buffer.byteLength(this.#lines[this.#next] ?? "")
      if (bytes > 0 && bytes + size > this.#chunkBytes) break
      bytes += size
      this.#next++
    }
    const taken = this.#lines.slice(from, this.#next)
    // Compacting only when half is written keeps a long buffer linear.
    if (this.#next * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#next)
      this.#next = 0
    }
    return taken
  }

  #pump(): void {
    if (this.#inFlight > 0) return
    const lines = this.#take()
    if (lines.length === 0) {
      for (const then of this.#idle.splice(0)) then()
      return
    }
    this.#inFlight = lines.length
    this.#sink(Buffer.from(lines.join("")), (failed) => {
      // Nothing in flight any more means given up and counted meanwhile.
      if (failed && this.#inFlight > 0) this.#dropped(this.#inFlight, "unwritable")
      this.#inFlight = 0
      this.#pump()
    })
  }
}

/** Node's own stream knows how to wait for a descriptor that is not ready. */
const streamOf = (descriptor: 1 | 2) => (descriptor === 1 ? process.stdout : process.stderr)

/** Standard output (1) or error (2), written on libuv's threads. */
export const descriptorSink = (descriptor: 1 | 2): LineSink => {
  const writeFrom = (chunk: Buffer, offset: number, done: (failed: boolean) => void): void =>
    write(descriptor, chunk, offset, chunk.length - offset, null, (error, written) => {
      if (error?.code === "EAGAIN") {
        streamOf(descriptor).write(chunk.subarray(offset), (failed) =>
          done(failed instanceof Error),
        )
      } else if (error !== null) done(true)
      else if (offset + written < chunk.length) writeFrom(chunk, offset + written, done)
      else done(false)
    })
  return (chunk, done) => writeFrom(chunk, 0, done)
}
