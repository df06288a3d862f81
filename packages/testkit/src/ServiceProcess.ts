/**
 * The service as a process of its own, for proofs that kill it: started, waited for, its documents
 * read. A command that does not end in its time is killed and reported, never waited for longer.
 */
import { spawn } from "node:child_process"
import { Duration, Effect, Schema } from "effect"

/** How the service is started: a program and what comes before the command's own words. */
export interface ServiceEntry {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
}

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  /** The last {@link stderrBytes} of what it said about itself. */
  readonly stderr: string
}

export interface Invocation {
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly within: Duration.Input
}

export const stderrBytes = 4_000

/** A document larger than this is a fault of its own. */
export const maxDocumentBytes = 256 * 1024 * 1024

export class DidNotEnd extends Schema.TaggedError<DidNotEnd>()("DidNotEnd", {
  command: Schema.String,
  within: Schema.String,
  stderr: Schema.String,
}) {
  override get message(): string {
    return `${this.command} did not end within ${this.within}: ${this.stderr}`
  }
}

export class EndedBadly extends Schema.TaggedError<EndedBadly>()("EndedBadly", {
  command: Schema.String,
  how: Schema.String,
  stderr: Schema.String,
}) {
  override get message(): string {
    return `${this.command} ${this.how}: ${this.stderr}`
  }
}

export class NoDocument extends Schema.TaggedError<NoDocument>()("NoDocument", {
  command: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `${this.command} printed no document as agreed: ${this.why}`
  }
}

const wordsOf = (invocation: Invocation): string => invocation.args.join(" ")

/** Runs one command to its end, whatever the end is. */
export const runToEnd = (
  entry: ServiceEntry,
  invocation: Invocation,
): Effect.Effect<Ended, DidNotEnd> => {
  let stderr = ""
  return Effect.callback<Ended>((resume) => {
    const child = spawn(entry.program, [...entry.args, ...invocation.args], {
      cwd: entry.cwd,
      env: { ...process.env, ...invocation.env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const chunks: Array<Buffer> = []
    let bytes = 0
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxDocumentBytes) chunks.push(chunk)
    })
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrBytes)
    })
    child.once("error", (error) =>
      resume(Effect.succeed({ code: 127, signal: null, stdout: "", stderr: error.message })),
    )
    child.once("close", (code, signal) =>
      resume(Effect.succeed({ code, signal, stdout: Buffer.concat(chunks).toString(), stderr })),
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  }).pipe(
    Effect.timeoutOrElse({
      duration: invocation.within,
      orElse: () =>
        Effect.fail(
          new DidNotEnd({
            command: wordsOf(invocation),
            within: Duration.format(Duration.fromInputUnsafe(invocation.within)),
            stderr,
          }),
        ),
    }),
  )
}

/** Runs a command that must exit 0 and reads the one document it prints. */
export const document = <A, I>(
  entry: ServiceEntry,
  invocation: Invocation,
  shape: Schema.Codec<A, I>,
): Effect.Effect<A, DidNotEnd | EndedBadly | NoDocument> =>
  Effect.gen(function* () {
    const command = wordsOf(invocation)
    const { code, signal, stdout, stderr } = yield* runToEnd(entry, invocation)
    if (code !== 0) {
      const how = signal === null ? `exited ${code}` : `was ended by ${signal}`
      return yield* new EndedBadly({ command, how, stderr })
    }
    return yield* Schema.decodeUnknownEffect(Schema.fromJsonString(shape))(stdout).pipe(
      Effect.mapError((error) => new NoDocument({ command, why: error.message.slice(0, 800) })),
    )
  })
