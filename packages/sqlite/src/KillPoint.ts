/**
 * A kill at a counted commit, for proofs: `EVALUATOR_KILL_AT=commit:N` ends the process with SIGKILL
 * right after its Nth COMMIT succeeded, `before-commit:N` right before its Nth COMMIT is tried.
 * `commit:N:SIGTERM` asks it to stop instead, and so says when the drain begins.
 *
 * Promises: between the COMMIT and the kill no other code of that thread runs; commits of all threads
 * are counted together when they share the counter. When off, a commit costs nothing more.
 * Does not: count what is not the COMMIT of a transaction: a write outside one, a savepoint, a
 * checkpoint. Every write of the service that matters is in a transaction; migrations count too.
 */
import { Context, Result, Schema } from "effect"

/** What a connection calls around each COMMIT, with its name. */
export interface KillPoint {
  readonly beforeCommit: (name: string) => void
  readonly afterCommit: (name: string) => void
}

/** The default: no kill and no count. A connection that finds exactly this calls nothing. */
export const off: KillPoint = { beforeCommit: () => undefined, afterCommit: () => undefined }

/** Read once, when a connection opens. */
export const KillPoint = Context.Reference<KillPoint>("sqlite/KillPoint", {
  defaultValue: () => off,
})

export interface KillMoment {
  readonly when: "before" | "after"
  /** 1 is the first commit of the process. */
  readonly commit: number
  readonly signal: "SIGKILL" | "SIGTERM"
}

export class KillMomentInvalid extends Schema.TaggedError<KillMomentInvalid>()(
  "KillMomentInvalid",
  { found: Schema.String, allowed: Schema.String },
) {
  override get message(): string {
    return `found ${JSON.stringify(this.found)}, allowed ${this.allowed}`
  }
}

const moment = /^(before-)?commit:([1-9]\d{0,8})(:SIGTERM)?$/
const allowed = "commit:N or before-commit:N, with :SIGTERM to be asked to stop"

/** Reads the value of `EVALUATOR_KILL_AT`. */
export const parseKillPoint = (text: string): Result.Result<KillMoment, KillMomentInvalid> => {
  const match = moment.exec(text.trim())
  return match === null
    ? Result.fail(new KillMomentInvalid({ found: text, allowed }))
    : Result.succeed({
        when: match[1] === undefined ? "after" : "before",
        commit: Number(match[2]),
        signal: match[3] === undefined ? "SIGKILL" : "SIGTERM",
      })
}

/** Makes the counter that the threads of a process share: COMMITs tried, COMMITs that succeeded. */
export const makeCommitCounter = (): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))

const tried = 0
const succeeded = 1

/** COMMITs of the process that succeeded so far. */
export const countCommits = (counter: Int32Array): number => Atomics.load(counter, succeeded)

const killProcess = (signal: KillMoment["signal"]): void => void process.kill(process.pid, signal)

/** Counts commits, and kills at `at`; without it only counts. */
export const makeKillPoint = (
  at: KillMoment | undefined,
  counter: Int32Array,
  kill: (signal: KillMoment["signal"]) => void = killProcess,
): KillPoint => {
  const count = (index: number, when: KillMoment["when"]) => () => {
    const now = Atomics.add(counter, index, 1) + 1
    if (at !== undefined && at.when === when && at.commit === now) kill(at.signal)
  }
  return { beforeCommit: count(tried, "before"), afterCommit: count(succeeded, "after") }
}
