/**
 * Benchmark `tracing`: rows a second of the walk of benchmark `ingest`, one page a turn and each turn a
 * trace, exported at ten per cent to a collector that takes everything, against the same with tracing off.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ServiceTracer } from "@evaluator/telemetry/ServiceTracer"
import type { Bench } from "./Bench.ts"
import { recordedWalks } from "./ingest.ts"
import { median } from "./Samples.ts"

/** An odd number, so that the median is one of them. */
const runs = 5
const pagesATurn = 1

/** Answers every export; says how many came and how many bytes they were. */
const collector = async () => {
  const taken = { posts: 0, bytes: 0 }
  const server = createServer((request, response) => {
    taken.posts += 1
    request.on("data", (chunk: Buffer) => {
      taken.bytes += chunk.length
    })
    request.on("end", () => response.writeHead(200).end("{}"))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return { taken, url: `http://127.0.0.1:${port}/v1/traces`, close: () => server.close() }
}

const rowsIn = (file: string): number => {
  using database = new DatabaseSync(file, { readOnly: true })
  const row = database
    .prepare("SELECT (SELECT count(*) FROM trades) + (SELECT count(*) FROM activity) AS n")
    .get()
  return Number(row?.["n"])
}

export const bench: Bench = {
  name: "tracing",
  about: "ingestion with one trace in ten exported, against tracing off",
  run: async (say) => {
    // Read by the OpenTelemetry library when its tracers are made.
    process.env["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio"
    process.env["OTEL_TRACES_SAMPLER_ARG"] = "0.1"
    const { close, taken, url } = await collector()
    const { folder, remove, walkInto } = recordedWalks()
    try {
      const warm = join(folder, "warm.db")
      await walkInto(warm, ServiceTracer.layer, pagesATurn)
      await walkInto(join(folder, "warm-too.db"), ServiceTracer.layerOtlp({ url }), pagesATurn)
      const rows = rowsIn(warm)
      const ours: Array<number> = []
      const off: Array<number> = []
      for (let run = 1; run <= runs; run++) {
        const plain = join(folder, `off-${run}.db`)
        off.push(rows / (await walkInto(plain, ServiceTracer.layer, pagesATurn)))
        const traced = join(folder, `on-${run}.db`)
        ours.push(rows / (await walkInto(traced, ServiceTracer.layerOtlp({ url }), pagesATurn)))
        say(
          `run ${run} of ${runs}: ${Math.round(ours.at(-1)!)} rows/s, off ${Math.round(off.at(-1)!)}; ` +
            `${taken.posts} exports of ${taken.bytes} bytes so far`,
        )
      }
      if (taken.bytes === 0) throw new Error("the collector was sent nothing")
      return [
        {
          name: "tracing",
          ratio: median(ours.map((one, run) => one / off[run]!)),
          better: "higher",
          ours: median(ours),
          baseline: median(off),
          unit: "rows/s",
          runs,
        },
      ]
    } finally {
      close()
      remove()
    }
  },
}
