/**
 * A frame of the venue's trade stream: `{ topic, type, payload }` around a row in camelCase.
 *
 * Blank frames, answers to a PING and other topics carry nothing and are no fault. A frame may hold
 * one row or several; a bare row without an envelope is read too.
 */
import { Option, Result } from "effect"
import type { Fill } from "@evaluator/domain/trade/Trade"
import type { RejectedRow } from "../Page.ts"
import { isObject, parseJson } from "./Json.ts"
import { rejected } from "./Rows.ts"
import { fillOf } from "./TradeRow.ts"

export interface Heard {
  readonly fills: ReadonlyArray<Fill>
  /** Rows of the frame, or the frame itself, that could not be used. */
  readonly faults: ReadonlyArray<RejectedRow>
  /** The frame was a message, not a sign of life. */
  readonly spoke: boolean
}

const nothing: Heard = { fills: [], faults: [], spoke: false }

/** What rejected rows name in place of a request. */
export const streamName = "STREAM activity/trades"

const fault = (reason: string, raw: unknown): Heard => ({
  fills: [],
  faults: [rejected(raw, reason, streamName)],
  spoke: false,
})

/** `*` asks for messages of every type. */
export const subscribeFrameOf = (type: "trades" | "*"): string =>
  JSON.stringify({ action: "subscribe", subscriptions: [{ topic: "activity", type }] })

/** A frame as text, or as the value its text would parse to. */
export const heardIn = (frame: unknown): Heard => {
  if (typeof frame !== "string") return heardInMessage(frame)
  const text = frame.trim()
  if (text === "" || /^p[io]ng$/i.test(text)) return nothing
  return Option.match(parseJson(text), {
    onNone: () => fault("a frame that is no JSON", text),
    onSome: heardInMessage,
  })
}

const heardInMessage = (message: unknown): Heard => {
  if (Array.isArray(message)) return heardInRows(message)
  if (!isObject(message)) return fault("a frame that is no object", message)
  if (!("topic" in message) && "statusCode" in message) {
    return fault(`the venue refused the subscription: ${String(message["statusCode"])}`, message)
  }
  if (!("topic" in message)) return heardInRows([message])
  if (message["topic"] !== "activity" || message["type"] !== "trades") return nothing
  const payload = message["payload"]
  return heardInRows(Array.isArray(payload) ? payload : [payload])
}

const heardInRows = (rows: ReadonlyArray<unknown>): Heard => {
  const fills: Array<Fill> = []
  const faults: Array<RejectedRow> = []
  for (const row of rows) {
    const fill = fillOf(row)
    if (Result.isSuccess(fill)) fills.push(fill.success)
    else faults.push(rejected(row, fill.failure, streamName))
  }
  return { fills, faults, spoke: true }
}
