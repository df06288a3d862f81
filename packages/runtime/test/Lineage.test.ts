import { assert, describe, it } from "@effect/vitest"
import { circleOf, declaredBy, lineageOf, mermaidOf, together } from "@evaluator/runtime/Lineage"

const run = (job: string, cause: string, trace: string | null = null) => ({
  job,
  cause,
  trace_id: trace,
})
const event = (type: string, trace: string) => ({ type, traceparent: `00-${trace}-span-01` })

const runs = [
  run("score-events", "boot", "t1"),
  run("discover-wallets", "event MarketsScored", "t2"),
  run("discover-wallets", "event MarketsScored", "t3"),
]
const events = [
  event("MarketsScored", "t1"),
  event("MarketsScored", "t1"),
  event("JobCompleted", "t1"),
  event("WalletsDiscovered", "t3"),
  event("TradesIngested", "of no run"),
]

const jobs = [
  { name: "score-events", emits: ["MarketsScored", "MarketListed"] },
  { name: "discover-wallets", on: ["MarketsScored"] },
] as const
const queues = [
  { name: "wallets-to-ingest", on: ["WalletsDiscovered"], emits: ["TradesIngested"] },
] as const

describe("lineage", () => {
  it("is what jobs and queues declare, and how often it was seen", () => {
    const declared = [...declaredBy("job", jobs), ...declaredBy("queue", queues)]
    assert.strictEqual(
      mermaidOf(together(declared, lineageOf(runs, events))),
      [
        "flowchart LR",
        "  discover_wallets[discover-wallets]",
        "  score_events[score-events]",
        "  wallets_to_ingest[[wallets-to-ingest]]",
        "  MarketListed([MarketListed])",
        "  MarketsScored([MarketsScored])",
        "  TradesIngested([TradesIngested])",
        "  WalletsDiscovered([WalletsDiscovered])",
        "  discover_wallets ==>|1| WalletsDiscovered",
        "  MarketsScored -->|2| discover_wallets",
        "  score_events -.-> MarketListed",
        "  score_events -->|2| MarketsScored",
        "  wallets_to_ingest -.-> TradesIngested",
        "  WalletsDiscovered -.-> wallets_to_ingest",
      ].join("\n"),
    )
  })

  it("has no circle where a queue lies between two jobs", () => {
    const back = {
      name: "find-wallets",
      on: ["TradesIngested"],
      emits: ["WalletsDiscovered"],
    } as const
    assert.deepStrictEqual(
      circleOf([...declaredBy("job", [back]), ...declaredBy("queue", queues)]),
      [],
    )
  })

  it("is what runs emitted and what started them", () => {
    assert.strictEqual(
      mermaidOf(lineageOf(runs, events)),
      [
        "flowchart LR",
        "  discover_wallets[discover-wallets]",
        "  score_events[score-events]",
        "  MarketsScored([MarketsScored])",
        "  WalletsDiscovered([WalletsDiscovered])",
        "  discover_wallets ==>|1| WalletsDiscovered",
        "  MarketsScored ==>|2| discover_wallets",
        "  score_events ==>|2| MarketsScored",
      ].join("\n"),
    )
    assert.deepStrictEqual(circleOf(lineageOf(runs, events)), [])
  })

  it("names the jobs that start each other in a circle", () => {
    const circular = lineageOf(
      [...runs, run("score-events", "event WalletsDiscovered", "t4")],
      events,
    )
    assert.deepStrictEqual(circleOf(circular), [
      "discover-wallets",
      "score-events",
      "discover-wallets",
    ])
  })
})
