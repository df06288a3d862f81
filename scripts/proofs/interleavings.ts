/**
 * Proof `interleavings`: a backlog under a scheduler that shuffles, ten thousand orders of offer, take,
 * complete, fail, pause and crash (packages/runtime/test/interleavings): no wake-up is lost, no row is in
 * two hands, counters conserve. That the exploration finds a planted bug is a test beside it.
 */
import { explore } from "../../packages/runtime/test/interleavings/Interleavings.ts"
import type { Proof } from "./Proof.ts"

const orders = 10_000
const ordersACase = 1000

export const proof: Proof = {
  name: "interleavings",
  about: `${orders} shuffled orders of a backlog's steps: no lost wake-up, one hand a row, counters conserve.`,
  run: async ({ count, once }) => {
    const wanted = count ?? orders
    for (let first = 0; first < wanted; first += ordersACase) {
      const size = Math.min(ordersACase, wanted - first)
      await once(`seeds ${first} to ${first + size - 1}`, async () => {
        const faults: Array<string> = []
        const seen = new Set<string>()
        let steps = 0
        let kills = 0
        for (let seed = first; seed < first + size; seed++) {
          const explored = await explore(seed)
          faults.push(...explored.faults.map((fault) => `seed ${seed}: ${fault}`))
          seen.add(explored.steps.join(","))
          steps += explored.steps.length
          kills += explored.steps.filter((step) => step === "kill").length
        }
        return {
          held: faults.length === 0,
          faults,
          row: { "first seed": first, orders: size, "of them different": seen.size, steps, kills },
        }
      })
    }
  },
}
