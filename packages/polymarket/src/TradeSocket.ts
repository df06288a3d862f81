/**
 * One listener's connection to the venue's trade stream, kept open for ever.
 *
 * A connection without any frame for {@link silence}, or without a message for {@link deafness}
 * (the stream is known to go quiet and stay connected), is given up and opened again at once: a
 * quiet venue must not be missed when it speaks. A connection that fails or is closed is opened
 * again after 1 s, doubling to 30 s while nothing is heard, made up to a fifth shorter or longer.
 * A listener that is {@link maxWaiting} fills behind loses the newest ones, counted.
 */
import { Clock, Duration, Effect, Metric, Queue, Random } from "effect"
import type { Cause } from "effect"
import type { Socket } from "effect/socket"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { counterOf, metrics } from "@evaluator/telemetry/Names"
import { recordFrames, textOf } from "./BodyRecorder.ts"
import { RejectedRows } from "./RejectedRow.ts"
import type { Heard } from "./wire/StreamFrame.ts"
import { heardIn, streamName, subscribeFrameOf } from "./wire/StreamFrame.ts"

export const pingEvery = Duration.seconds(5)
export const silence = Duration.seconds(15)
export const deafness = Duration.seconds(60)
export const maxWaiting = 4096
const firstBackOffMs = 1000
const maxDoublings = 5
const longestBackOffMs = 30_000
const afterSilenceMs = 100

type Fills = Queue.Queue<Fill, Cause.Done>
type Pull = Socket.Reader["pull"]

const badRows = Metric.withAttributes(counterOf(metrics.rowsQuarantined), { kind: "trade-stream" })
const dropped = Metric.withAttributes(counterOf(metrics.queueDropped), { queue: "trade-stream" })

/** Counts, logs and hands on what could not be read. */
export const reported = ({ faults }: Heard): Effect.Effect<void> =>
  faults.length === 0
    ? Effect.void
    : Effect.gen(function* () {
        yield* Metric.update(badRows, faults.length)
        const first = faults[0]!.reason
        yield* Effect.logDebug("trade stream: unreadable", { count: faults.length, first })
        const hear = yield* RejectedRows
        yield* hear(faults)
      })

/** Puts every fill heard into the queue; ends only by interruption. */
export const listening = Effect.fnUntraced(function* (socket: Socket.Socket, fills: Fills) {
  let deafTries = 0
  for (;;) {
    const session: Session = { spoke: false, givenUp: false }
    const why = yield* connected(socket, fills, session)
    deafTries = session.spoke || session.givenUp ? 0 : Math.min(deafTries + 1, maxDoublings)
    const waitMs = session.givenUp ? afterSilenceMs : backOffMs(deafTries, yield* Random.next)
    yield* Effect.logDebug("trade stream: connecting again", { why, waitMs })
    yield* Effect.sleep(waitMs)
  }
})

const backOffMs = (doublings: number, chance: number): number =>
  Math.ceil(Math.min(firstBackOffMs * 2 ** doublings, longestBackOffMs) * (0.8 + 0.4 * chance))

interface Session {
  spoke: boolean
  /** We closed it, for silence. */
  givenUp: boolean
}

/** One connection from its opening to its end; gives the reason of the end, in words. */
const connected = (socket: Socket.Socket, fills: Fills, session: Session): Effect.Effect<string> =>
  Effect.gen(function* () {
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    yield* write(subscribeFrameOf("trades"))
    const pinging = write("PING").pipe(Effect.delay(pingEvery), Effect.forever)
    return yield* Effect.raceFirst(reading(pull, fills, session), pinging)
  }).pipe(
    Effect.scoped,
    Effect.catchTag("SocketError", (error) => Effect.succeed(error.message)),
  )

const reading = Effect.fnUntraced(function* (pull: Pull, fills: Fills, session: Session) {
  // Not the wall clock: one that is set back would leave a deaf connection open for as long.
  let spokeAtNs = yield* Clock.monotonicTimeNanos
  for (;;) {
    const frames = yield* pull.pipe(
      Effect.timeoutOrElse({ duration: silence, orElse: () => Effect.succeed(null) }),
    )
    if (frames === null) {
      session.givenUp = true
      return `silent for ${Duration.format(silence)}`
    }
    const nowNs = yield* Clock.monotonicTimeNanos
    const texts = frames.map(textOf)
    yield* recordFrames(streamName, texts)
    for (const text of texts) {
      const heard = heardIn(text)
      if (heard.spoke) {
        session.spoke = true
        spokeAtNs = nowNs
      }
      yield* reported(heard)
      const lost = heard.fills.filter((fill) => !Queue.offerUnsafe(fills, fill)).length
      if (lost > 0) yield* Metric.update(dropped, lost)
    }
    if (Number(nowNs - spokeAtNs) / 1e6 >= Duration.toMillis(deafness)) {
      session.givenUp = true
      return `no message for ${Duration.format(deafness)}`
    }
  }
})
