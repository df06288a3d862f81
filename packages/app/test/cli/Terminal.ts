/** Runs command lines in this process and keeps what they print. */
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { execute } from "@evaluator/app/cli/Cli"
import { Programs } from "@evaluator/app/cli/Programs"

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Programs that die when a command starts one that the test did not expect. */
const none: Programs["Service"] = {
  run: () => Effect.die("run was not expected"),
  replay: () => Effect.die("replay was not expected"),
  compare: () => Effect.die("compare was not expected"),
  sim: () => Effect.die("sim was not expected"),
  alone: () => Effect.die("alone was not expected"),
}

export const command = Effect.fnUntraced(function* (
  argv: ReadonlyArray<string>,
  programs: Partial<Programs["Service"]> = {},
) {
  const out: Array<string> = []
  const err: Array<string> = []
  const code = yield* execute(argv).pipe(
    Effect.provide(
      Layer.mergeAll(NodeServices.layer, Layer.succeed(Programs, { ...none, ...programs })),
    ),
    Effect.provideService(Console.Console, {
      ...globalThis.console,
      log: (...parts: ReadonlyArray<unknown>) => void out.push(parts.join(" ")),
      error: (...parts: ReadonlyArray<unknown>) => void err.push(parts.join(" ")),
    }),
  )
  return { code, out: out.join("\n"), err: err.join("\n") } satisfies Said
})
