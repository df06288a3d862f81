/**
 * Finds promises that outlive a moment of virtual time: made before the clock moved and settled after.
 *
 * Such a promise waits for the real world, and the history of the run then hangs on how fast that is.
 * Promises that nobody settles (what `await` makes for itself) wait for nothing and do not count.
 */
import { createHook } from "node:async_hooks"

export interface OutlivingPromises {
  /** To be called whenever the clock moves. */
  readonly moved: (nowMs: number) => void
  /** Stops watching: for each that outlived a moment, when it was made and when it was settled. */
  readonly stop: () => ReadonlyArray<{ readonly madeMs: number; readonly settledMs: number }>
}

export const watchPromises = (): OutlivingPromises => {
  let nowMs: number | null = null
  const made = new Map<number, number>()
  const found: Array<{ madeMs: number; settledMs: number }> = []
  const hook = createHook({
    init: (id, type) => {
      if (type === "PROMISE" && nowMs !== null) made.set(id, nowMs)
    },
    promiseResolve: (id) => {
      const madeMs = made.get(id)
      made.delete(id)
      if (madeMs !== undefined && nowMs !== null && madeMs !== nowMs) {
        found.push({ madeMs, settledMs: nowMs })
      }
    },
    destroy: (id) => made.delete(id),
  })
  hook.enable()
  return {
    moved: (to) => {
      nowMs = to
    },
    stop: () => {
      nowMs = null
      hook.disable()
      return found
    },
  }
}
