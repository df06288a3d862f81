import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { killCommits, killRound } from "@evaluator/testkit/KillRuns"

const checkout = fileURLToPath(new URL("../../..", import.meta.url))

/** Small here; `npm run prove -- kills` ends a hundred, another way. */
const rounds = 1
const seed = 20260101

describe("kill -9", () => {
  it.live("loses no outcome, no fill and no cent", () =>
    Effect.acquireUseRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "trader-evaluator-kills-"))),
      (folder) =>
        Effect.gen(function* () {
          const plan = {
            entry: {
              program: "env",
              args: [
                // A checkout is compiled at every start, and a round starts it six times.
                `NODE_COMPILE_CACHE=${join(folder, "compiled")}`,
                "EVALUATOR_SHUTDOWN_DEADLINE=5s",
                process.execPath,
                join(checkout, "packages/app/src/main.ts"),
              ],
              cwd: folder,
            },
            dataDir: join(folder, "data"),
            killWithin: "60s",
            resumeFor: "6s",
          }
          const seen = new Map<string, string>()
          const commits = yield* killCommits(seed, rounds, 50, 300)
          for (const commit of commits) {
            const round = yield* killRound(plan, commit, seen)
            assert.deepStrictEqual(round.faults, [], `killed at commit ${commit}`)
          }
        }),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
    ),
  )
})
