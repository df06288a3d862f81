import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { renderCsv, renderTable } from "@evaluator/app/cli/Table"

describe("a table", () => {
  it("aligns text left and numbers right under headings in plain words", () => {
    assert.strictEqual(
      renderTable([
        { wallet: "0xab", win_rate: 0.5, pnl_usdc: "-12.500000" },
        { wallet: "0xabcdef", win_rate: 12, pnl_usdc: null },
      ]),
      [
        "wallet    win rate    pnl usdc",
        "────────  ────────  ──────────",
        "0xab           0.5  -12.500000",
        "0xabcdef        12",
      ].join("\n"),
    )
  })

  it("says (none) instead of an empty heading", () => {
    assert.strictEqual(renderTable([]), "(none)")
  })

  it("keeps a row on one line and cuts what is too long", () => {
    const [, , line] = renderTable([{ error: "first\nsecond\u001B[31m and much more" }], {
      colour: false,
      longestCell: 12,
    }).split("\n")
    assert.strictEqual(line, "first secon…")
  })

  it("is coloured only when told so", () => {
    const rows = [{ a: 1 }]
    assert.notInclude(renderTable(rows), "\u001B")
    assert.include(renderTable(rows, { colour: true, longestCell: null }), "\u001B[1m")
  })
})

/** Reads RFC 4180 back. */
const parseCsv = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines: Array<Array<string>> = [[]]
  let field = ""
  let inside = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (inside) {
      if (character !== '"') field += character
      else if (text[at + 1] === '"') {
        field += '"'
        at += 1
      } else inside = false
    } else if (character === '"') inside = true
    else if (character === ",") {
      lines.at(-1)!.push(field)
      field = ""
    } else if (character === "\r" && text[at + 1] === "\n") {
      lines.at(-1)!.push(field)
      field = ""
      lines.push([])
      at += 1
    } else field += character
  }
  lines.at(-1)!.push(field)
  return lines
}

describe("CSV", () => {
  it.effect.prop(
    "reads back as what was written, whatever the text",
    [Schema.Array(Schema.Tuple([Schema.String, Schema.String]))],
    ([pairs]) =>
      Effect.sync(() => {
        const rows = pairs.map(([a, b]) => ({ a, b }))
        assert.deepStrictEqual(parseCsv(renderCsv(rows, ["a", "b"])), [["a", "b"], ...pairs])
      }),
  )

  it("has its heading also without rows", () => {
    assert.strictEqual(renderCsv([], ["wallet", "wscore"]), "wallet,wscore")
  })
})
