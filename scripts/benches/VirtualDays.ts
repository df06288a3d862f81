/**
 * Days of virtual time a second, by the bundle as a user runs it. No baseline: there is nothing of the
 * kind to compare with.
 */
import { Effect, Schema } from "effect"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { document } from "@evaluator/testkit/ServiceProcess"
import { root } from "../Commands.ts"
import type { Measurement } from "./Bench.ts"

const dayMs = 86_400_000

const Timed = Schema.Struct({ from_ms: Schema.Int, to_ms: Schema.Int, wall_ms: Schema.Int })

export const daysASecond = (name: string, args: ReadonlyArray<string>): Promise<Measurement> =>
  Effect.runPromise(
    document(
      {
        program: process.execPath,
        args: [join(root, "dist/main.mjs")],
        cwd: tmpdir(),
      },
      { args: [...args, "--json"], env: {}, within: "30 minutes" },
      Timed,
    ).pipe(
      Effect.map(({ from_ms, to_ms, wall_ms }) => ({
        name,
        better: "higher" as const,
        ours: (to_ms - from_ms) / dayMs / (wall_ms / 1000),
        unit: "days/s",
        runs: 1,
      })),
    ),
  )
