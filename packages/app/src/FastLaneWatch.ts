/**
 * What the background lane does about a fast lane that is silent: it says so, with the last step, and
 * after `jobs.fast_lane_gone` it ends the process, so that whatever keeps it (systemd) starts it again.
 * A thread cannot be taken from a process that owns it; nothing is lost by a kill.
 *
 * A fast lane that was never heard is still starting, which takes as long as its recovery does.
 */
import { Duration, Effect, Schedule } from "effect"
import { silenceLimitMs } from "./Beats.ts"

export interface FastLaneWatch {
  readonly silentForMs: Effect.Effect<number>
  /** Whether the lane has been heard at all. */
  readonly heard: Effect.Effect<boolean>
  /** What it did last, in words. */
  readonly lastStep: Effect.Effect<string>
  readonly goneAfter: Duration.Duration
  readonly endProcess: Effect.Effect<void>
}

/** For the last line to be written. */
const lingering = "200 millis"

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** SIGKILL: the thread that would hear anything else is the one that is blocked. */
export const endProcess = Effect.sync(() => void process.kill(process.pid, "SIGKILL"))

/** Never ends by itself. */
export const watchFastLane = (watch: FastLaneWatch) => {
  const goneAfterMs = Duration.toMillis(watch.goneAfter)
  let told = false
  const look = Effect.gen(function* () {
    if (!(yield* watch.heard)) return
    const ms = yield* watch.silentForMs
    if (ms >= goneAfterMs) {
      yield* Effect.logFatal(
        `the fast lane has been silent for ${seconds(ms)} (${yield* watch.lastStep}): the process ends, to be started again`,
      )
      yield* Effect.sleep(lingering)
      return yield* watch.endProcess
    }
    const silent = ms >= silenceLimitMs
    if (silent === told) return
    told = silent
    yield* silent
      ? Effect.logError(
          `the fast lane has been silent for ${seconds(ms)}: ${yield* watch.lastStep}`,
        )
      : Effect.logInfo("the fast lane is heard again")
  })
  return Effect.repeat(look, Schedule.spaced("1 second"))
}
