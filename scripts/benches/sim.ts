/**
 * Benchmark `sim`: a month of the default world with many faults.
 */
import type { Bench } from "./Bench.ts"
import { daysASecond } from "./VirtualDays.ts"

export const bench: Bench = {
  name: "sim",
  about: "virtual days a second of 30 simulated days with many faults",
  run: async () => [
    await daysASecond("sim", ["sim", "--seed", "7", "--days", "30", "--faults", "many"]),
  ],
}
