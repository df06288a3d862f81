/**
 * What the process tells its caller at the end, decided in this one place.
 *
 * 0 done · 1 failed · 2 wrong usage, configuration, port taken, data of a newer version or another
 * venue · 3 another process holds the data directory · 4 a check found faults · 130 interrupted.
 */
import { Cause, Schema } from "effect"
import { CliError } from "effect/cli"

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  held: 3,
  faults: 4,
  interrupted: 130,
} as const

/** A check looked and found something; what it found has been printed. */
export class FaultsFound extends Schema.TaggedError<FaultsFound>()("FaultsFound", {
  check: Schema.String,
  count: Schema.Int,
}) {
  override get message(): string {
    return `${this.check}: ${this.count} ${this.count === 1 ? "fault" : "faults"}`
  }
}

/** The command makes no sense as it was given, in a way that the flags alone cannot tell. */
export class WrongUsage extends Schema.TaggedError<WrongUsage>()("WrongUsage", {
  why: Schema.String,
}) {
  override get message(): string {
    return this.why
  }
}

/** Nothing has the id or name that was asked for. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  what: Schema.String,
}) {
  override get message(): string {
    return this.what
  }
}

/** Codes of errors by tag; an error that is not here is a failure. */
const codeByTag: Readonly<Record<string, number>> = {
  SettingsInvalid: exitCodes.usage,
  WorldFileRefused: exitCodes.usage,
  WrongUsage: exitCodes.usage,
  VenueMismatch: exitCodes.usage,
  DirectoryNotEmpty: exitCodes.usage,
  DirectoryUnusable: exitCodes.usage,
  NoDataYet: exitCodes.usage,
  PortNotOpened: exitCodes.usage,
  KillMomentInvalid: exitCodes.usage,
  DatabaseTooNew: exitCodes.usage,
  DatabaseBehind: exitCodes.usage,
  DatabaseDiverged: exitCodes.usage,
  AlreadyRunning: exitCodes.held,
  FaultsFound: exitCodes.faults,
}

const tagOf = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"
    ? value._tag
    : undefined

/** The code of one error; a wrapping error has the code of its `reason`. */
export const codeOfError = (error: unknown): number => {
  if (CliError.isCliError(error)) {
    return error._tag === "ShowHelp" && error.errors.length === 0 ? exitCodes.done : exitCodes.usage
  }
  const tag = tagOf(error)
  const own = tag === undefined ? undefined : codeByTag[tag]
  if (own !== undefined) return own
  return typeof error === "object" && error !== null && "reason" in error
    ? codeOfError(error.reason)
    : exitCodes.failed
}

export interface Ending {
  readonly code: number
  /** For stderr; `null` when everything has been said. */
  readonly says: string | null
}

/** How a failed command ends: plain words for an expected error, the whole cause for a defect. */
export const endingOf = (cause: Cause.Cause<unknown>): Ending => {
  if (Cause.hasInterruptsOnly(cause)) return { code: exitCodes.interrupted, says: null }
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) {
    return { code: exitCodes.failed, says: `unexpected: ${Cause.pretty(cause)}` }
  }
  const { error } = failure
  const code = codeOfError(error)
  if (CliError.isCliError(error)) return { code, says: null }
  const message = error instanceof Error ? error.message : String(error)
  return { code, says: message === "" ? (tagOf(error) ?? "failed") : message }
}
