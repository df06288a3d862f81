/**
 * Runs other programs for the scripts: with this project's own Node and binaries first on the path,
 * from the root of the checkout, within a time limit.
 */
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Killed after this time; ten minutes when absent. */
  readonly withinMs?: number
  /** Keep stdout and give it back instead of showing it. */
  readonly capture?: boolean
}

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
}

/** The bare `node` and every tool mean the ones npm installed here. */
export const environment = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  ...extra,
})

export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: RunOptions = {},
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: environment(options.env),
      stdio: ["ignore", options.capture === true ? "pipe" : "inherit", "inherit"],
      timeout: options.withinMs ?? 600_000,
      killSignal: "SIGKILL",
    })
    const chunks: Array<Buffer> = []
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.once("error", reject)
    child.once("close", (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(chunks).toString() }),
    )
  })

/** What went wrong with a program, as half a sentence; `undefined` when nothing did. */
export const complaint = ({ code, signal }: Ran): string | undefined =>
  signal !== null ? `was ended by ${signal}` : code === 0 ? undefined : `exited ${code}`
