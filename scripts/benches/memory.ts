/**
 * Benchmark `memory`: resident memory of the deployed bundle 60 s after its start, both lanes and the
 * embedded venue in it, no request made. Read from the kernel's own account of the process; the median
 * of {@link runs} starts, each on a new data directory.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { environment, root } from "../Commands.ts"
import type { Bench } from "./Bench.ts"

/** An odd number, so that the median is one of them. */
const runs = 3
const settleMs = 60_000
const drainMs = 20_000

const residentMegabytes = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`)
  return Number(kilobytes) / 1024
}

/** One start on a new data directory, and its memory when the time is over. */
const measureOnce = async (launcher: string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "trader-evaluator-memory-"))
  const child = spawn(launcher, ["run"], {
    cwd: folder,
    env: environment({ EVALUATOR_DATA_DIR: join(folder, "data"), EVALUATOR_HTTP_PORT: "0" }),
    stdio: ["ignore", "ignore", "inherit"],
  })
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message))
    child.once("exit", (code, signal) => resolve(`exited ${code ?? signal}`))
  })
  try {
    const early = await Promise.race([ended, wait(settleMs)])
    if (early !== undefined) throw new Error(`the service did not stay up: it ${early}`)
    return residentMegabytes(child.pid ?? 0)
  } finally {
    child.kill("SIGTERM")
    if ((await Promise.race([ended, wait(drainMs)])) === undefined) child.kill("SIGKILL")
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  name: "memory",
  about: `VmRSS of dist/trader-evaluator run, ${settleMs / 1000} s after its start`,
  run: async (say) => {
    const launcher = join(root, "dist/trader-evaluator")
    if (!existsSync(launcher)) throw new Error("there is no dist/: run npm run bundle")
    const measured: Array<number> = []
    for (let n = 1; n <= runs; n++) {
      const resident = await measureOnce(launcher)
      say(`run ${n} of ${runs}: ${resident.toFixed(1)} MB`)
      measured.push(resident)
    }
    const ours = measured.toSorted((a, b) => a - b)[(runs - 1) / 2]!
    return [{ name: "memory", better: "lower", ours, unit: "MB", runs }]
  },
}
