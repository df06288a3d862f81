import { assert, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { copyResultFaults } from "@evaluator/testkit/CopyResults"

/** Two copies of which both files know the same. */
const files = (dataDir: string) => {
  using evaluator = new DatabaseSync(join(dataDir, "evaluator.db"))
  evaluator.exec(`CREATE TABLE copy_results (fill, strategy, outcome, cost);
    CREATE TABLE copy_settlements (event_id, fill, strategy, pnl);
    INSERT INTO copy_results VALUES (x'01', 'solo', 'COPIED', 25), (x'02', 'solo', 'FAILED', 0);
    INSERT INTO copy_settlements VALUES ('a', x'01', 'solo', 10), ('b', x'01', 'solo', -4)`)
  using paper = new DatabaseSync(join(dataDir, "paper.db"))
  paper.exec(`CREATE TABLE copies (fill_id, strategy, origin, side, state, outcome, takes, gross, fee, pnl);
    INSERT INTO copies VALUES (x'01', 'solo', 'fill', 'BUY', 'reversed', 'COPIED', '[]', 24, 1, 6),
      (x'02', 'solo', 'fill', 'BUY', 'compensated', 'FAILED', NULL, NULL, NULL, NULL)`)
}

it("what the lanes know of our copies is compared outcome by outcome, cent by cent", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "copy-results-test-"))
  try {
    files(dataDir)
    assert.deepStrictEqual(copyResultFaults(dataDir), [])
    using evaluator = new DatabaseSync(join(dataDir, "evaluator.db"))
    evaluator.exec("DELETE FROM copy_settlements WHERE event_id = 'b'")
    evaluator.exec("DELETE FROM copy_results WHERE fill = x'02'")
    assert.deepStrictEqual(copyResultFaults(dataDir), [
      "outcome and cost of copy 02 solo: nothing in evaluator.db, FAILED 0 in paper.db",
      "what was earned of copy 01 solo: 10 in evaluator.db, 6 in paper.db",
    ])
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
