/**
 * Which traces leave the process: a share of all, and whatever is marked {@link Kept}.
 */
import { Context } from "effect"

/** Annotates a span whose trace is kept whatever the share. */
export const Kept = Context.Reference<boolean>("telemetry/Kept", { defaultValue: () => false })

/** Annotations of a span whose trace is kept. */
export const kept: Context.Context<never> = Context.make(Kept, true) as Context.Context<never>

export interface Sampling {
  /** 0 to 1. */
  readonly share: number
  /** What a remote parent decided is followed; the share is for roots. */
  readonly byParent: boolean
}

export const everything: Sampling = { share: 1, byParent: true }

/** As `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` have it; what is not understood samples all. */
export const samplingOf = (sampler: string, argument: string): Sampling => {
  const byParent = sampler.startsWith("parentbased_")
  const kind = byParent ? sampler.slice("parentbased_".length) : sampler
  const share = Number(argument)
  if (kind === "always_off") return { share: 0, byParent }
  if (kind === "traceidratio" && argument !== "" && share >= 0 && share <= 1) {
    return { share, byParent }
  }
  return kind === "always_on" ? { share: 1, byParent } : everything
}
