/**
 * `npm run bundle`: the service as a folder that needs Node 24 and nothing else.
 *
 *   dist/main.mjs   the process (packages/app/src/main.ts): fast lane and commands
 *   dist/lane.mjs   the background lane's thread (packages/app/src/LaneThread.ts)
 *   dist/venue.mjs  the embedded venue's thread (packages/venue/src/VenueThread.ts)
 *   dist/chunk-*    what they share
 *   dist/config/    a copy of config/
 *   dist/trader-evaluator  starts main.mjs with the memory flags of a small box
 *
 * In the bundle `globalThis.__BUNDLED__` is the constant `true`, in a checkout it is undefined: by it
 * code finds its neighbours (`./lane.mjs` or `./LaneThread.ts`, `./config` or the checkout's). That
 * a thread lives in a file of its own is why this is a folder and not one file; that such paths hold
 * wherever the code ends up is why the shared chunks lie beside the entries, not below them.
 *
 * Migrations are imported by the app statically and so are inside. No native module, no network.
 */
import "./NodeVersion.mjs"
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { root } from "./Commands.ts"

/**
 * For 1 GiB of memory; SQLite's page cache comes on top of the heap of each of the three threads.
 * `--liftoff-only`: WebAssembly, here the parser of HTTP answers in `fetch`, keeps its first compilation;
 * optimizing that one function takes 22 MB for a moment, which stay with the process.
 * `--bytecode-old-age`, `--flush-baseline-code`: code that ran only at the start leaves the heap after
 * two collections instead of six, 7 to 9 MB in each lane.
 */
const nodeFlags = [
  "--max-old-space-size=256",
  "--max-semi-space-size=1",
  "--liftoff-only",
  "--bytecode-old-age=2",
  "--flush-baseline-code",
] as const

const entryPoints = {
  main: "packages/app/src/main.ts",
  lane: "packages/app/src/LaneThread.ts",
  venue: "packages/venue/src/VenueThread.ts",
}

const dist = join(root, "dist")

const launcher = `#!/bin/sh
# Starts the service. Any Node from 24 on; TRADER_EVALUATOR_NODE names another than the one on PATH.
here=$(dirname "$(readlink -f "$0")")
# One malloc heap for all threads: with one each, what a thread freed no other can use; some 40 MB.
# The buffers of answers stay outside it and go back to the system, else they leave it full of holes.
export MALLOC_ARENA_MAX="\${MALLOC_ARENA_MAX:-1}" MALLOC_MMAP_THRESHOLD_="\${MALLOC_MMAP_THRESHOLD_:-65536}"
exec "\${TRADER_EVALUATOR_NODE:-node}" ${nodeFlags.join(" ")} "$here/main.mjs" "$@"
`

const missing = Object.values(entryPoints).filter((path) => !existsSync(join(root, path)))
if (missing.length > 0) {
  console.error(`bundle: there is no ${missing.join(", no ")}`)
  process.exit(1)
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunk-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  // Names of classes and functions are what a stack trace from a bundle still says.
  keepNames: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  define: { "globalThis.__BUNDLED__": "true" },
  // Packages written in CommonJS ask for Node's own modules through require.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
})

cpSync(join(root, "config"), join(dist, "config"), { recursive: true })
writeFileSync(join(dist, "trader-evaluator"), launcher)
chmodSync(join(dist, "trader-evaluator"), 0o755)

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} kB`.padStart(9)
const outputs = Object.keys(metafile.outputs).toSorted()
let total = 0
for (const path of outputs) {
  const { size } = statSync(join(root, path))
  total += size
  if (size > 50_000) console.log(`${kilobytes(size)}  ${path}`)
}
console.log(`${kilobytes(total)}  ${outputs.length} files in dist/`)
