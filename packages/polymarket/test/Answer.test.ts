import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import type { Received } from "@evaluator/polymarket/Answer"
import { judged } from "@evaluator/polymarket/Answer"

const nowMs = Date.UTC(2026, 10, 1)
const answer = (status: number, body: unknown, retryAfter?: string): Received => ({
  status,
  retryAfter,
  body: typeof body === "string" ? body : JSON.stringify(body),
  nowMs,
})
const reason = (received: Received) => Option.getOrThrow(Result.getFailure(judged(received)))

describe("an answer", () => {
  it("of status 200 with JSON is its value", () => {
    assert.deepStrictEqual(Result.getOrThrow(judged(answer(200, { data: [] }))), { data: [] })
    assert.deepStrictEqual(Result.getOrThrow(judged(answer(200, [1]))), [1])
  })

  it("that throttles is Throttled in all its disguises", () => {
    for (const received of [
      answer(429, ""),
      answer(429, { error: "rate limited", code: "rate_limited" }),
      answer(403, "error code: 1015"),
      answer(200, { error: "Too Many Requests" }),
      answer(400, { error: "slow down", code: "rate_limited" }),
      answer(503, "", "1"),
    ]) {
      assert.strictEqual(reason(received)._tag, "Throttled", JSON.stringify(received))
    }
  })

  it("says how long to wait, in seconds or as a date", () => {
    const wait = (retryAfter: string) => {
      const why = reason(answer(429, "", retryAfter))
      return why._tag === "Throttled" ? why.retryAfterMs : -1
    }
    assert.strictEqual(wait("7"), 7000)
    assert.strictEqual(wait("0.5"), 500)
    assert.strictEqual(wait("Sun, 01 Nov 2026 00:00:30 GMT"), 30_000)
    assert.strictEqual(wait("Sun, 01 Nov 2020 00:00:30 GMT"), 0)
    assert.strictEqual(wait("soon"), null)
  })

  it("of an error status keeps what the venue said", () => {
    const missing = reason(answer(404, { error: "No orderbook exists for the requested token id" }))
    assert.strictEqual(missing._tag, "NotFound")
    assert.match(missing.message, /No orderbook/)
    const refused = reason(answer(422, { type: "validation error", error: "id is invalid" }))
    assert.deepStrictEqual(refused._tag === "Refused" && [refused.status, refused.message], [
      422,
      "id is invalid",
    ])
    assert.strictEqual(reason(answer(302, ""))._tag, "Refused")
  })

  it("of a broken server is Unreachable", () => {
    for (const status of [500, 502, 503, 504, 408]) {
      assert.strictEqual(reason(answer(status, "<html>oops</html>"))._tag, "Unreachable")
    }
  })

  it("that is no JSON, half a body, or an error under 200 is Malformed with the body", () => {
    for (const body of ["", "<html>", '{"data":[{"size":1', { error: "required query param" }]) {
      const why = reason(answer(200, body))
      assert.strictEqual(why._tag, "Malformed")
    }
    const long = reason(answer(200, "x".repeat(10_000)))
    assert.strictEqual(long._tag === "Malformed" && long.body.length, 2000)
  })
})
