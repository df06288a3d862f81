import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { graphRun } from "@evaluator/testkit/ServiceGraphRun"

const checkout = fileURLToPath(new URL("../../..", import.meta.url))

const folderOfItsOwn = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trader-evaluator-graph-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/** Small here; `npm run prove -- service-graph` runs until every edge was drawn. */
describe("the service graph of a short run", () => {
  it.live("has the edges that it should have, and no others", () =>
    Effect.gen(function* () {
      const folder = yield* folderOfItsOwn
      const run = yield* graphRun({
        entry: {
          program: "env",
          args: [
            // A checkout is compiled at every start.
            `NODE_COMPILE_CACHE=${join(folder, "compiled")}`,
            "EVALUATOR_SHUTDOWN_DEADLINE=3s",
            process.execPath,
            join(checkout, "packages/app/src/main.ts"),
          ],
          cwd: folder,
        },
        dataDir: join(folder, "data"),
        runFor: "8s",
        seed: 42,
      })
      assert.deepStrictEqual(run.faults, [])
      for (const edge of [
        "scheduler -> scoring (messaging_system)",
        "scoring -> polymarket-gamma (virtual_node)",
        "scoring -> sqlite (database)",
        "cli -> paper-saga ()",
        "cli -> ranking (messaging_system)",
        "operator -> http (virtual_node)",
      ]) {
        assert.notInclude(run.missing, edge)
      }
    }).pipe(Effect.scoped),
  )
})
