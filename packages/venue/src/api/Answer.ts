/**
 * What a route is asked and what it answers; the error bodies of the three hosts.
 */
import * as Result from "effect/Result"
import type { World } from "../World.ts"
import type { Query } from "./Query.ts"

export interface Ask {
  readonly world: World
  readonly query: Query
  readonly body: string
  readonly nowMs: number
  /** For error bodies and the `x-trace-id` header; the same for the same URL and moment. */
  readonly traceId: string
}

export interface Answer {
  readonly status: number
  /** JSON, or plain text when it is a string. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Reply = Result.Result<Answer, Answer>

export const ok = (body: unknown): Reply => Result.succeed({ status: 200, body })

/** A refusal of the Data API. */
export const refuse = (ask: Ask, error: string, parameter?: string): Result.Result<never, Answer> =>
  Result.fail(dataError(400, "invalid_request", error, ask.traceId, parameter))

export const dataError = (
  status: number,
  code: string,
  error: string,
  traceId: string,
  parameter?: string,
): Answer => ({
  status,
  body: {
    error,
    code,
    retryable: status === 429 || status >= 500,
    trace_id: traceId,
    ...(parameter === undefined ? {} : { parameter }),
  },
})

/** A refusal of Gamma. */
export const invalid = (error: string): Result.Result<never, Answer> =>
  Result.fail({ status: 422, body: { type: "validation error", error } })

export const gammaNotFound: Result.Result<never, Answer> = Result.fail({
  status: 404,
  body: { type: "not found error", error: "not found" },
})

/** A refusal of the CLOB. */
export const clobError = (status: number, error: string): Result.Result<never, Answer> =>
  Result.fail({ status, body: { error } })
