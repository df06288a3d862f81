import { assert, describe, it } from "@effect/vitest"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { Persona } from "@evaluator/domain/wallet/Persona"
import { confidenceOf } from "@evaluator/domain/wallet/PersonaConfidence"
import { monthlyFeatures } from "@evaluator/testkit/MonthlyFeatures"

const of = (changes: Partial<Features>) => ({
  ...monthlyFeatures,
  observedDays: 150,
  closedLots: 60,
  ...changes,
})

describe("how sure a persona is", () => {
  for (const persona of Persona.literals) {
    it(`rises with lots and never falls for steadier or broader profits: ${persona}`, () => {
      const rising = (changes: ReadonlyArray<Partial<Features>>) => {
        const said = changes.map((one) => confidenceOf(persona, of(one)))
        for (const [i, one] of said.slice(1).entries()) assert.isAtLeast(one, said[i]!)
        return said.at(-1)! - said[0]!
      }
      assert.isAbove(rising([5, 20, 60, 200].map((closedLots) => ({ closedLots }))), 0.1)
      const few = persona === "INFORMED_SPECIALIST"
      const steady = rising([0.5, 2, 4, 7].map((sharpe) => ({ sharpe })))
      const broad = rising([0.9, 0.5, 0.1].map((share) => ({ topMarketProfitShare: share })))
      for (const one of [steady, broad]) assert.strictEqual(one > 0.05, !few)
    })

    it(`is a probability that is never certain, whatever the numbers: ${persona}`, () => {
      for (const sharpe of [-1e6, 0, 1e6]) {
        for (const closedLots of [0, 1, 1e7]) {
          const sure = confidenceOf(persona, of({ sharpe, closedLots }))
          assert.isAtLeast(sure, 0.02)
          assert.isAtMost(sure, 0.98)
        }
      }
    })

    it(`does not take a win rate for knowledge: ${persona}`, () => {
      assert.strictEqual(
        confidenceOf(persona, of({ winRate: 0.99 })),
        confidenceOf(persona, of({ winRate: 0.52 })),
      )
    })
  }
})
