/**
 * The embedded venue over a kill of the whole process: its past is the same byte for byte, and what
 * happened while nobody ran is there.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../../app/src/main.ts", import.meta.url))

interface Running {
  readonly process: ChildProcess
  readonly venue: string
}

/** Starts the service and waits until its venue says where it listens. */
const started = (dataDir: string) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Running> => {
      const child = spawn(process.execPath, [program, "run"], {
        env: { ...process.env, EVALUATOR_DATA_DIR: dataDir, EVALUATOR_HTTP_PORT: "0" },
        stdio: ["ignore", "pipe", "ignore"],
      })
      for await (const line of createInterface({ input: child.stdout })) {
        const port = /the embedded venue listens on port (\d+)/.exec(line)?.[1]
        if (port === undefined) continue
        child.stdout.resume()
        return { process: child, venue: `http://127.0.0.1:${port}` }
      }
      throw new Error("the service ended before its venue listened")
    }),
    ({ process: child }) => killed(child),
  )

const killed = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    await exited
  })

const told = (venue: string, path: string) =>
  Effect.promise(() => fetch(venue + path).then((response) => response.text()))

const rowsOf = (body: string) =>
  (JSON.parse(body) as { data: ReadonlyArray<{ proxy_wallet: string; timestamp: number }> }).data

describe("kill -9 of the whole process", () => {
  it.live("leaves the venue's past as it was, and shows what happened meanwhile", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-venue-kill-"))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
      )
      const dataDir = join(folder, "data")
      const first = yield* started(dataDir)
      const tape = rowsOf(yield* told(first.venue, "/data/v2/trades?limit=200&taker_only=false"))
      const until = tape[0]!.timestamp - 60
      const wallets = [...new Set(tape.map((row) => row.proxy_wallet))].slice(0, 12)
      const paths = wallets.flatMap((wallet) => [
        `/data/v2/activity?user=${wallet}&start=1&end=${until}&limit=500`,
        `/data/v2/trades?user=${wallet}&start=1&end=${until}&limit=500&taker_only=false`,
      ])
      const before = yield* Effect.forEach(paths, (path) => told(first.venue, path))
      assert.isAbove(before.join().length, 20_000)
      yield* killed(first.process)
      assert.strictEqual(first.process.signalCode, "SIGKILL")
      const killedAt = Math.ceil(Date.now() / 1000)

      const second = yield* started(dataDir)
      const startedAt = Math.floor(Date.now() / 1000)
      const after = yield* Effect.forEach(paths, (path) => told(second.venue, path))
      for (const [index, path] of paths.entries()) {
        assert.isTrue(after[index] === before[index], path)
      }
      const meanwhile = told(second.venue, "/data/v2/trades?limit=500&taker_only=false").pipe(
        Effect.map(rowsOf),
        Effect.map((rows) =>
          rows.some((row) => row.timestamp >= killedAt && row.timestamp < startedAt),
        ),
      )
      // Rows appear some time after they happened.
      yield* meanwhile.pipe(
        Effect.flatMap((seen) => (seen ? Effect.void : Effect.fail("nothing happened meanwhile"))),
        Effect.retry(Schedule.spaced("250 millis").pipe(Schedule.upTo({ times: 80 }))),
      )
    }),
  )
})
