/**
 * `halt` and `resume`: stop and restart the taking of new copies of a strategy; what is open still
 * settles.
 */
import { Clock, Duration, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { HaltState } from "../Control.ts"
import { handlersFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { timeOf } from "./Readable.ts"

const print = (printing: { readonly json: boolean }, state: HaltState) =>
  printRows(printing, {
    document: state,
    rows: [
      {
        strategy: state.strategy,
        copies: state.halted ? "halted" : "copying",
        reason: state.reason,
        until: state.halted ? timeOf(state.untilMs) || "resumed by hand" : "",
      },
    ],
  })

const strategy = Flag.Literals("strategy", Strategy.literals).pipe(
  Flag.withDescription("Which strategy's copies"),
  Flag.withDefault("portfolio" as Strategy),
)

export const haltCommand = Command.make(
  "halt",
  {
    reason: Flags.reason("by hand"),
    until: Flags.duration("until", "Resume by itself after this long"),
    strategy,
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli halt")(function* (flags) {
    const handlers = yield* handlersFor({ data: flags.data, profiles: [] })
    const now = yield* Clock.currentTimeMillis
    const untilMs = flags.until === null ? null : now + Duration.toMillis(flags.until)
    yield* print(
      flags,
      yield* handlers.halt({ strategy: flags.strategy, reason: flags.reason, untilMs }),
    )
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Take no new copies: each is skipped with SKIPPED_HALTED. Open positions still settle. The halt survives restarts and leaves an audit row.",
  ),
  Command.withShortDescription("Take no new copies"),
  Command.withExamples([
    { command: 'trader-evaluator halt --reason "venue looks odd" --until 2h' },
  ]),
)

export const resumeCommand = Command.make(
  "resume",
  { reason: Flags.reason("by hand"), strategy, data: Flags.data, json: Flags.json },
  Effect.fn("cli resume")(function* (flags) {
    const handlers = yield* handlersFor({ data: flags.data, profiles: [] })
    yield* print(flags, yield* handlers.resume({ strategy: flags.strategy, reason: flags.reason }))
  }, Effect.scoped),
).pipe(
  Command.withDescription("Take new copies again after a halt; leaves an audit row"),
  Command.withShortDescription("Take new copies again"),
  Command.withExamples([{ command: "trader-evaluator resume" }]),
)
