/**
 * What is wrong with a world file, a line each: where it stands, what was found there and what is
 * allowed.
 */
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { Behaviour } from "./seeded/Behaviour.ts"
import { Endings, WorldParameters } from "./WorldParameters.ts"

const unknownKey = "unknown key"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey" ? unknownKey : SchemaIssue.defaultLeafHook(issue),
})

type Path = ReadonlyArray<PropertyKey>

/** `behaviours[0].clarity`. */
export const placeOf = (path: Path): string =>
  path.reduce<string>(
    (place, key) =>
      typeof key === "number"
        ? `${place}[${key}]`
        : `${place}${place === "" ? "" : "."}${String(key)}`,
    "",
  )

export const faultAt = (place: string, found: string, allowed: string): string =>
  `${place}: found ${found}, allowed: ${allowed}`

const mostShown = 120

export const shown = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value)
  return text.length > mostShown ? `${text.slice(0, mostShown - 1)}…` : text
}

const valueAt = (given: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined,
    given,
  )

/** The names that may stand where an unknown one does. */
const knownBeside = ([section]: Path, depth: number): string => {
  if (depth === 1) return Object.keys(WorldParameters.fields).join(", ")
  return section === "behaviours"
    ? ["like", ...Object.keys(Behaviour.fields)].join(", ")
    : Object.keys(Endings.fields).join(", ")
}

/** `given` is what was decoded. */
export const faultsIn = (error: Schema.SchemaError, given: unknown): ReadonlyArray<string> =>
  format(error.issue).issues.map((issue) => {
    const path = (issue.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
    const place = placeOf(path)
    if (issue.message === unknownKey) {
      return faultAt(place, "an unknown key", knownBeside(path, path.length))
    }
    if (issue.message === "Missing key") return faultAt(place, "nothing", "a value")
    return faultAt(place, shown(valueAt(given, path)), issue.message.replace(/^Expected /, ""))
  })
