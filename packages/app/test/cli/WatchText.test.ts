import { assert, describe, it } from "@effect/vitest"
import type { JobEntry, QueueEntry } from "@evaluator/app/Control"
import { watchText } from "@evaluator/app/cli/WatchText"
import { status } from "../StatusSample.ts"

const job = (name: string, running: boolean, stalled: string | null = null): JobEntry => ({
  name,
  about: "",
  lane: "evaluation",
  everyMs: 1000,
  at: null,
  concurrency: 1,
  running,
  stalled,
  last: null,
})

const queue = (name: string, more: Partial<QueueEntry> = {}): QueueEntry => ({
  lane: "paper",
  name,
  offered: 9,
  done: 9,
  failed: 0,
  dropped: 0,
  coalesced: 0,
  pending: 0,
  late: 0,
  pressed: false,
  capacity: 1024,
  workers: 8,
  whenFull: "shed",
  oldestMs: null,
  paused: null,
  ...more,
})

const doings = {
  jobs: [
    job("score-events", true),
    job("apply-rules", false),
    job("discover-wallets", true, "GET /data/v2/holders for 121000 ms"),
  ],
  queues: [
    queue("fills-to-copy", { pending: 820, pressed: true, late: 2 }),
    queue("wallets-to-ingest", { paused: { reason: "throttled", untilMs: null } }),
    queue("paper-job-runs", { capacity: null, late: null }),
  ],
}

describe("the live lines", () => {
  it("say what runs, what the queues hold and what is due, then how far things have come", () => {
    const lines = watchText(status, null, doings, 200).split("\n")
    assert.deepStrictEqual(lines.slice(3), [
      "running  score-events · discover-wallets (stalled, waits on GET /data/v2/holders for 121000 ms)",
      "queues   fills-to-copy 820 of 1024, 2 late, pressed · wallets-to-ingest 0 of 1024, paused · paper-job-runs 0",
      "due      wallet-history 3, for 7 s",
      "funnel   markets 200 · markets scored 50 · wallets 40 · trades 9000 · classified 4 · ranked 3",
      "copies   of 5 fills as of 2026-01-05 11:59:55Z · COPIED 4 · SKIPPED_PORTFOLIO_RISK 1 · in flight 1 · undetected 0",
      "ledger   balanced · cash 999.000000 · equity 1000.000000 · realized 0.000000 · fees 0.100000 USDC",
      `ranking  0x${"a".repeat(40)} 0.512 WATCH`,
    ])
  })

  it("fit the screen of a small terminal, in width and in height", () => {
    const lines = watchText(status, null, doings, 80).split("\n")
    assert.isAtMost(lines.length, 22)
    assert.deepStrictEqual(
      lines.filter((line) => line.length > 80),
      [],
    )
  })

  it("leave out what only a running service knows", () => {
    const text = watchText({ ...status, due: [] }, null, null, 80)
    assert.notMatch(text, /^(running|queues)/m)
    assert.match(text, /^due {6}nothing$/m)
  })
})
