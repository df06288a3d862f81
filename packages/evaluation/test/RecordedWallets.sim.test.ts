import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { recordedBounds, saysOf } from "./support/ExplainedRedemptions.ts"
import { isRecorded, type JudgedRecording, judgeRecorded } from "./support/RecordedWallets.ts"

/** What a wallet is excluded for that has nothing to do with how long it is known. */
const behavioural = (judged: JudgedRecording) =>
  judged.gates.filter((gate) => !["STAGE1_TOO_YOUNG", "STAGE1_TOO_FEW_TRADES"].includes(gate.code))

const exact = { 3: 367, 5: 274, 8: 42, 9: 356 }

describe("recorded wallets", () => {
  for (const [number, least, markets] of recordedBounds) {
    it.effect(`number ${number}: lots explain its redemptions, its behaviour excludes it`, () => {
      if (!isRecorded(number)) {
        return Effect.logInfo(`nothing checked: there is no recording of wallet ${number}`)
      }
      return Effect.gen(function* () {
        const judged = yield* judgeRecorded(number)
        const { exceptions, explained } = judged.redemptions
        const listed = exceptions.map(saysOf).join("\n")
        assert.strictEqual(judged.redemptions.markets, markets)
        assert.isAtLeast(explained, least, listed)
        assert.strictEqual(explained, exact[number], listed)
        assert.strictEqual(exceptions.length, markets - explained)

        assert.strictEqual(judged.verdict, "excluded")
        assert.include(
          judged.gates.map((gate) => gate.code),
          "STAGE1_TOO_YOUNG",
        )
        const reasons = behavioural(judged)
        assert.isNotEmpty(reasons)
        for (const gate of reasons) {
          assert.isTrue(Number.isFinite(gate.metric) && Number.isFinite(gate.threshold), gate.code)
          assert.isNotEmpty(gate.evidence)
        }

        const { verdict, reasonsAgainst, events } = judged.said
        assert.strictEqual(verdict, "AVOID")
        assert.isAtLeast(events, 10)
        for (const { text } of reasonsAgainst) assert.isNotEmpty(text)
        const against = reasonsAgainst.map(({ code }) => code)
        assert.include(against, "pays")
        assert.include(against, "cost")
        for (const gate of judged.gates) assert.include(against, `excluded:${gate.code}`)

        // Profit and loss by lots is what the features say; every dollar paid is in a lot; and what
        // the redemptions brought by their rows is what the lots brought, but for lots of markets
        // whose outcome nobody knows, within four percent of the money that went through:
        // the recording begins in the middle of the day's trading.
        const { money } = judged
        assert.strictEqual(money.profit, judged.realizedMicro)
        assert.strictEqual(money.paid, money.closedCost + money.openCost)
        const received = money.sold + money.redeemed
        const lots = Object.values(money.brought).reduce((sum, brought) => sum + brought, 0)
        assert.isAtMost(Math.abs(received - lots - money.openCost), 0.04 * money.paid)

        assert.isAbove(judged.facts.conditions, 0)
        assert.strictEqual(
          judged.facts.described +
            judged.facts.missing.reduce((sum, { conditions }) => sum + conditions, 0),
          judged.facts.conditions,
        )
        assert.isTrue(judged.facts.missing.every(({ reason }) => reason !== ""))
      })
    })
  }
})
