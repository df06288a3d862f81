/**
 * Proof `fuzz`: bodies of every route and frames of both sockets, damaged at every level, through the
 * whole client (packages/polymarket/test/fuzz): none crashes it, every row served is decoded or
 * quarantined, nothing decoded is unsound.
 */
import { fuzz } from "../../packages/polymarket/test/fuzz/Fuzzing.ts"
import type { Proof } from "./Proof.ts"

const bodies = 100_000
const bodiesACase = 10_000
const firstSeed = 1001

export const proof: Proof = {
  name: "fuzz",
  about: `${bodies} damaged bodies and as many frames: no crash, decoded + quarantined = served.`,
  run: async ({ count, once }) => {
    const wanted = count ?? bodies
    for (let at = 0, seed = firstSeed; at < wanted; at += bodiesACase, seed++) {
      const size = Math.min(bodiesACase, wanted - at)
      await once(`seed ${seed}, ${size} bodies`, async () => {
        const { faults, ...counted } = await fuzz(seed, size)
        return {
          held: faults.length === 0 && counted.bodies === size,
          faults,
          row: { seed, ...counted },
        }
      })
    }
  },
}
