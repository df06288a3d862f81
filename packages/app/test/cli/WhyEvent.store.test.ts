import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { writing } from "@evaluator/app/cli/Writer"
import { command } from "./Terminal.ts"
import { usedDirectory } from "../UsedDirectory.ts"

const wallet = `0x${"ab".repeat(20)}`

describe("why EVENT", () => {
  it.effect("tells of an event what caused it and what it led to, across lanes", () =>
    Effect.gen(function* () {
      const directory = yield* usedDirectory
      const fill = "0123456789abcdef".repeat(2)
      const add = (lane: "evaluation" | "paper", event: Record<string, string | number>) =>
        SqlClient.SqlClient.use(
          (sql) =>
            sql`INSERT INTO events ${sql.insert({
              version: 1,
              correlation_id: "ingested",
              ...event,
            })}`,
        ).pipe(writing(directory, lane))
      const trace = "ab".repeat(16)
      yield* SqlClient.SqlClient.use((sql) =>
        sql`INSERT INTO boots (id, started_at_ms) VALUES (1, 1)`.pipe(
          Effect.andThen(
            sql`INSERT INTO job_runs ${sql.insert({
              boot_id: 1,
              job: "settle-markets",
              cause: "slot",
              started_at_ms: 1,
              outcome: "completed",
              counts: "{}",
              trace_id: trace,
            })}`,
          ),
        ),
      ).pipe(writing(directory, "paper"))
      yield* add("evaluation", {
        seq: 1,
        id: "ingested",
        type: "TradesIngested",
        at_ms: 1000,
        payload: JSON.stringify({ wallet, count: 1, fills: [{ id: fill }] }),
      })
      yield* add("paper", {
        seq: 1,
        id: "decided",
        type: "CopyDecided",
        at_ms: 2000,
        causation_id: "ingested",
        payload: JSON.stringify({ fill, wallet, outcome: "COPIED" }),
      })
      yield* add("paper", {
        seq: 2,
        id: "settled",
        type: "CopySettled",
        at_ms: 3000,
        causation_id: "decided",
        traceparent: `00-${trace}-${"cd".repeat(8)}-01`,
        payload: JSON.stringify({ fill, wallet }),
      })
      const why = Effect.fnUntraced(function* (id: string) {
        const { out } = yield* command(["why", id, "--json", "--data", directory])
        const { sections } = JSON.parse(out) as {
          sections: ReadonlyArray<{
            title: string
            says: ReadonlyArray<string>
            rows: ReadonlyArray<Record<string, unknown>>
          }>
        }
        return sections
      })
      const [settled, chain] = yield* why("settled")
      assert.strictEqual(settled!.title, "Event CopySettled of the fast lane")
      assert.deepStrictEqual(settled!.says.slice(1), [
        "Run 1 of settle-markets wrote it (slot).",
        "It was caused by CopyDecided of the fast lane, event decided.",
        "That was caused by TradesIngested of the background lane, event ingested.",
        `It is about fill ${fill}: why ${fill} goes from the venue's row to the outcome.`,
      ])
      assert.deepStrictEqual(
        chain!.rows.map(({ caused_by, id, lane }) => [lane, id, caused_by]),
        [
          ["evaluation", "ingested", null],
          ["paper", "decided", "ingested"],
          ["paper", "settled", "decided"],
        ],
      )
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO boots (id, started_at_ms) VALUES (1, 1)`
        for (const [job, event] of [
          ["classify-wallets", "ingested"],
          ["score-wallets", "classified"],
          ["measure-drift", "classified"],
        ] as const) {
          yield* sql`INSERT INTO job_runs ${sql.insert({
            boot_id: 1,
            job,
            cause: "event it hears",
            cause_event: event,
            started_at_ms: 1,
            outcome: "completed",
            counts: "{}",
            trace_id: job === "classify-wallets" ? "01".repeat(16) : "02".repeat(16),
          })}`
        }
      }).pipe(writing(directory, "evaluation"))
      for (const [seq, id, type, run] of [
        [2, "classified", "WalletsClassified", "01"],
        [3, "scored", "WalletsScored", "02"],
      ] as const) {
        yield* add("evaluation", {
          seq,
          id,
          type,
          at_ms: 4000,
          correlation_id: id,
          traceparent: `00-${run.repeat(16)}-${"cd".repeat(8)}-01`,
          payload: "{}",
        })
      }
      const [scored] = yield* why("scored")
      assert.deepStrictEqual(scored!.says.slice(1), [
        "Run 2 of score-wallets wrote it (event it hears).",
        "The run was started by WalletsClassified of the background lane, event classified.",
        "That was written by run 1 of classify-wallets, which was started by TradesIngested of the background lane, event ingested.",
      ])
      const [classified] = yield* why("classified")
      assert.strictEqual(
        classified!.says.at(-1),
        "It started run 2 of score-wallets, run 3 of measure-drift.",
      )
      const [ingested] = yield* why("ingested")
      assert.deepStrictEqual(ingested!.says.slice(1), [
        "No event caused it.",
        "It started run 1 of classify-wallets.",
        `It carried 1 fill to be copied: why ${fill}.`,
        `It is about wallet ${wallet}: why ${wallet}.`,
      ])
    }),
  )
})
