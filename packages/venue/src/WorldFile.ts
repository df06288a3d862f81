/**
 * Worlds from files: JSON with any of the {@link WorldParameters}, the rest by default. A behaviour
 * may say `"like": "NAME"` and then gives only what differs from that built-in one.
 *
 * ```json
 * { "pastDays": 120, "behaviours": [
 *   { "like": "noise", "traders": 400 },
 *   { "like": "informed in one topic", "name": "weekend reader", "traders": 5, "looksPerDay": [1, 2] } ] }
 * ```
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { behaviours } from "./seeded/Behaviours.ts"
import { WorldParameters } from "./WorldParameters.ts"

/** The file cannot be read, is no JSON, or describes no world; nothing was made of it. */
export class WorldFileRefused extends Schema.TaggedError<WorldFileRefused>()("WorldFileRefused", {
  path: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `world file ${this.path}: ${this.reason}`
  }
}

const decode = Schema.decodeUnknownEffect(WorldParameters)

export const loadWorldFile = Effect.fn("loadWorldFile")(function* (
  path: string,
): Effect.fn.Return<WorldParameters, WorldFileRefused> {
  const refused = (reason: string) => new WorldFileRefused({ path, reason })
  const text = yield* Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: (cause) => refused(`cannot be read: ${messageOf(cause)}`),
  })
  const json = yield* Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: (cause) => refused(`is no JSON: ${messageOf(cause)}`),
  })
  if (!isRecord(json)) return yield* refused("is no JSON object")
  const given: Record<string, unknown> = { ...json }
  if (Array.isArray(json["behaviours"])) {
    given["behaviours"] = yield* Effect.forEach(json["behaviours"], (one: unknown, i) => {
      const told = likeness(one)
      return typeof told === "string"
        ? Effect.fail(refused(`behaviours[${i}]: ${told}`))
        : Effect.succeed(told)
    })
  }
  return yield* decode(given, { onExcessProperty: "error", errors: "all" }).pipe(
    Effect.mapError((error) => refused(error.message)),
  )
})

/** A behaviour with what it is like filled in, or what is wrong with it. */
const likeness = (given: unknown): Record<string, unknown> | string => {
  if (!isRecord(given)) return "is no object"
  const { like, ...own } = given
  if (like === undefined) return own
  const model = behaviours.find(({ name }) => name === like)
  return model === undefined
    ? `like ${JSON.stringify(like)} is none of: ${behaviours.map(({ name }) => name).join(", ")}`
    : { ...model, ...own }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)
