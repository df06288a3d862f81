import { assert, describe, it } from "@effect/vitest"
import { readableRows, renderReadable, timeOf } from "@evaluator/app/cli/Readable"
import { plain } from "@evaluator/app/cli/Table"

describe("rows for eyes", () => {
  it("show times where a column counts milliseconds since 1970, and leave durations alone", () => {
    assert.deepStrictEqual(
      readableRows([{ polled_at_ms: 1_795_604_048_274, lag_ms: 1500, share: 0.548387096, n: 7 }]),
      [{ polled_at: "2026-11-25 10:54:08Z", lag_ms: 1500, share: 0.548387, n: 7 }],
    )
    assert.strictEqual(timeOf(null), "")
  })

  it("are a table while that fits", () => {
    assert.strictEqual(renderReadable([{ a: 1, b: "x" }], plain, 80), "a  b\n─  ─\n1  x")
  })

  it("lie on their side when a line would be too long", () => {
    const row = { window: "7 days", fills: 23, note: "y".repeat(60) }
    assert.deepStrictEqual(renderReadable([row], plain, 40).split("\n"), [
      "window: 7 days",
      "fills: 23",
      `note: ${"y".repeat(60)}`,
    ])
    const two = renderReadable([row, { ...row, window: "30 days", fills: 5 }], plain, 40)
    assert.match(two, /^window\s+7 days\s+30 days/)
    assert.match(two, /\nfills\s+23\s+5\n/)
  })

  it("keep the order of their columns, also when first cells are numbers", () => {
    const text = renderReadable(
      [
        { days: 30, note: "y".repeat(60) },
        { days: 7, note: "z".repeat(60) },
      ],
      plain,
      40,
    )
    assert.match(text, /^days\s+30\s+7/)
  })

  it("keep rows apart whose first cells are the same", () => {
    const text = renderReadable(
      [
        { kind: "a", value: 1, note: "y".repeat(60) },
        { kind: "a", value: 2, note: "z".repeat(60) },
      ],
      plain,
      40,
    )
    assert.match(text, /value\s+1\s+2/)
  })

  it("stay a table when there are many, whatever the width", () => {
    const rows = Array.from({ length: 7 }, (_, at) => ({ id: at, text: "y".repeat(60) }))
    assert.match(renderReadable(rows, plain, 40), /^\s*id\s+text/)
  })
})
