/**
 * Who keeps the bodies that the venue sends. By default nobody does.
 *
 * Recording must not fail and must not hold a request up.
 */
import { Context, Effect } from "effect"

export interface ReceivedBody {
  /** `GET /data/v2/trades?user=0x…`. */
  readonly request: string
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** As received. */
  readonly body: string
  readonly receivedMs: number
}

export const BodyRecorder = Context.Reference<(received: ReceivedBody) => Effect.Effect<void>>(
  "polymarket/BodyRecorder",
  { defaultValue: () => () => Effect.void },
)
