/**
 * Who keeps what the venue sends, bodies and frames of its sockets. By default nobody does.
 *
 * Recording must not fail and must not hold a request up.
 */
import { Clock, Context, Effect } from "effect"

export interface ReceivedBody {
  /** `GET /data/v2/trades?user=0x…`; `STREAM ws/market` for a frame of a socket. */
  readonly request: string
  /** `null` for a frame. */
  readonly status: number | null
  readonly headers: Readonly<Record<string, string | undefined>>
  /** As received. */
  readonly body: string
  readonly receivedMs: number
}

const nobody = (): Effect.Effect<void> => Effect.void

export const BodyRecorder = Context.Reference<(received: ReceivedBody) => Effect.Effect<void>>(
  "polymarket/BodyRecorder",
  { defaultValue: () => nobody },
)

export const recordFrames = Effect.fnUntraced(function* (
  request: string,
  frames: ReadonlyArray<string>,
) {
  const record = yield* BodyRecorder
  if (record === nobody) return
  const receivedMs = yield* Clock.currentTimeMillis
  for (const body of frames) yield* record({ request, status: null, headers: {}, body, receivedMs })
})

/** A frame of a socket as text. */
export const textOf = (frame: string | Uint8Array): string =>
  typeof frame === "string" ? frame : Buffer.from(frame).toString("utf8")
