/**
 * What the trade stream tells beside `trades`: its topic is subscribed to with every type, on a socket
 * of its own. A second telling of the same fills is worth nothing, other fills would be.
 */
import { Duration, Effect, Option, Result } from "effect"
import { Socket } from "effect/socket"
import type { FillId } from "@evaluator/domain/Id"
import { recordFrames, textOf } from "../BodyRecorder.ts"
import { pingEvery, silence } from "../TradeSocket.ts"
import { VenueEndpoints } from "../VenueEndpoints.ts"
import { isObject, parseJson } from "../wire/Json.ts"
import { streamName, subscribeFrameOf } from "../wire/StreamFrame.ts"
import { fillOf } from "../wire/TradeRow.ts"
import type { Verdict } from "./Probe.ts"
import { open } from "./Probe.ts"

/** What was told, by type of message. */
interface Told {
  messages: number
  readonly fills: Set<FillId>
}

export const streamTypesVerdict = Effect.fnUntraced(function* (
  listenFor: Duration.Duration,
): Effect.fn.Return<Verdict, never, VenueEndpoints | Socket.WebSocketConstructor> {
  const { stream } = yield* VenueEndpoints
  const socket = yield* Socket.makeWebSocket(stream, { openTimeout: silence })
  const told = new Map<string, Told>()
  const hear = (text: string): void => {
    const message = Option.getOrUndefined(parseJson(text))
    if (!isObject(message) || message["topic"] !== "activity") return
    const type = String(message["type"])
    const known = told.get(type) ?? { messages: 0, fills: new Set() }
    told.set(type, known)
    known.messages += 1
    for (const row of [message["payload"]].flat()) {
      const fill = fillOf(row)
      if (Result.isSuccess(fill)) known.fills.add(fill.success.id)
    }
  }
  const lost = yield* Effect.gen(function* () {
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    yield* write(subscribeFrameOf("*"))
    const reading = Effect.flatMap(pull, (frames) => {
      const texts = frames.map(textOf)
      for (const text of texts) hear(text)
      return recordFrames(streamName, texts)
    })
    const pinging = Effect.delay(write("PING"), pingEvery)
    return yield* Effect.raceFirst(Effect.forever(reading), Effect.forever(pinging))
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({ duration: listenFor, orElse: () => Effect.succeed(null) }),
    Effect.catchTag("SocketError", ({ message }) => Effect.succeed(message)),
  )
  if (lost !== null) return open(`not heard to the end: ${lost}`)
  if (told.size === 0) return open(`silent for ${Duration.format(listenFor)}`)
  const counts = Array.from(
    told,
    ([type, { fills, messages }]) => `${type} ${messages} of ${fills.size} fills`,
  )
  const trades = told.get("trades")?.fills ?? new Set<FillId>()
  const matched = told.get("orders_matched")?.fills ?? new Set<FillId>()
  const both = Array.from(trades).filter((id) => matched.has(id)).length
  return open(
    `${counts.join(", ")}; ${both} fills by both, ${trades.size - both} by trades only, ${matched.size - both} by orders_matched only`,
  )
})
