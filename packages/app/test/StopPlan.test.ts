import { assert, describe, it } from "@effect/vitest"
import { stopPlan } from "@evaluator/app/StopPlan"

describe("the plan of a stop", () => {
  it("says what finishes and what goes back", () => {
    assert.strictEqual(
      stopPlan(
        [
          { name: "score-events", running: true },
          { name: "apply-rules", running: false },
          { name: "settle-markets", running: true },
        ],
        [
          { name: "wallets-to-ingest", pending: 37 },
          { name: "markets-to-settle", pending: 0 },
          { name: "paper-job-runs", pending: 1 },
        ],
        "30s",
      ),
      "score-events, settle-markets stop at their next step, what they leave is due at the next start; 37 in wallets-to-ingest are worked off, what is not goes back to its row with no attempt counted; copies in flight are decided, all within 30s",
    )
  })

  it("says so when there is nothing to wait for", () => {
    assert.strictEqual(
      stopPlan([], [], "30s"),
      "no job runs; no queue holds anything; copies in flight are decided, all within 30s",
    )
  })
})
