/**
 * Bodies gone wrong: a JSON value damaged at any level, as text, as structure, as an answer.
 *
 * A pure function of the dice: the same seed damages the same way.
 */

/** A dice with a seed (mulberry32): numbers in 0…1. */
export const diceOf = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export type Dice = () => number

const pick = <A>(dice: Dice, from: ReadonlyArray<A>): A => from[Math.floor(dice() * from.length)]!

/** What comes instead of a value. */
const strangers: ReadonlyArray<unknown> = [
  null,
  true,
  false,
  0,
  -1,
  -0,
  1e-7,
  1e21,
  1e308,
  2 ** 53,
  999,
  "",
  " ",
  "0",
  "-1",
  "-0",
  "NaN",
  "Infinity",
  "1e400",
  "1,000",
  "0x10",
  "null",
  "[]",
  "{}",
  '["',
  "\u0000",
  "\ud800",
  "é".repeat(300),
  "9".repeat(400),
  "2026-13-45T99:99:99Z",
  "1970-01-01",
  `0x${"0".repeat(64)}`,
  `0x03${"0".repeat(60)}`,
  `0x01${"a".repeat(60)}`,
  [],
  {},
  [null],
  [[[[[]]]]],
  { toString: 1, constructor: null },
]

type Holder = { readonly holder: Record<string, unknown> | Array<unknown>; readonly key: string }

/** Every place in a value, found anew after each damage. */
const placesIn = (value: unknown): ReadonlyArray<Holder> => {
  if (typeof value !== "object" || value === null) return []
  const holder = value as Record<string, unknown> | Array<unknown>
  return Object.keys(holder).flatMap((key) => [
    { holder, key },
    ...placesIn((holder as Record<string, unknown>)[key]),
  ])
}

const damages: ReadonlyArray<(dice: Dice, holder: Record<string, unknown>, key: string) => void> = [
  (dice, holder, key) => {
    holder[key] = structuredClone(pick(dice, strangers))
  },
  (_, holder, key) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
  },
  (dice, holder, key) => {
    const copy = structuredClone(holder[key])
    if (Array.isArray(holder)) holder.splice(Number(key), 0, copy)
    else holder[`${key}${pick(dice, ["2", "_", "X"])}`] = copy
  },
  (_, holder, key) => {
    const value = holder[key]
    holder[key] = typeof value === "string" ? Number(value) : JSON.stringify(value)
  },
  (_, holder, key) => {
    holder[key] = [holder[key]]
  },
  (dice, holder, key) => {
    const value = holder[key]
    if (typeof value === "number") holder[key] = value * pick(dice, [-1, 1e3, 1e9, 1e-9])
    else if (typeof value === "string") {
      const at = Math.floor(dice() * (value.length + 1))
      holder[key] = value.slice(0, at) + pick(dice, ["", "x", "0", " "]) + value.slice(at + 1)
    }
  },
  (_, holder, key) => {
    const value = holder[key]
    if (typeof value === "string") holder[key] = value.toUpperCase()
  },
]

const damagedText = (dice: Dice, text: string): string => {
  const at = Math.floor(dice() * text.length)
  return pick(dice, [
    () => text.slice(0, at),
    () => text.slice(at),
    () =>
      `${text.slice(0, at)}${pick(dice, ["\u0000", "{", "]", ",", '"', "NaN"])}${text.slice(at + 1)}`,
    () => `${text}${text}`,
    () => `\uFEFF${text}`,
    () => "",
    () => "<html><body>error code: 1015</body></html>",
    () => JSON.stringify({ error: "Too Many Requests" }),
    () => JSON.stringify({ error: "something", code: "internal", retryable: true }),
    () => JSON.stringify(text),
    () => "[".repeat(2000),
  ])()
}

/** A body's text after one to four damages; one in sixteen is left as it was. */
export const damaged = (dice: Dice, body: unknown): string => {
  const box = { body: structuredClone(body) }
  const times = dice() < 1 / 16 ? 0 : 1 + Math.floor(dice() * 4)
  for (let n = 0; n < times; n++) {
    const places = placesIn(box)
    // The body itself may be gone by now.
    if (places.length === 0) break
    const { holder, key } = pick(dice, places)
    pick(dice, damages)(dice, holder as Record<string, unknown>, key)
  }
  const text = JSON.stringify(box.body) ?? ""
  return dice() < 0.1 ? damagedText(dice, text) : text
}

export interface DamagedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export const damagedAnswer = (dice: Dice, body: unknown): DamagedAnswer => ({
  status: dice() < 0.85 ? 200 : pick(dice, [201, 206, 302, 400, 404, 418, 429, 500, 503, 599]),
  headers: {
    ...(dice() < 0.1 && { "retry-after": pick(dice, ["1", "0", "-5", "soon", "1e9", ""]) }),
    ...(dice() < 0.1 && { age: pick(dice, ["0", "300", "-1", "x"]) }),
    ...(dice() < 0.1 && { date: pick(dice, ["", "x", "Thu, 01 Jan 1970 00:00:00 GMT"]) }),
    ...(dice() < 0.1 && { "x-trace-id": "same" }),
  },
  text: damaged(dice, body),
})
