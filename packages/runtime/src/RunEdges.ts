/**
 * How it is seen who had a job run: a PRODUCER of `scheduler` for a slot, a missed slot and the start of the
 * process, one of `cli` for a run by hand; the run is the CONSUMER under it, in the job's own service.
 *
 * A run that an event caused has no sender of its own here: its row names the event and its id, and it is a root.
 * Of requests that merge into one run the first is the parent; the others draw their edge by the peer they name.
 * Costs nothing while spans go nowhere.
 */
import { Effect } from "effect"
import type { LogicalService } from "@evaluator/telemetry/LogicalService"
import { consuming, producing } from "@evaluator/telemetry/Messaging"
import { attributes, spans } from "@evaluator/telemetry/Names"
import type { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import type { Job } from "./Job.ts"

type Tracing = ServiceTracer["Service"]
type Asked = Pick<Job, "name" | "service">

const destination = "job-runs"

/** Who asked; `null` for an event. */
const senderOf = (cause: string): LogicalService | null =>
  cause.startsWith("event ") ? null : cause === "by hand" ? "cli" : "scheduler"

/** Asks for a run; `send` takes the traceparent along. */
export const asking = <A, E, R>(
  tracer: Tracing,
  job: Asked,
  cause: string,
  send: (traceparent: string | null) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> => {
  const sender = senderOf(cause)
  if (!tracer.exporting || sender === null) return send(null)
  return producing(
    {
      destination,
      consumer: job.service,
      group: job.name,
      attributes: { [attributes.job]: job.name, [attributes.jobCause]: cause },
    },
    send,
  ).pipe(tracer.within(sender))
}

/** The run that was asked for. */
export const takingUp =
  (
    tracer: Tracing,
    job: Asked,
    asked: { readonly cause: string; readonly traceparent: string | null },
  ) =>
  <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const { cause, traceparent } = asked
    const span = Effect.withSpan(run, spans.job(job.name), {
      root: traceparent === null,
      attributes: { [attributes.job]: job.name, [attributes.jobCause]: cause },
    })
    const within =
      traceparent === null ? span : consuming({ destination, traceparent, group: job.name })(span)
    return within.pipe(tracer.within(job.service)) as Effect.Effect<A, E, R>
  }
