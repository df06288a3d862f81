/** The whole service with a collector that takes spans in and never answers. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runToEnd } from "@evaluator/testkit/ServiceProcess"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "silent-collector-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
)

const silentCollector = Effect.acquireRelease(
  Effect.callback<ReturnType<typeof createServer>>((resume) => {
    const server = createServer((request) => request.resume())
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    }),
)

/** Two lanes of half a second, the venue's thread and a slow machine; without a bound it was over eight. */
const exitMs = 6500

describe("a collector that never answers", () => {
  it.live(
    "holds up the exit no longer than its bound, and what it did not take is said",
    () =>
      Effect.gen(function* () {
        const { port } = (yield* silentCollector).address() as AddressInfo
        const { code, stdout } = yield* runToEnd(
          { program: process.execPath, args: ["packages/app/src/main.ts"], cwd: root },
          {
            args: ["run", "--for", "1s"],
            env: {
              EVALUATOR_DATA_DIR: yield* directory,
              EVALUATOR_HTTP_PORT: "0",
              EVALUATOR_SHUTDOWN_DEADLINE: "1s",
              OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
            },
            within: "100 seconds",
          },
        )
        const endedMs = yield* Clock.currentTimeMillis
        assert.strictEqual(code, 0)
        const lines = stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as { at: string; message: string; lane: string })
        const drained = lines.findLast(({ message }) => message.includes("markets scored"))
        assert.isBelow(endedMs - Date.parse(drained!.at), exitMs)
        const plan = lines.filter(({ message }) => message.includes("copies in flight are decided"))
        assert.deepStrictEqual(
          plan.map(({ message }) => message.endsWith("all within 1s")),
          [true],
          "the plan of the stop is said once",
        )
        const letGo = lines.filter(({ message }) => message.includes("are let go at the exit"))
        assert.sameMembers(
          letGo.map(({ lane }) => lane),
          ["fast", "evaluation"],
        )
      }).pipe(Effect.scoped),
    120_000,
  )
})
