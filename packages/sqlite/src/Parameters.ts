/**
 * The guard between our values and `node:sqlite`, which takes a Date or an object in the first place
 * for named parameters and shifts the rest, binds NULL for `NaN` and for what is missing, and runs
 * only the first of several statements: all without a word.
 *
 * Promises: what is bound is what was given, or the statement does not run and the refusal names the
 * statement and the place. Whole numbers bind as INTEGER (`node:sqlite` makes every number a REAL,
 * so `? / 2` and `json_array(?)` would change their meaning); booleans bind as 1 and 0.
 * Does not: keep what UTF-8 cannot say; a lone surrogate becomes U+FFFD, and -0 becomes 0.
 * Limits: placeholders are bare `?`, the only ones that bind by position.
 */
import { Schema } from "effect"
import type { SQLInputValue } from "node:sqlite"

/** A statement that was not run because its parameters, or its text, would be misunderstood. */
export class StatementRefused extends Schema.TaggedError<StatementRefused>()("StatementRefused", {
  /** The start of the statement, on one line. */
  statement: Schema.String,
  /** 1 for the first parameter; null when the statement itself is refused. */
  position: Schema.NullOr(Schema.Int),
  found: Schema.String,
  allowed: Schema.String,
}) {
  override get message(): string {
    const where = this.position === null ? "" : `parameter ${this.position}: `
    return `${where}found ${this.found}, allowed ${this.allowed}, in: ${this.statement}`
  }
}

const excerptLength = 160
const excerptSource = 2 * excerptLength

/** The start of a statement on one line, for messages. */
export const excerpt = (sql: string): string => {
  const line = sql.slice(0, excerptSource).replaceAll(/\s+/g, " ").trim()
  return line.length > excerptLength || sql.length > excerptSource
    ? `${line.slice(0, excerptLength)}…`
    : line
}

// Strings, quoted names, comments and words are consumed whole so that a `?` inside counts for nothing.
const token =
  /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[?:@$]\w*/g

/** How many parameters a statement takes. Throws {@link StatementRefused} for named and numbered ones. */
export const countParameters = (sql: string): number => {
  let count = 0
  for (const [text] of sql.matchAll(token)) {
    if (text === "?") count++
    else if (/^[?:@$]/.test(text)) {
      throw new StatementRefused({
        statement: excerpt(sql),
        position: null,
        found: `the parameter ${text}`,
        allowed: "bare ? only",
      })
    }
  }
  return count
}

const ignorable = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\s;]+/g

/** Throws {@link StatementRefused} when text after the prepared statement would never run. */
export const refuseRest = (sql: string, prepared: string): void => {
  if (prepared.length < sql.length && sql.slice(prepared.length).replaceAll(ignorable, "") !== "") {
    throw new StatementRefused({
      statement: excerpt(sql),
      position: null,
      found: "more than one statement",
      allowed: "one at a time",
    })
  }
}

const least = -(2n ** 63n)
const greatest = 2n ** 63n - 1n

const describe = (value: unknown): string => {
  if (typeof value === "number" || typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return typeof value
  const name = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object"
}

const bind = (sql: string, value: unknown, index: number): SQLInputValue => {
  switch (typeof value) {
    case "string":
      return value
    case "number":
      if (Number.isSafeInteger(value)) return BigInt(value)
      if (Number.isFinite(value)) return value
      break
    case "boolean":
      return value ? 1n : 0n
    case "bigint":
      if (value >= least && value <= greatest) return value
      break
    default:
      if (value === null || value instanceof Uint8Array) return value
  }
  throw new StatementRefused({
    statement: excerpt(sql),
    position: index + 1,
    found: describe(value),
    allowed: "null, string, finite number, 64-bit bigint, boolean or Uint8Array",
  })
}

/** Puts the values to hand to `node:sqlite` into `bound`. Throws {@link StatementRefused}. */
export const bindInto = (
  bound: Array<SQLInputValue>,
  sql: string,
  expected: number,
  values: ReadonlyArray<unknown>,
): void => {
  if (values.length !== expected) {
    throw new StatementRefused({
      statement: excerpt(sql),
      position: Math.min(values.length, expected) + 1,
      found: `${values.length} parameters`,
      allowed: String(expected),
    })
  }
  for (let index = 0; index < expected; index++) bound[index] = bind(sql, values[index], index)
}

/** The values to hand to `node:sqlite`. Throws {@link StatementRefused}. */
export const bindParameters = (
  sql: string,
  expected: number,
  values: ReadonlyArray<unknown>,
): Array<SQLInputValue> => {
  const bound: Array<SQLInputValue> = []
  bindInto(bound, sql, expected, values)
  return bound
}
