/**
 * `ADDRESS:PART`: the rows behind one part of what `wallet` prints, and the numbers worked out from them.
 */
import type { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Section } from "@evaluator/domain/report/Section"
import { traceCoverage } from "./TraceCoverage.ts"
import { traceEntries, traceHabits } from "./TraceHabits.ts"
import {
  traceFills,
  traceFollows,
  traceHistory,
  tracePromises,
  traceSolo,
  traceTogether,
} from "./TraceHistory.ts"
import { traceNumbers } from "./TraceNumbers.ts"
import { traceGates, traceRules } from "./TraceRules.ts"
import { traceScores } from "./TraceScores.ts"

type Trace = (
  wallet: Uint8Array,
) => Effect.Effect<ReadonlyArray<Section>, never, SqlClient.SqlClient>

export const parts: Readonly<Record<string, Trace>> = {
  coverage: traceCoverage,
  entries: traceEntries,
  fills: traceFills,
  follows: traceFollows,
  gates: traceGates,
  habits: traceHabits,
  history: traceHistory,
  numbers: traceNumbers,
  promises: tracePromises,
  rules: traceRules,
  scores: traceScores,
  solo: traceSolo,
  together: traceTogether,
}
