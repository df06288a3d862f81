/**
 * Proof `lots`: the four `crypto_day` wallets of the recording beside the checkout, ingested through
 * the client and judged. Lots without their redemptions against what they redeemed: the size must be
 * the net holding of one outcome token to half a percent. Each exception is listed.
 */
import { Effect } from "effect"
import {
  recordedBounds,
  saysOf,
} from "../../packages/evaluation/test/support/ExplainedRedemptions.ts"
import {
  isRecorded,
  judgeRecorded,
} from "../../packages/evaluation/test/support/RecordedWallets.ts"
import type { Proof } from "./Proof.ts"

export const proof: Proof = {
  name: "lots",
  about:
    "Recorded wallets: redeemed size against the net holding of one outcome token, to 0.5 %; facts of what they traded; the gates they fail. Exceptions follow by wallet.",
  run: async ({ count, once }) => {
    for (const [number, least, markets] of recordedBounds.slice(0, count)) {
      await once(`wallet ${number}`, async () => {
        if (!isRecorded(number)) {
          return { held: false, row: { wallet: number }, faults: ["there is no recording of it"] }
        }
        const judged = await Effect.runPromise(judgeRecorded(number))
        const { explained, exceptions, markets: redeemed } = judged.redemptions
        const { conditions, described, missing } = judged.facts
        const faults = [
          ...(redeemed === markets ? [] : [`${redeemed} markets were redeemed, not ${markets}`]),
          ...(explained >= least ? [] : [`${explained} are explained, at least ${least} must be`]),
        ]
        return {
          held: faults.length === 0,
          faults,
          row: {
            wallet: number,
            fills: judged.fills,
            redeemed,
            explained,
            "at least": least,
            "facts of": `${described} of ${conditions} markets${missing
              .map((one) => `, ${one.conditions} ${one.reason}`)
              .join("")}`,
            gates: judged.gates.map((gate) => gate.code).join(", "),
          },
          notes: exceptions.map((one) => `wallet ${number}, ${saysOf(one)}`),
        }
      })
    }
  },
}
