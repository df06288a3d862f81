#!/usr/bin/env node
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { alone } from "./Alone.ts"
import { compare } from "./Against.ts"
import { execute } from "./cli/Cli.ts"
import { Programs } from "./cli/Programs.ts"
import { replay } from "./Replay.ts"
import { run } from "./Run.ts"
import { sim } from "./Sim.ts"

const live = Layer.mergeAll(
  Layer.succeed(Programs, { run, replay, compare, sim, alone }),
  NodeServices.layer,
)

process.exitCode = await Effect.runPromise(Effect.provide(execute(process.argv.slice(2)), live))
