/**
 * Query parameters as the venue reads them: names in snake_case or camelCase, unknown ones ignored.
 */
import * as Result from "effect/Result"
import { refuse, type Answer, type Ask } from "./Answer.ts"

export class Query {
  private readonly params: URLSearchParams

  constructor(params: URLSearchParams) {
    this.params = params
  }

  /** The first value, `undefined` when absent or empty. */
  text(...names: ReadonlyArray<string>): string | undefined {
    return this.all(...names)[0]
  }

  /** Every value of a repeated key, empty ones left out. */
  all(...names: ReadonlyArray<string>): ReadonlyArray<string> {
    for (const name of names) {
      for (const spelling of name.includes("_") ? [name, camel(name)] : [name]) {
        const values = this.params.getAll(spelling).filter((value) => value !== "")
        if (values.length > 0) return values
      }
    }
    return []
  }

  /** Comma-separated values of all repetitions, each once. */
  csv(...names: ReadonlyArray<string>): ReadonlyArray<string> {
    const values = this.all(...names).flatMap((value) => value.split(","))
    return [...new Set(values.map((value) => value.trim()).filter((value) => value !== ""))]
  }

  flag(name: string, otherwise: boolean): boolean {
    const given = this.text(name)
    return given === undefined ? otherwise : given === "true" || given === "1"
  }

  number(name: string): number | undefined {
    const given = this.text(name)
    return given === undefined ? undefined : Number(given)
  }

  toString(): string {
    return this.params.toString()
  }
}

const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

type Read<A> = Result.Result<A, Answer>

const addressPattern = /^0x[0-9a-f]{40}$/
const conditionPattern = /^0x[0-9a-f]{64}$/

/** `user`, lower-case; `undefined` when absent. */
export const readUser = (ask: Ask): Read<string | undefined> => {
  const user = ask.query.text("user")?.toLowerCase()
  return user === undefined || addressPattern.test(user)
    ? Result.succeed(user)
    : refuse(ask, "invalid user address", "user")
}

/** Conditions, lower-case, at most 20. */
export const readConditions = (ask: Ask): Read<ReadonlyArray<string>> => {
  const conditions = ask.query.csv("condition", "condition_id").map((id) => id.toLowerCase())
  if (conditions.length > 20) return refuse(ask, "at most 20 conditions", "condition")
  return conditions.every((id) => conditionPattern.test(id))
    ? Result.succeed(conditions)
    : refuse(ask, "invalid condition id", "condition")
}

export const readEvents = (ask: Ask): Read<ReadonlyArray<string>> => {
  const events = ask.query.csv("event_id")
  if (events.length > 20) return refuse(ask, "at most 20 events", "event_id")
  return events.every((id) => /^\d+$/.test(id))
    ? Result.succeed(events)
    : refuse(ask, "invalid event id", "event_id")
}

/** A page size from 1 to `most`; the Data API refuses what is larger. */
export const readLimit = (ask: Ask, usual = 100, most = 1000): Read<number> => {
  if (ask.query.text("offset") !== undefined) {
    return refuse(ask, "offset is not supported, use cursor", "offset")
  }
  const limit = ask.query.number("limit") ?? usual
  return Number.isInteger(limit) && limit >= 1 && limit <= most
    ? Result.succeed(limit)
    : refuse(ask, `limit must be between 1 and ${most}`, "limit")
}

/** Whole seconds, 0 and absent alike `undefined`. */
export const readSeconds = (ask: Ask, name: string): Read<number | undefined> => {
  const given = ask.query.number(name)
  if (given === undefined || given === 0) return Result.succeed(undefined)
  return Number.isInteger(given) && given > 0
    ? Result.succeed(given)
    : refuse(ask, `${name} must be unix seconds`, name)
}

/** One of some words; case matters. */
export const readWord = <const A extends string>(
  ask: Ask,
  name: string,
  words: ReadonlyArray<A>,
  otherwise: A,
): Read<A> => {
  const given = ask.query.text(name)
  if (given === undefined) return Result.succeed(otherwise)
  const known = words.find((word) => word === given)
  return known === undefined
    ? refuse(ask, `${name} must be one of ${words.join(", ")}`, name)
    : Result.succeed(known)
}
