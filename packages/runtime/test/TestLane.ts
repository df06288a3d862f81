/**
 * The machinery's services for tests of a single piece: fibers live in the test's scope.
 */
import { Effect, Layer } from "effect"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Supervisor } from "@evaluator/runtime/Supervisor"

const plainSupervisor = Layer.mock(Supervisor, {
  service: (_, effect) => Effect.forkScoped(Effect.ignore(effect)).pipe(Effect.asVoid),
})

export const testLane = Layer.mergeAll(plainSupervisor, Backlogs.layer)
