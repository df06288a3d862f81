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
    CREATE TABLE copy_settlements (event_id, fill, strategy, pnl, sold, sale_fee);
    INSERT INTO copy_results VALUES (x'01', 'solo', 'COPIED', 25), (x'02', 'solo', 'FAILED', 0);
    INSERT INTO copy_settlements VALUES ('a', x'01', 'solo', 10, 30, 2),
      ('b', x'01', 'solo', -4, 0, 0)`)
  using paper = new DatabaseSync(join(dataDir, "paper.db"))
  paper.exec(`CREATE TABLE copies (fill_id, strategy, origin, side, state, outcome, takes, gross, fee, pnl);
    INSERT INTO copies VALUES (x'01', 'solo', 'fill', 'BUY', 'reversed', 'COPIED', '[]', 24, 1, 6),
      (x'02', 'solo', 'fill', 'BUY', 'compensated', 'FAILED', NULL, NULL, NULL, NULL);
    CREATE TABLE lots (id, fill_id, strategy, open_size);
    CREATE TABLE closings (lot_id, cause, size, sale_fee);
    INSERT INTO lots VALUES (1, x'01', 'solo', 0), (2, x'03', 'solo', 0), (3, x'04', 'solo', 5);
    INSERT INTO closings VALUES (1, 'sold', 20, 1), (1, 'sold', 10, 1), (1, 'resolved', 20, 0),
      (2, 'sold', 50, 3), (2, 'taken back', 0, -3), (3, 'sold', 45, 3)`)
}

it("what the lanes know of our copies is compared outcome by outcome, cent by cent", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "copy-results-test-"))
  try {
    files(dataDir)
    assert.deepStrictEqual(copyResultFaults(dataDir), [])
    using evaluator = new DatabaseSync(join(dataDir, "evaluator.db"))
    evaluator.exec("DELETE FROM copy_settlements WHERE event_id = 'b'")
    evaluator.exec("DELETE FROM copy_results WHERE fill = x'02'")
    evaluator.exec("UPDATE copy_settlements SET sale_fee = 1")
    assert.deepStrictEqual(copyResultFaults(dataDir), [
      "outcome and cost of copy 02 solo: nothing in evaluator.db, FAILED 0 in paper.db",
      "what was earned of copy 01 solo: 10 in evaluator.db, 6 in paper.db",
      "shares sold and their fees of copy 01 solo: 30 1 in evaluator.db, 30 2 in paper.db",
    ])
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
