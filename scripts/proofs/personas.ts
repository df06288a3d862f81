/**
 * Proof `personas`: how often a persona that is given with a confidence is right, in the embedded
 * venue's worlds, whose traders are known. Right means that the wallet knows something: its
 * purchases truly win more often than a fair price promises. The confidence was fitted on worlds 201
 * to 240 and 301 to 340; these are others.
 */
import { type ClassifiedWallet, classifiedWallets } from "@evaluator/testkit/ClassifiedWorld"
import * as SeededWorld from "@evaluator/venue/seeded/SeededWorld"
import type { CaseResult, Proof } from "./Proof.ts"

const firstSeed = 401
const worlds = 40
const personas = ["INFORMED_SPECIALIST", "CONSISTENT_GENERALIST", "PATIENT_ACCUMULATOR"] as const

interface Span {
  readonly from: number
  readonly to: number
  /** How far what was said may be from what was right, beside two standard errors. */
  readonly within: number
}
const whole: Span = { from: 0, to: 1, within: 0.05 }
const fifths = [0, 1, 2, 3, 4].map((n): Span => ({ from: n / 5, to: (n + 1) / 5, within: 0.1 }))
/** A span of fewer wallets says nothing. */
const fewest = 10

interface Given {
  readonly said: number
  readonly right: boolean
  readonly winRate: number
}

const givenOf = (persona: string, wallets: ReadonlyArray<ClassifiedWallet>): ReadonlyArray<Given> =>
  wallets.flatMap(({ classification, recent, truth }) =>
    classification.persona === persona && classification.confidence !== null
      ? [
          {
            said: classification.confidence,
            right: truth.standing === "skilled",
            winRate: recent.winRate ?? 0,
          },
        ]
      : [],
  )

const resultOf = (persona: string, given: ReadonlyArray<Given>, span: Span): CaseResult => {
  const own = given.filter(({ said }) => said >= span.from && said < span.to)
  const mean = (of: (one: Given) => number) =>
    own.reduce((sum, one) => sum + of(one), 0) / Math.max(1, own.length)
  const said = mean((one) => one.said)
  const right = mean((one) => (one.right ? 1 : 0))
  const error = Math.sqrt((said * (1 - said)) / Math.max(1, own.length))
  const held = own.length < fewest || Math.abs(said - right) <= Math.max(span.within, 2 * error)
  const squares = (of: (one: Given) => number) =>
    mean((one) => (of(one) - (one.right ? 1 : 0)) ** 2).toFixed(3)
  return {
    held,
    faults: held ? [] : [`${persona} says ${said.toFixed(3)}, and ${right.toFixed(3)} are right`],
    row: {
      persona,
      confidence: `${span.from.toFixed(1)}–${span.to.toFixed(1)}`,
      wallets: own.length,
      said: own.length === 0 ? "–" : said.toFixed(3),
      right: own.length === 0 ? "–" : `${right.toFixed(3)} ± ${error.toFixed(3)}`,
      "mean square off": own.length === 0 ? "–" : squares((one) => one.said),
      "the same of the win rate": own.length === 0 ? "–" : squares((one) => one.winRate),
    },
  }
}

export const proof: Proof = {
  name: "personas",
  about: `Of ${worlds} worlds of the embedded venue (seeds from ${firstSeed}): wallets that were given a persona and not excluded, by the confidence it was given with; how many of them truly know something, with the standard error if the confidence were exact. Each span has to agree to 0.1 or two standard errors, each persona as a whole to 0.05 or two; fewer than ${fewest} wallets say nothing.`,
  run: async ({ count, once }) => {
    let classified: ReadonlyArray<ClassifiedWallet> | undefined
    const wallets = () =>
      (classified ??= Array.from({ length: count ?? worlds }, (_, i) =>
        classifiedWallets(SeededWorld.make({ seed: firstSeed + i })),
      ).flat())
    for (const persona of personas) {
      for (const span of [whole, ...fifths]) {
        await once(`${persona} ${span.from} to ${span.to}`, async () =>
          resultOf(persona, givenOf(persona, wallets()), span),
        )
      }
    }
  },
}
