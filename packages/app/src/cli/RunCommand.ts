/**
 * `run`: the service.
 */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { settingsFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { Programs } from "./Programs.ts"

export const runCommand = Command.make(
  "run",
  {
    profiles: Flags.profiles,
    for: Flags.duration("for", "Drain, print the summary and exit after this long"),
    data: Flags.data,
    json: Flags.json,
  },
  // Without a span: it would be the parent of whatever the service does for months.
  Effect.fnUntraced(function* (flags) {
    const loaded = yield* settingsFor(flags)
    yield* (yield* Programs).run({ loaded, for: flags.for, json: flags.json })
  }),
).pipe(
  Command.withDescription(
    "Run the service. Without a profile it is `embedded`: a seeded venue inside the process, no network. Ctrl-C drains, a second one ends at once.",
  ),
  Command.withShortDescription("Run the service"),
  Command.withExamples([
    { command: "trader-evaluator run --for 60s --json", description: "A minute, then the summary" },
    {
      command: "trader-evaluator run --profile polymarket --profile small-box",
      description: "The real venue, on a box with 1 GiB",
    },
  ]),
)
