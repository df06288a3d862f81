/**
 * Logs as one JSON object a line, written without making the caller wait.
 *
 * A line has `at`, `level`, `message`, then `trace_id` and `span_id` of the span it was said in,
 * `correlation_id` and `causation_id` of the event being handled, every annotation under its own key
 * (`job`, `run`, …) and `cause`. Lines go to a bounded
 * buffer and from there to the file descriptor on libuv's own threads, one write at a time: a reader
 * that stops reading fills the buffer and stalls no fiber.
 *
 * Promises: order is kept; a line is written whole or counted as dropped; closing the scope waits
 * for what is buffered, but at most {@link closeWithin}. Limits: `capacity` lines, a line at most
 * {@link maxLineBytes} (so that two threads' lines cannot tear each other apart in a pipe); a longer
 * one is cut and says so with `"cut":true`. Lists and objects show their first 50 entries.
 */
import {
  Cause,
  Clock,
  Context,
  Effect,
  Layer,
  Logger,
  type LogLevel,
  Metric,
  References,
  Tracer,
} from "effect"
import { Causation } from "./Causation.ts"
import type { LineSink } from "./LineBuffer.ts"
import { descriptorSink, LineBuffer } from "./LineBuffer.ts"
import { counterOf, metrics } from "./Names.ts"

export interface LogOptions {
  /** `stderr` when stdout carries a document. */
  readonly to: "stdout" | "stderr"
  readonly level?: LogLevel.LogLevel | undefined
  /** Colours and several lines for eyes; JSON when absent or false. */
  readonly pretty?: boolean | undefined
  /** Lines held at most; 8,192 when absent. */
  readonly capacity?: number | undefined
  /** Annotations of every line: the lane, the boot. */
  readonly always?: Readonly<Record<string, string>> | undefined
  /** Instead of the descriptor, for tests. */
  readonly sink?: LineSink | undefined
}

export const maxLineBytes = 4096

export const closeWithin = "1 second"

const maxEntries = 50

const dropped = counterOf(metrics.logLinesDropped)

const reserved = new Set(
  "at level message trace_id span_id correlation_id causation_id cause cut".split(" "),
)

/** Makes a value printable: an Error as its message, a bigint as digits, a cycle as a mark. */
const printable = (value: unknown, depth = 0): unknown => {
  if (value instanceof Error) return value.message === "" ? value.name : value.message
  if (typeof value === "bigint") return value.toString()
  if (typeof value === "symbol" || typeof value === "function") return String(value)
  if (value === null || typeof value !== "object") return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (depth >= 4) return "…"
  if (Array.isArray(value)) {
    return value.slice(0, maxEntries).map((one) => printable(one, depth + 1))
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") {
    return printable((value as { toJSON: () => unknown }).toJSON(), depth + 1)
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxEntries)
      .map(([key, one]) => [key, printable(one, depth + 1)]),
  )
}

const textOf = (message: unknown): unknown => {
  const parts = (Array.isArray(message) ? message : [message]).map((part) => printable(part))
  return parts.length === 1 ? parts[0] : parts
}

const cut = (value: unknown, length: number): string | undefined => {
  if (value === undefined) return undefined
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return text.length > length ? `${text.slice(0, length)}…` : text
}

/** The line for one log call, without its newline, at most {@link maxLineBytes} - 1 bytes. */
export const lineOf = (
  options: Logger.Options<unknown>,
  always: Readonly<Record<string, string>> = {},
): string => {
  const span = Context.getOption(options.fiber.context, Tracer.ParentSpan)
  const caused = options.fiber.getRef(Causation)
  const annotations = Object.entries({
    ...always,
    ...options.fiber.getRef(References.CurrentLogAnnotations),
  }).map(([key, value]) => [reserved.has(key) ? `${key}_` : key, printable(value)] as const)
  const head = {
    at: options.date.toISOString(),
    level: options.logLevel.toLowerCase(),
    message: textOf(options.message),
    ...(span._tag === "Some" && { trace_id: span.value.traceId, span_id: span.value.spanId }),
    ...(caused !== null && {
      correlation_id: caused.correlationId,
      causation_id: caused.causationId,
    }),
  }
  const cause = options.cause.reasons.length > 0 ? Cause.pretty(options.cause) : undefined
  const line = JSON.stringify({ ...head, ...Object.fromEntries(annotations), cause })
  if (Buffer.byteLength(line) < maxLineBytes) return line
  const few = annotations.slice(0, 12).map(([key, value]) => [cut(key, 40), cut(value, 60)])
  const short = { ...head, message: cut(head.message, 250), cut: true }
  const fuller = JSON.stringify({ ...short, ...Object.fromEntries(few), cause: cut(cause, 350) })
  // Escapes can make six bytes of a character; then the annotations go too.
  return Buffer.byteLength(fuller) < maxLineBytes ? fuller : JSON.stringify(short)
}

/** The wall clock, also where the program runs on another: the reader of a pipe is real. */
const wallClock = Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())

/** A logger that lives as long as its scope and writes what it holds when that closes. */
export const makeJsonLogger = Effect.fnUntraced(function* (options: LogOptions) {
  const context = yield* Effect.context<never>()
  const buffer = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new LineBuffer(
          options.sink ?? descriptorSink(options.to === "stdout" ? 1 : 2),
          options.capacity ?? 8192,
          maxLineBytes,
          (lines, reason) =>
            Metric.withAttributes(dropped, { reason }).updateUnsafe(lines, context),
        ),
    ),
    (held) =>
      Effect.callback<void>((resume) => held.whenIdle(() => resume(Effect.void))).pipe(
        Effect.timeoutOption(closeWithin),
        Effect.andThen(Effect.sync(() => held.giveUp())),
        wallClock,
      ),
  )
  return Logger.make<unknown, void>((said) => buffer.push(`${lineOf(said, options.always)}\n`))
})

/** Replaces the loggers of everything below it. */
export const layerLogs = (options: LogOptions): Layer.Layer<never> =>
  Layer.mergeAll(
    options.pretty === true
      ? Logger.layer([Logger.consolePretty()])
      : Logger.layer([makeJsonLogger(options)]),
    Layer.succeed(Logger.LogToStderr, options.to === "stderr"),
    Layer.succeed(References.MinimumLogLevel, options.level ?? "Info"),
  )
