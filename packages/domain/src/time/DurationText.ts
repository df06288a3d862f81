/**
 * Durations as people write them: `500ms 60s 5m 2h 30d`, and Effect's long form `"30 seconds"`.
 */
import { Duration, Option, Schema, SchemaTransformation } from "effect"

const units: Record<string, string> = {
  ms: "millis",
  s: "seconds",
  m: "minutes",
  h: "hours",
  d: "days",
}

/** The duration a text means, or `None`. Negative durations are refused. */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const short = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(text)
  const long = short === null ? text.trim() : `${short[1]} ${units[short[2]!]}`
  return /^\d/.test(long) ? Duration.fromInput(long as Duration.Input) : Option.none()
}

/** The shortest spelling that {@link parseDuration} reads back: `90s`, `5m`, `1.5h`. */
export const formatDuration = (duration: Duration.Input): string => {
  const ms = Duration.toMillis(duration)
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  }
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`
}

/** Text in settings and flags to a `Duration`. */
export const DurationText = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      Option.isSome(parseDuration(text)) ||
      `expected a duration such as 500ms, 60s, 5m, 2h, 30d or "30 seconds", found "${text}"`,
  ),
).pipe(
  Schema.decodeTo(
    Schema.Duration,
    SchemaTransformation.transform({
      decode: (text: string) => Option.getOrThrow(parseDuration(text)),
      encode: (duration: Duration.Duration) => formatDuration(duration),
    }),
  ),
)
