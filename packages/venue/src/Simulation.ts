/**
 * A seeded world with its surface in process, for virtual time: what `sim` runs against.
 */
import type * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as Api from "./Api.ts"
import { mix } from "./Chance.ts"
import { faultyApi } from "./faults/FaultyApi.ts"
import { FaultPlan, type FaultOptions, type Intensity } from "./faults/FaultPlan.ts"
import { faultyWorld } from "./faults/FaultyWorld.ts"
import * as InProcess from "./InProcess.ts"
import * as SeededWorld from "./seeded/SeededWorld.ts"
import type { SocketSource } from "./Sockets.ts"
import { stillWorld } from "./StillWorld.ts"
import type { WorldChanges } from "./WorldParameters.ts"

export interface SimulationOptions {
  readonly parameters: WorldChanges
  readonly faults?: Intensity | Omit<FaultOptions, "seed">
  /** As in {@link Api.ApiOptions}. */
  readonly cdn?: boolean
  readonly limits?: Api.ApiOptions["limits"]
  /** How often the book socket looks for changes, ms of virtual time. */
  readonly bookEveryMs?: number
}

export interface Simulation {
  /** The world as it is, with its truth: for judging, not for serving. */
  readonly world: SeededWorld.SeededWorld
  /** What was served wrong so far. */
  readonly plan: FaultPlan
  /** The surface as clients meet it, faults and all. */
  readonly api: Api.VenueApi
  /** Everything a lane's client needs, at the `Clock`'s moment, whatever the host of a URL. */
  readonly http: Layer.Layer<HttpClient.HttpClient>
  /** Frames of the trade stream from the moment of running on; ends when the venue hangs up. */
  readonly trades: Stream.Stream<string>
  /** The order book socket; each run is a connection. */
  readonly books: Effect.Effect<InProcess.Connection>
}

const surfaceOf = (api: Api.VenueApi, source: SocketSource) => ({
  api,
  http: InProcess.layer(api),
  trades: InProcess.tradeFrames(source),
  books: InProcess.connect(source, "/ws/market"),
})

export const simulate = (options: SimulationOptions): Simulation => {
  const world = SeededWorld.make(options.parameters)
  const given = options.faults ?? "none"
  const faults = typeof given === "string" ? { intensity: given } : given
  const plan = new FaultPlan({ seed: mix(world.parameters.seed, 1001), ...faults })
  const { cdn = false, limits = false, bookEveryMs } = options
  const served = faults.intensity === "none" ? world : faultyWorld(world, plan)
  const plain = Api.make(served, { cdn, limits })
  const api = faults.intensity === "none" ? plain : faultyApi(plain, plan)
  const source: SocketSource = {
    world: served,
    plan: faults.intensity === "none" ? null : plan,
    ...(bookEveryMs === undefined ? {} : { bookEveryMs }),
  }
  return { world, plan, ...surfaceOf(api, source) }
}

/** The same world from a moment on, where it stands still: nothing new comes, nothing is served wrong. */
export const standStill = ({ plan, world }: Simulation, fromMs: number): Simulation => {
  const still = stillWorld(world, fromMs)
  return { world, plan, ...surfaceOf(Api.make(still), { world: still, plan: null }) }
}
