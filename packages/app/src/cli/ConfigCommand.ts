/**
 * `config show` and `config check`: the settings as they would be used, and where each came from.
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { settingsFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printJson, printRows } from "./Output.ts"

const show = Command.make(
  "show",
  { profiles: Flags.profiles, data: Flags.data, json: Flags.json, csv: Flags.csv },
  Effect.fn("cli config show")(function* (flags) {
    const { written, profiles } = yield* settingsFor(flags)
    const rows = [...written].map(([setting, { value, source }]) => ({
      setting,
      value: typeof value === "object" ? JSON.stringify(value) : String(value),
      source,
    }))
    yield* printRows(flags, {
      document: { profiles, settings: Object.fromEntries(written) },
      rows,
    })
  }),
).pipe(
  Command.withDescription("Every setting with its value and the place it came from"),
  Command.withExamples([{ command: "EVALUATOR_PAPER_BANKROLL=500 trader-evaluator config show" }]),
)

const check = Command.make(
  "check",
  { profiles: Flags.profiles, data: Flags.data, json: Flags.json },
  Effect.fn("cli config check")(function* (flags) {
    const { written, profiles } = yield* settingsFor(flags)
    if (flags.json) return yield* printJson({ ok: true, profiles, settings: written.size })
    yield* Console.log(
      `${written.size} settings are complete, in range and without contradiction (profile ${profiles.join(", ")})`,
    )
  }),
).pipe(
  Command.withDescription(
    "Check the settings without starting anything: exit 0, or 2 with every fault named",
  ),
  Command.withExamples([{ command: "trader-evaluator config check --profile polymarket" }]),
)

export const configCommand = Command.make("config").pipe(
  Command.withDescription("Show or check the settings"),
  Command.withExamples([{ command: "trader-evaluator config check" }]),
  Command.withSubcommands([show, check]),
)
