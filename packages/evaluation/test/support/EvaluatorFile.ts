/**
 * The lane's database in a temporary file, migrated, with the machinery on top.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { Backlogs } from "@evaluator/runtime/Backlogs"
import { Boot } from "@evaluator/runtime/Boot"
import { EventLog } from "@evaluator/runtime/EventLog"
import { JobLog } from "@evaluator/runtime/JobLog"
import { createQueuePauses } from "@evaluator/runtime/QueuePauses"
import { addRunCauses, addRunCheckpoints, addRunCursors } from "@evaluator/runtime/RuntimeTables"
import { Supervisor } from "@evaluator/runtime/Supervisor"
import * as Database from "@evaluator/sqlite/Database"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import createRuntime from "../../../../migrations/evaluation/0001_create_runtime.ts"
import createMarkets from "../../../../migrations/evaluation/0002_create_markets.ts"
import createWallets from "../../../../migrations/evaluation/0003_create_wallets.ts"
import createLedger from "../../../../migrations/evaluation/0004_create_ledger.ts"
import createJudgements from "../../../../migrations/evaluation/0005_create_judgements.ts"
import createRetention from "../../../../migrations/evaluation/0006_create_retention.ts"
import createSnapshots from "../../../../migrations/evaluation/0007_create_snapshots.ts"
import recordReasons from "../../../../migrations/evaluation/0008_record_reasons.ts"
import createVerdicts from "../../../../migrations/evaluation/0009_create_verdicts.ts"
import addWinners from "../../../../migrations/evaluation/0010_add_winners.ts"
import crossCheckOutcomes from "../../../../migrations/evaluation/0011_cross_check_outcomes.ts"
import createLogReaders from "../../../../migrations/evaluation/0014_create_log_readers.ts"
import extendVerdicts from "../../../../migrations/evaluation/0015_extend_verdicts.ts"
import indexReaders from "../../../../migrations/evaluation/0016_index_readers.ts"
import measureDrift from "../../../../migrations/evaluation/0017_measure_drift.ts"
import gatherDrifts from "../../../../migrations/evaluation/0018_gather_drifts.ts"
import nameFailingGates from "../../../../migrations/evaluation/0019_name_failing_gates.ts"
import overruleDoubts from "../../../../migrations/evaluation/0020_overrule_doubts.ts"
import orderDueEvidence from "../../../../migrations/evaluation/0021_order_due_evidence.ts"
import addPersonaConfidence from "../../../../migrations/evaluation/0025_add_persona_confidence.ts"
import scoreLanes from "../../../../migrations/evaluation/0026_score_lanes.ts"
import dropMidFills from "../../../../migrations/evaluation/0027_drop_mid_fills.ts"
import countSoldShares from "../../../../migrations/evaluation/0028_count_sold_shares.ts"
import emptyUnmeasuredLanes from "../../../../migrations/evaluation/0029_empty_unmeasured_lanes.ts"
import orderDueWallets from "../../../../migrations/evaluation/0022_order_due_wallets.ts"
import dateNumbersOfMoves from "../../../../migrations/evaluation/0024_date_numbers_of_moves.ts"

export const migrations = {
  "0001_create_runtime": createRuntime,
  "0002_create_markets": createMarkets,
  "0003_create_wallets": createWallets,
  "0004_create_ledger": createLedger,
  "0005_create_judgements": createJudgements,
  "0006_create_retention": createRetention,
  "0007_create_snapshots": createSnapshots,
  "0008_record_reasons": recordReasons,
  "0009_create_verdicts": createVerdicts,
  "0010_add_winners": addWinners,
  "0011_cross_check_outcomes": crossCheckOutcomes,
  "0012_create_queue_pauses": createQueuePauses,
  "0013_add_run_cursors": addRunCursors,
  "0014_create_log_readers": createLogReaders,
  "0015_extend_verdicts": extendVerdicts,
  "0016_index_readers": indexReaders,
  "0017_measure_drift": measureDrift,
  "0018_gather_drifts": gatherDrifts,
  "0019_name_failing_gates": nameFailingGates,
  "0020_overrule_doubts": overruleDoubts,
  "0021_order_due_evidence": orderDueEvidence,
  "0022_order_due_wallets": orderDueWallets,
  "0023_add_run_checkpoints": addRunCheckpoints,
  "0024_date_numbers_of_moves": dateNumbersOfMoves,
  "0025_add_persona_confidence": addPersonaConfidence,
  "0026_score_lanes": scoreLanes,
  "0027_drop_mid_fills": dropMidFills,
  "0028_count_sold_shares": countSoldShares,
  "0029_empty_unmeasured_lanes": emptyUnmeasuredLanes,
  "0030_add_run_causes": addRunCauses,
}

/** A file of its own, removed with the scope. */
export const fileLayer = Layer.unwrap(
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "evaluation-test-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
    ),
    (directory) => databaseAt(join(directory, "evaluator.db")),
  ),
)

export const databaseAt = (file: string) =>
  Database.layer({ file, lane: "evaluation", migrations }).pipe(Layer.orDie)

/** Boot, event log, jobs, queues and supervisor over whatever database is given. */
export const machinery = Supervisor.layer.pipe(
  Layer.provideMerge(JobLog.layer),
  Layer.provideMerge(EventLog.layer),
  Layer.provideMerge(Boot.layer),
  Layer.provideMerge(Backlogs.layer),
  Layer.provideMerge(ServiceTracer.layer),
)
