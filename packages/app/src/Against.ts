/**
 * `replay DIR --config B --against A`: the same recording twice, under other settings, one after the
 * other; then which decisions differ and what that did to the result.
 *
 * Both replays have directories of their own, removed afterwards or kept as `a` and `b` in `--keep`.
 */
import { Effect } from "effect"
import { join } from "node:path"
import { layerLogs } from "@evaluator/telemetry/JsonLogs"
import { compareCopies, type Comparison, settingsBetween } from "./cli/Comparison.ts"
import type { ReplayOptions } from "./cli/RunOptions.ts"
import { freshDirectory } from "./DataDirectory.ts"
import { replayRecording } from "./Replay.ts"
import { logLevel, type Loaded } from "./Settings.ts"

export const compare = (options: ReplayOptions, against: Loaded) =>
  Effect.gen(function* () {
    const directory = yield* freshDirectory({ keep: options.keep, prefix: "trader-evaluator" })
    const a = join(directory, "a")
    const b = join(directory, "b")
    yield* replayRecording({ ...options, loaded: against, keep: a })
    yield* replayRecording({ ...options, keep: b })
    const comparison: Comparison = {
      settings: settingsBetween(against.settings, options.loaded.settings),
      ...(yield* compareCopies(a, b)),
    }
    return comparison
  }).pipe(
    Effect.scoped,
    Effect.provide(
      layerLogs({
        to: "stderr",
        pretty: process.stderr.isTTY === true,
        level: logLevel(options.loaded.settings),
      }),
    ),
  )
