/**
 * Tells the service manager how the process is: READY, WATCHDOG while it lives, STOPPING.
 *
 * After sd_notify(3): only where `NOTIFY_SOCKET` is set; `WATCHDOG_USEC` asks for a sign of life at
 * least that often, and gets one at half the time. Node cannot send to a datagram socket of the file
 * system, so `systemd-notify` sends; the unit needs `Type=notify` and `NotifyAccess=all`.
 *
 * Promises: a notice that cannot be sent is logged once and fails nothing; a process that is not well
 * gives no sign of life, and the manager does what the unit says.
 */
import { Effect, Schedule, Schema, type Scope } from "effect"
import { execFile } from "node:child_process"

/** The notice did not get through; `why` is what the sender said. */
export class NoticeNotSent extends Schema.TaggedError<NoticeNotSent>()("NoticeNotSent", {
  notice: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `the service manager could not be told ${this.notice}: ${this.why}`
  }
}

export type SendNotice = (notice: string) => Effect.Effect<void, NoticeNotSent>

export interface ServiceNotices {
  /** Everything is up; signs of life begin. */
  readonly ready: Effect.Effect<void, never, Scope.Scope>
  /** The process drains; signs of life go on until the scope closes. */
  readonly stopping: Effect.Effect<void>
}

/** Longest one call of `systemd-notify` may take. */
const sendWithinMs = 2000

const systemdNotify: SendNotice = (notice) =>
  Effect.callback((resume) => {
    execFile("systemd-notify", [notice], { timeout: sendWithinMs }, (error) =>
      resume(
        error === null
          ? Effect.void
          : Effect.fail(new NoticeNotSent({ notice, why: error.message })),
      ),
    )
  })

const silent: ServiceNotices = { ready: Effect.void, stopping: Effect.void }

/** Notices for the manager that the environment names; silent without one. */
export const make = (
  environment: Readonly<Record<string, string | undefined>>,
  /** Whether the process may give a sign of life. */
  well: Effect.Effect<boolean>,
  send: SendNotice = systemdNotify,
): ServiceNotices => {
  if ((environment["NOTIFY_SOCKET"] ?? "") === "") return silent
  let complained = false
  const tell = (notice: string) =>
    Effect.catch(send(notice), (error) => {
      if (complained) return Effect.void
      complained = true
      return Effect.logWarning(error.message)
    })
  const everyMs = Number(environment["WATCHDOG_USEC"] ?? 0) / 2000
  const sign = Effect.flatMap(well, (is) => (is ? tell("WATCHDOG=1") : Effect.void))
  return {
    ready: tell("READY=1").pipe(
      Effect.andThen(
        everyMs > 0
          ? Effect.forkScoped(Effect.schedule(sign, Schedule.spaced(everyMs)))
          : Effect.void,
      ),
      Effect.asVoid,
    ),
    stopping: tell("STOPPING=1"),
  }
}
