/**
 * What the fast lane did last, kept where the other thread can read it while this one is blocked: the name
 * of its newest COMMIT, and whether that is done.
 */
import { bridgeCommits } from "@evaluator/runtime/Bridge"
import { commitPoints } from "@evaluator/paper/CommitPoints"
import type { KillPoint } from "@evaluator/sqlite/KillPoint"

export type StepBoard = Int32Array<SharedArrayBuffer>

const names = ["unnamed", ...Object.keys(commitPoints), ...Object.keys(bridgeCommits)]
const places = new Map(names.map((name, index) => [name, index + 1]))

/** Shared by the threads; 0 before the first step. */
export const makeStepBoard = (): StepBoard =>
  new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Also writes each COMMIT on the board: positive when it begins, negative when it is done. */
export const noting = (board: StepBoard, kills: KillPoint): KillPoint => {
  const placeOf = (name: string) => places.get(name) ?? 1
  return {
    beforeCommit: (name) => {
      Atomics.store(board, 0, placeOf(name))
      kills.beforeCommit(name)
    },
    afterCommit: (name) => {
      Atomics.store(board, 0, -placeOf(name))
      kills.afterCommit(name)
    },
  }
}

/** In words. */
export const lastStep = (board: StepBoard): string => {
  const place = Atomics.load(board, 0)
  if (place === 0) return "it had committed nothing yet"
  const name = names[Math.abs(place) - 1]
  return place > 0 ? `it is in the commit "${name}"` : `its last step was the commit "${name}"`
}
