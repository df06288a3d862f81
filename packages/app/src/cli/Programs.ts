/**
 * The long work behind the commands, supplied by the process's wiring: a command parses, loads the
 * settings and prints; what it starts is here.
 */
import { Context, type Effect, type Scope } from "effect"
import type { ControlHandlers } from "../Control.ts"
import type { DataDirectory } from "../DataDirectory.ts"
import type { Loaded } from "../Settings.ts"
import type { Comparison } from "./Comparison.ts"
import type { ReplayOptions, RunOptions, SimOptions } from "./RunOptions.ts"

export class Programs extends Context.Service<
  Programs,
  {
    /** The service: until it is told to stop, or for a while and then drained. */
    readonly run: (options: RunOptions) => Effect.Effect<void, Error>
    readonly replay: (options: ReplayOptions) => Effect.Effect<void, Error>
    /** The same recording under the settings of `options` and, first, those of `against`. */
    readonly compare: (options: ReplayOptions, against: Loaded) => Effect.Effect<Comparison, Error>
    readonly sim: (options: SimOptions) => Effect.Effect<void, Error>
    /** Both lanes without their schedules, for one command while no service runs. */
    readonly alone: (
      held: DataDirectory["Service"],
      loaded: Loaded,
    ) => Effect.Effect<ControlHandlers, Error, Scope.Scope>
  }
>()("app/cli/Programs") {}
