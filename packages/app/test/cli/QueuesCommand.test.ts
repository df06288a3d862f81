import { assert, describe, it } from "@effect/vitest"
import { queuesOn } from "@evaluator/app/cli/QueuesCommand"

const page = [
  "# HELP evaluator_queue_offered_total Items offered to a queue.",
  "# TYPE evaluator_queue_offered_total counter",
  'evaluator_queue_offered_total{lane="evaluation",queue="wallets-to-ingest",unit="items"} 12',
  'evaluator_queue_done_total{lane="evaluation",queue="wallets-to-ingest",unit="items"} 9',
  'evaluator_queue_pending{lane="evaluation",unit="items",queue="wallets-to-ingest"} 3',
  'evaluator_queue_pressed{lane="paper",unit="1",queue="fills-to-copy"} 1',
  'evaluator_queue_wait_ms_bucket{lane="paper",queue="fills-to-copy",le="0.25"} 7',
  'evaluator_job_runs_total{lane="paper",job="settle-markets",outcome="completed"} 4',
].join("\n")

describe("queues", () => {
  it("are read from the metrics page, lane by lane; what was not counted is 0", () => {
    const none = { failed: 0, dropped: 0, coalesced: 0, late: 0 }
    assert.deepStrictEqual(queuesOn(page), [
      {
        lane: "evaluation",
        queue: "wallets-to-ingest",
        ...none,
        offered: 12,
        done: 9,
        pending: 3,
        pressed: 0,
      },
      {
        lane: "paper",
        queue: "fills-to-copy",
        ...none,
        offered: 0,
        done: 0,
        pending: 0,
        pressed: 1,
      },
    ])
  })
})
