/**
 * The schema steps of each lane's file, as static imports so that the bundle holds them.
 */
import evaluation0001 from "../../../migrations/evaluation/0001_create_runtime.ts"
import evaluation0002 from "../../../migrations/evaluation/0002_create_markets.ts"
import evaluation0003 from "../../../migrations/evaluation/0003_create_wallets.ts"
import evaluation0004 from "../../../migrations/evaluation/0004_create_ledger.ts"
import evaluation0005 from "../../../migrations/evaluation/0005_create_judgements.ts"
import evaluation0006 from "../../../migrations/evaluation/0006_create_retention.ts"
import evaluation0007 from "../../../migrations/evaluation/0007_create_snapshots.ts"
import evaluation0008 from "../../../migrations/evaluation/0008_record_reasons.ts"
import evaluation0009 from "../../../migrations/evaluation/0009_create_verdicts.ts"
import evaluation0010 from "../../../migrations/evaluation/0010_add_winners.ts"
import evaluation0011 from "../../../migrations/evaluation/0011_cross_check_outcomes.ts"
import evaluation0012 from "../../../migrations/evaluation/0012_create_queue_pauses.ts"
import evaluation0013 from "../../../migrations/evaluation/0013_add_run_cursors.ts"
import evaluation0014 from "../../../migrations/evaluation/0014_create_log_readers.ts"
import evaluation0015 from "../../../migrations/evaluation/0015_extend_verdicts.ts"
import evaluation0016 from "../../../migrations/evaluation/0016_index_readers.ts"
import evaluation0017 from "../../../migrations/evaluation/0017_measure_drift.ts"
import evaluation0018 from "../../../migrations/evaluation/0018_gather_drifts.ts"
import evaluation0019 from "../../../migrations/evaluation/0019_name_failing_gates.ts"
import evaluation0020 from "../../../migrations/evaluation/0020_overrule_doubts.ts"
import evaluation0021 from "../../../migrations/evaluation/0021_order_due_evidence.ts"
import evaluation0022 from "../../../migrations/evaluation/0022_order_due_wallets.ts"
import evaluation0023 from "../../../migrations/evaluation/0023_add_run_checkpoints.ts"
import evaluation0024 from "../../../migrations/evaluation/0024_date_numbers_of_moves.ts"
import evaluation0025 from "../../../migrations/evaluation/0025_add_persona_confidence.ts"
import evaluation0026 from "../../../migrations/evaluation/0026_score_lanes.ts"
import evaluation0027 from "../../../migrations/evaluation/0027_drop_mid_fills.ts"
import evaluation0028 from "../../../migrations/evaluation/0028_count_sold_shares.ts"
import evaluation0029 from "../../../migrations/evaluation/0029_empty_unmeasured_lanes.ts"
import evaluation0030 from "../../../migrations/evaluation/0030_add_run_causes.ts"
import paper0001 from "../../../migrations/paper/0001_create_runtime.ts"
import paper0002 from "../../../migrations/paper/0002_create_paper.ts"
import paper0003 from "../../../migrations/paper/0003_extend_copies.ts"
import paper0004 from "../../../migrations/paper/0004_index_stuck_copies.ts"
import paper0005 from "../../../migrations/paper/0005_keep_terms.ts"
import paper0006 from "../../../migrations/paper/0006_create_quarantine.ts"
import paper0007 from "../../../migrations/paper/0007_create_queue_pauses.ts"
import paper0008 from "../../../migrations/paper/0008_add_run_cursors.ts"
import paper0009 from "../../../migrations/paper/0009_create_log_readers.ts"
import paper0010 from "../../../migrations/paper/0010_keep_later_fills.ts"
import paper0011 from "../../../migrations/paper/0011_index_orders_and_funding.ts"
import paper0012 from "../../../migrations/paper/0012_add_run_checkpoints.ts"
import paper0013 from "../../../migrations/paper/0013_keep_settlements.ts"
import paper0014 from "../../../migrations/paper/0014_name_taken_back_closings.ts"
import paper0015 from "../../../migrations/paper/0015_create_streamed_fills.ts"
import paper0016 from "../../../migrations/paper/0016_expire_reservations.ts"
import paper0017 from "../../../migrations/paper/0017_keep_sold_shares.ts"
import paper0018 from "../../../migrations/paper/0018_add_run_causes.ts"

export const migrations = {
  evaluation: {
    "0001_create_runtime": evaluation0001,
    "0002_create_markets": evaluation0002,
    "0003_create_wallets": evaluation0003,
    "0004_create_ledger": evaluation0004,
    "0005_create_judgements": evaluation0005,
    "0006_create_retention": evaluation0006,
    "0007_create_snapshots": evaluation0007,
    "0008_record_reasons": evaluation0008,
    "0009_create_verdicts": evaluation0009,
    "0010_add_winners": evaluation0010,
    "0011_cross_check_outcomes": evaluation0011,
    "0012_create_queue_pauses": evaluation0012,
    "0013_add_run_cursors": evaluation0013,
    "0014_create_log_readers": evaluation0014,
    "0015_extend_verdicts": evaluation0015,
    "0016_index_readers": evaluation0016,
    "0017_measure_drift": evaluation0017,
    "0018_gather_drifts": evaluation0018,
    "0019_name_failing_gates": evaluation0019,
    "0020_overrule_doubts": evaluation0020,
    "0021_order_due_evidence": evaluation0021,
    "0022_order_due_wallets": evaluation0022,
    "0023_add_run_checkpoints": evaluation0023,
    "0024_date_numbers_of_moves": evaluation0024,
    "0025_add_persona_confidence": evaluation0025,
    "0026_score_lanes": evaluation0026,
    "0027_drop_mid_fills": evaluation0027,
    "0028_count_sold_shares": evaluation0028,
    "0029_empty_unmeasured_lanes": evaluation0029,
    "0030_add_run_causes": evaluation0030,
  },
  paper: {
    "0001_create_runtime": paper0001,
    "0002_create_paper": paper0002,
    "0003_extend_copies": paper0003,
    "0004_index_stuck_copies": paper0004,
    "0005_keep_terms": paper0005,
    "0006_create_quarantine": paper0006,
    "0007_create_queue_pauses": paper0007,
    "0008_add_run_cursors": paper0008,
    "0009_create_log_readers": paper0009,
    "0010_keep_later_fills": paper0010,
    "0011_index_orders_and_funding": paper0011,
    "0012_add_run_checkpoints": paper0012,
    "0013_keep_settlements": paper0013,
    "0014_name_taken_back_closings": paper0014,
    "0015_create_streamed_fills": paper0015,
    "0016_expire_reservations": paper0016,
    "0017_keep_sold_shares": paper0017,
    "0018_add_run_causes": paper0018,
  },
} as const
