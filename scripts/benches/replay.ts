/**
 * Benchmark `replay`: the whole recording, every wallet followed.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { root } from "../Commands.ts"
import type { Bench } from "./Bench.ts"
import { daysASecond } from "./VirtualDays.ts"

const recording = join(root, "../shared/data/recorded")

export const bench: Bench = {
  name: "replay",
  about: "virtual days a second of a replay of the whole recording, every wallet followed",
  run: async () => {
    if (!existsSync(recording)) throw new Error(`there is no recording at ${recording}`)
    const words = ["replay", recording, "--follow", "all", "--books", "assume:0.02"]
    return [await daysASecond("replay", words)]
  },
}
