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
import { faultAt, faultsIn, shown } from "./WorldFileFaults.ts"
import { WorldParameters, type WorldChanges } from "./WorldParameters.ts"

/** The file cannot be read, is no JSON, or describes no world; nothing was made of it. */
export class WorldFileRefused extends Schema.TaggedError<WorldFileRefused>()("WorldFileRefused", {
  path: Schema.String,
  /** Everything that is wrong, a line each. */
  reason: Schema.String,
}) {
  override get message(): string {
    return this.reason
      .split("\n")
      .map((line) => `world file ${this.path}: ${line}`)
      .join("\n")
  }
}

const decode = Schema.decodeUnknownEffect(WorldParameters)

/** `defaults` stand where the file says nothing, before those of the parameters. */
export const loadWorldFile = Effect.fn("loadWorldFile")(function* (
  path: string,
  defaults: WorldChanges = {},
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
  if (!isRecord(json)) return yield* refused(faultAt("the file", shown(json), "a JSON object"))
  const given: Record<string, unknown> = { ...defaults, ...json }
  if (Array.isArray(json["behaviours"])) {
    given["behaviours"] = yield* Effect.forEach(json["behaviours"], (one: unknown, i) => {
      const told = likeness(one)
      return typeof told === "string"
        ? Effect.fail(refused(`behaviours[${i}]${told}`))
        : Effect.succeed(told)
    })
  }
  return yield* decode(given, { onExcessProperty: "error", errors: "all" }).pipe(
    Effect.mapError((error) => refused(faultsIn(error, given).join("\n"))),
  )
})

/** A behaviour with what it is like filled in, or what is wrong with it. */
const likeness = (given: unknown): Record<string, unknown> | string => {
  if (!isRecord(given)) return faultAt("", shown(given), "an object")
  const { like, ...own } = given
  if (like === undefined) return own
  const model = behaviours.find(({ name }) => name === like)
  return model === undefined
    ? faultAt(".like", shown(like), behaviours.map(({ name }) => name).join(", "))
    : { ...model, ...own }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)
