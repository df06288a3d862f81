import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import {
  bindParameters,
  countParameters,
  excerpt,
  refuseRest,
  StatementRefused,
} from "@evaluator/sqlite/Parameters"

const refusal = (run: () => unknown): StatementRefused => {
  const result = Result.try(run)
  assert.isTrue(Result.isFailure(result), "it was not refused")
  const refused = Result.isFailure(result) ? result.failure : undefined
  assert.instanceOf(refused, StatementRefused)
  return refused
}

describe("countParameters", () => {
  const counted: ReadonlyArray<readonly [sql: string, count: number]> = [
    ["SELECT 1", 0],
    ["SELECT ?, ?,?", 3],
    ["SELECT '?', ?", 1],
    ["SELECT 'it''s ? fine', ?", 1],
    ['SELECT "a?b", `c?d`, [e?f], ?', 1],
    ["SELECT ? -- and ? more\n, ?", 2],
    ["SELECT ? /* ? \n ? */ , ?", 2],
    ["SELECT ? /* never closed ?", 1],
    ["SELECT a$b, x'3f', ? -> '$.a', ? ->> ':b'", 2],
    ["SELECT été, ? FROM t WHERE a<>?", 2],
    ["", 0],
  ]
  for (const [sql, count] of counted) {
    it(`finds ${count} in ${JSON.stringify(sql)}`, () => {
      assert.strictEqual(countParameters(sql), count)
    })
  }

  it.prop(
    "counts the placeholders between any quoted texts",
    [Schema.Array(Schema.String).check(Schema.isMaxLength(8))],
    ([texts]) => {
      const quoted = texts.map((text) => `'${text.replaceAll("'", "''")}', ?`)
      assert.strictEqual(countParameters(`SELECT ${quoted.join(", ")}`), texts.length)
    },
  )

  it("takes a statement of many thousand placeholders in its stride", () => {
    const row = `(${Array.from({ length: 30 }, () => "?").join(",")})`
    const sql = `INSERT INTO t VALUES ${Array.from({ length: 1000 }, () => row).join(",")}`
    assert.strictEqual(countParameters(sql), 30_000)
  })
})

describe("what the guard refuses", () => {
  it("names a placeholder that does not bind by position", () => {
    for (const name of ["?1", ":wallet", "@wallet", "$wallet"]) {
      const refused = refusal(() => countParameters(`SELECT ?, ${name}`))
      assert.strictEqual(refused.position, null)
      assert.include(refused.message, name)
    }
  })

  it("accepts what cannot run after the statement, and refuses what would be left out", () => {
    for (const rest of ["", ";", " ;\n-- note", " /* note */ ; -- note\n ;"]) {
      refuseRest(`SELECT 1${rest}`, "SELECT 1")
    }
    for (const rest of ["; SELECT 2", ";\n-- note\nSELECT 2", "; /* note */ x"]) {
      const refused = refusal(() => refuseRest(`SELECT 1${rest}`, "SELECT 1;"))
      assert.strictEqual(refused.found, "more than one statement")
    }
  })

  it("says which place holds what", () => {
    const at = (values: ReadonlyArray<unknown>) =>
      refusal(() => bindParameters("SELECT ?, ?", 2, values))
    const cases: ReadonlyArray<readonly [ReadonlyArray<unknown>, number, string]> = [
      [[1, new Date(0)], 2, "a Date"],
      [[{}, 1], 1, "an object"],
      [[Object.create(null), 1], 1, "an object"],
      [[1, new ArrayBuffer(1)], 2, "a ArrayBuffer"],
      [[1, new Float64Array(1)], 2, "a Float64Array"],
      [[1, undefined], 2, "undefined"],
      [[Number.NEGATIVE_INFINITY, 1], 1, "-Infinity"],
      [[1, -(2n ** 63n) - 1n], 2, "-9223372036854775809"],
      [[1], 2, "1 parameters"],
      [[1, 2, 3, 4], 3, "4 parameters"],
    ]
    for (const [values, position, found] of cases) {
      const refused = at(values)
      assert.strictEqual(refused.position, position)
      assert.strictEqual(refused.found, found)
      assert.include(refused.message, "SELECT ?, ?")
    }
  })
})

describe("bindParameters", () => {
  it("leaves what node:sqlite understands, and makes integers of whole numbers and booleans", () => {
    const blob = Buffer.from([1])
    assert.deepStrictEqual(bindParameters("", 8, [null, "x", 1.5, 2, 5n, true, false, blob]), [
      null,
      "x",
      1.5,
      2n,
      5n,
      1n,
      0n,
      blob,
    ])
    assert.deepStrictEqual(bindParameters("", 2, [2 ** 53, -(2 ** 53) + 1]), [
      2 ** 53,
      -(2n ** 53n) + 1n,
    ])
  })
})

describe("excerpt", () => {
  it("puts a statement on one line and cuts a long one", () => {
    assert.strictEqual(excerpt("\n  SELECT 1\n    FROM t "), "SELECT 1 FROM t")
    assert.strictEqual(excerpt("x".repeat(1000)), `${"x".repeat(160)}…`)
    assert.isBelow(excerpt(" ".repeat(400) + "SELECT 1").length, 165)
  })
})
