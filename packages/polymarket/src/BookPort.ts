/**
 * How order books reach us: a web socket to the venue, or a venue in process.
 */
import { Effect, Schema } from "effect"
import type { Scope } from "effect"
import type { Socket } from "effect/socket"
import { recordFrames, textOf } from "./BodyRecorder.ts"
import { streamName } from "./wire/BookFrame.ts"

export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", {
  why: Schema.String,
}) {}

export interface BookConnection {
  readonly send: (frame: string) => Effect.Effect<void, ConnectionLost>
  /** The next frames, at least one: text, or the values their text would parse to. */
  readonly receive: Effect.Effect<ReadonlyArray<unknown>, ConnectionLost>
}

export interface BookPort {
  /** A connection, closed with its scope. */
  readonly connect: Effect.Effect<BookConnection, ConnectionLost, Scope.Scope>
  /** The connection can go silent without being lost: ask for signs of life. */
  readonly mayGoSilent: boolean
}

/** A venue in process: its connections cannot go silent; `null` for frames says it hung up. */
export const portInProcess = (
  connect: Effect.Effect<{
    readonly send: (frame: string) => Effect.Effect<void>
    readonly receive: Effect.Effect<ReadonlyArray<unknown> | null>
  }>,
): BookPort => ({
  mayGoSilent: false,
  connect: Effect.map(connect, ({ receive, send }) => ({
    send,
    receive: Effect.flatMap(receive, (frames) =>
      frames === null
        ? Effect.fail(new ConnectionLost({ why: "the venue hung up" }))
        : Effect.succeed(frames),
    ),
  })),
})

const lost = (error: Socket.SocketError) => new ConnectionLost({ why: error.message })

/** Each connection opens the socket anew. */
export const portOf = (socket: Socket.Socket): BookPort => ({
  mayGoSilent: true,
  connect: Effect.gen(function* () {
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    return {
      send: (frame: string) => Effect.mapError(write(frame), lost),
      receive: pull.pipe(
        Effect.map((frames) => frames.map(textOf)),
        Effect.tap((frames) => recordFrames(streamName, frames)),
        Effect.mapError(lost),
      ),
    }
  }).pipe(Effect.catchTag("SocketError", (error) => Effect.fail(lost(error)))),
})
