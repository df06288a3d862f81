/**
 * A frame of the venue's trade stream: `{ topic, type, payload }` around a row in camelCase.
 *
 * Blank frames, answers to a PING and other topics carry nothing and are no fault. A frame may hold
 * one row or several; a bare row without an envelope is read too.
 */
import { Option, Result } from "effect"
import type { Fill } from "@evaluator/domain/trade/Trade"
import { isObject, parseJson } from "./Json.ts"
import { fillOf } from "./TradeRow.ts"

export interface Heard {
  readonly fills: ReadonlyArray<Fill>
  /** Why rows of the frame could not be used, in words. */
  readonly faults: ReadonlyArray<string>
  /** The frame was a message, not a sign of life. */
  readonly spoke: boolean
}

const nothing: Heard = { fills: [], faults: [], spoke: false }

const fault = (reason: string): Heard => ({ fills: [], faults: [reason], spoke: false })

export const subscribeFrame = JSON.stringify({
  action: "subscribe",
  subscriptions: [{ topic: "activity", type: "trades" }],
})

/** A frame as text, or as the value its text would parse to. */
export const heardIn = (frame: unknown): Heard => {
  if (typeof frame !== "string") return heardInMessage(frame)
  const text = frame.trim()
  if (text === "" || /^p[io]ng$/i.test(text)) return nothing
  return Option.match(parseJson(text), {
    onNone: () => fault("a frame that is no JSON"),
    onSome: heardInMessage,
  })
}

const heardInMessage = (message: unknown): Heard => {
  if (Array.isArray(message)) return heardInRows(message)
  if (!isObject(message)) return fault("a frame that is no object")
  if (!("topic" in message) && "statusCode" in message) {
    return fault(`the venue refused the subscription: ${String(message["statusCode"])}`)
  }
  if (!("topic" in message)) return heardInRows([message])
  if (message["topic"] !== "activity" || message["type"] !== "trades") return nothing
  const payload = message["payload"]
  return heardInRows(Array.isArray(payload) ? payload : [payload])
}

const heardInRows = (rows: ReadonlyArray<unknown>): Heard => {
  const fills: Array<Fill> = []
  const faults: Array<string> = []
  for (const row of rows) {
    const fill = fillOf(row)
    if (Result.isSuccess(fill)) fills.push(fill.success)
    else faults.push(fill.failure)
  }
  return { fills, faults, spoke: true }
}
