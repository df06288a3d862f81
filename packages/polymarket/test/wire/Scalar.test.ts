import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { ConditionId } from "@evaluator/domain/Id"
import { formatMicro } from "@evaluator/domain/money/Micro"
import {
  conditionOf,
  microOf,
  numberOf,
  spellingsOf,
  timeMsOf,
  tokenOf,
  transactionOf,
  walletOf,
} from "@evaluator/polymarket/wire/Scalar"

const Micro = Schema.Int.check(
  Schema.isBetween({ minimum: -1_000_000_000_000_000, maximum: 1_000_000_000_000_000 }),
)

describe("amounts", () => {
  it.effect.prop("survive the way out as text and back", [Micro], ([micro]) =>
    Effect.sync(() => assert.strictEqual(microOf(formatMicro(micro)), micro === 0 ? 0 : micro)),
  )

  it.effect.prop("survive the way out as a double and back", [Micro], ([micro]) =>
    Effect.sync(() => assert.strictEqual(microOf(micro / 1_000_000), micro === 0 ? 0 : micro)),
  )

  it("are rounded to the nearest millionth", () => {
    assert.strictEqual(microOf(0.131_553_333_333), 131_553)
    assert.strictEqual(microOf("0.0000005"), 1)
    assert.strictEqual(microOf(1e-7), 0)
    assert.strictEqual(microOf("1e-7"), 0)
  })

  it("are never minus zero", () => {
    assert.isTrue(Object.is(microOf(-1e-9), 0))
    assert.isTrue(Object.is(microOf("-0"), 0))
  })

  it("are refused when they are no decimal number or not safe", () => {
    for (const value of ["", " ", "abc", "0x10", "1,5", "NaN", "Infinity", "1e400", 1e10, -1e10]) {
      assert.isNull(microOf(value), String(value))
    }
  })

  it("read text with spaces, signs and exponents", () => {
    assert.strictEqual(numberOf(" -12.5 "), -12.5)
    assert.strictEqual(numberOf(".5"), 0.5)
    assert.strictEqual(numberOf("2e3"), 2000)
  })
})

describe("times", () => {
  const at = 1_790_000_000_000

  it("come in seconds or milliseconds, as number or text", () => {
    for (const value of [1_790_000_000, at, "1790000000", String(at)]) {
      assert.strictEqual(timeMsOf(value), at)
    }
  })

  it("come as ISO text, as PostgreSQL text, and as a day", () => {
    const day = Date.UTC(2026, 0, 2)
    for (const text of [
      "2026-01-02T00:00:00Z",
      "2026-01-02T00:00:00",
      "2026-01-02T00:00:00.000000Z",
      "2026-01-02 00:00:00+00",
      "2026-01-02 02:00:00+0200",
      "2026-01-01 19:00:00-05:00",
      "2026-01-02",
    ]) {
      assert.strictEqual(timeMsOf(text), day, text)
    }
  })

  it("are none when empty, zero, the epoch's day, or beyond the year 9999", () => {
    for (const value of ["", 0, "0", "1970-01-01", -5, "soon", "2026-13-40", 1e18]) {
      assert.isNull(timeMsOf(value), String(value))
    }
  })
})

describe("identifiers", () => {
  it("are lower-cased whatever case they come in", () => {
    assert.strictEqual(walletOf(`0x${"Ab".repeat(20)}`), `0x${"ab".repeat(20)}`)
    assert.strictEqual(transactionOf(`0x${"CD".repeat(32)}`), `0x${"cd".repeat(32)}`)
    assert.strictEqual(conditionOf(`0x${"EF".repeat(32)}`), `0x${"ef".repeat(32)}`)
  })

  it("are refused when a digit is missing", () => {
    assert.isNull(walletOf(`0x${"a".repeat(39)}`))
    assert.isNull(transactionOf("0x"))
    assert.isNull(conditionOf(""))
  })

  it("of newer markets have 62 digits and are padded on the right", () => {
    const short = `0x01${"ab".repeat(30)}`
    assert.strictEqual(conditionOf(short), `${short}00`)
    assert.isNull(conditionOf(`0x03${"ab".repeat(30)}`))
    assert.isNull(conditionOf(`0xff${"ab".repeat(30)}`))
  })

  it("that were padded are asked for in both spellings", () => {
    const padded = conditionOf(`0x02${"ab".repeat(30)}`) as ConditionId
    assert.deepStrictEqual(spellingsOf(padded), [padded, padded.slice(0, -2)])
    const plain = `0x${"ab".repeat(32)}` as ConditionId
    assert.deepStrictEqual(spellingsOf(plain), [plain])
  })

  it("of tokens are decimal numbers of at most 256 bits", () => {
    assert.strictEqual(tokenOf("0"), "0")
    assert.strictEqual(tokenOf(((1n << 256n) - 1n).toString()), ((1n << 256n) - 1n).toString())
    for (const text of ["", "01", "1.5", "-1", "0x1", (1n << 256n).toString(), "9".repeat(79)]) {
      assert.isNull(tokenOf(text), text)
    }
  })
})

describe("addresses and hashes", () => {
  const readers = [
    { read: walletOf, digits: 40 },
    { read: transactionOf, digits: 64 },
    { read: conditionOf, digits: 64 },
  ] as const

  it("are hex digits in any case and nothing beside them in the table of characters", () => {
    for (const { digits, read } of readers) {
      for (let code = 0; code < 0x180; code++) {
        for (const at of [0, 1, 2, digits + 1]) {
          const plain = `0x${"a".repeat(digits)}`
          const text = plain.slice(0, at) + String.fromCharCode(code) + plain.slice(at + 1)
          const lower = text.toLowerCase()
          const good = new RegExp(`^0x[0-9a-f]{${digits}}$`).test(lower)
          assert.strictEqual(read(text), good ? (lower as never) : null, text)
        }
      }
      assert.isNull(read(`0x${"a".repeat(digits + 1)}`))
      assert.isNull(read(`0x${"a".repeat(digits - 1)}`))
      assert.isNull(read(`0x${"a".repeat(digits)}\n`))
    }
  })
})
