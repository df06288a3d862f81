/**
 * What the work of a fiber was caused by: the event being handled and the chain it belongs to. Events
 * appended meanwhile carry it on, log lines name it.
 */
import { Context } from "effect"

export interface Cause {
  readonly correlationId: string
  readonly causationId: string
}

export const Causation = Context.Reference<Cause | null>("telemetry/Causation", {
  defaultValue: () => null,
})
