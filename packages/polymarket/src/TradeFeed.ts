/**
 * Fills as the venue announces them: an accelerator, never the truth. It may be silent, late,
 * repeat itself or miss fills; whoever listens reconciles by polling.
 *
 * Each run of `fills` over a socket opens a connection of its own. Rows that cannot be read are
 * counted, logged and told to {@link RejectedRows} as the run has it, never raised.
 */
import { Context, Effect, Layer, Stream } from "effect"
import { Socket } from "effect/socket"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { listening, maxWaiting, reported, silence } from "./TradeSocket.ts"
import { VenueEndpoints } from "./VenueEndpoints.ts"
import { heardIn } from "./wire/StreamFrame.ts"

export class TradeFeed extends Context.Service<
  TradeFeed,
  {
    /** Every fill announced from now on, of all wallets; reconnects by itself and never fails. */
    readonly fills: Stream.Stream<Fill>
  }
>()("polymarket/TradeFeed") {
  /** The venue's stream over a web socket. */
  static readonly layerSocket: Layer.Layer<
    TradeFeed,
    never,
    VenueEndpoints | Socket.WebSocketConstructor
  > = Layer.effect(
    TradeFeed,
    Effect.gen(function* () {
      const { stream } = yield* VenueEndpoints
      const socket = yield* Socket.makeWebSocket(stream, { openTimeout: silence })
      return TradeFeed.of({
        fills: Stream.callback<Fill>((queue) => listening(socket, queue), {
          bufferSize: maxWaiting,
          strategy: "dropping",
        }),
      })
    }),
  )

  /** Frames out of a stream in process: text, parsed frames, or bare rows. */
  static readonly layerOf = (frames: Stream.Stream<unknown>): Layer.Layer<TradeFeed> =>
    Layer.succeed(TradeFeed, {
      fills: Stream.flatMap(frames, (frame) => {
        const heard = heardIn(frame)
        return Stream.fromIterableEffect(Effect.as(reported(heard), heard.fills))
      }),
    })

  /** A venue that never announces anything. */
  static readonly layerSilent: Layer.Layer<TradeFeed> = Layer.succeed(TradeFeed, {
    fills: Stream.never,
  })
}
