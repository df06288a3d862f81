/**
 * One world: judged by the service's own method, by the oracle and by the usual formulas, and held
 * against the truth and the next thirty days.
 */
import { judge } from "@evaluator/judgement/Judge"
import type { Judged, Judgement } from "@evaluator/judgement/Judgement"
import { standard } from "@evaluator/judgement/Settings"
import { calibrationWorld } from "@evaluator/venue/seeded/CalibrationWorld"
import type { Behaviour } from "@evaluator/venue/seeded/Behaviour"
import * as SeededWorld from "@evaluator/venue/seeded/SeededWorld"
import { type FormulaName, formulaNames, formulasOf, thresholds } from "./Formulas.ts"
import { oracleLocalFdr } from "./Oracle.ts"
import { dayMs, evidenceOf, mean, rowsOf, type WorldWallet } from "./WorldRows.ts"

export interface WorldOptions {
  readonly seed: number
  readonly wallets: number
  readonly days: number
  readonly skilled: number
  readonly edge: readonly [number, number]
  readonly correlation: number
  readonly bias: number
  readonly behaviours: ReadonlyArray<Behaviour>
}

/** A list of wallets held against the truth. */
export interface Listed {
  readonly size: number
  /** Copying it does not pay. */
  readonly wrong: number
  /** Skilled by the world's own word. */
  readonly skilled: number
}

export interface Ranked {
  readonly localFdr: number
  readonly pays: boolean
  readonly skilled: boolean
}

export interface Held {
  readonly held: number
  readonly of: number
}

export interface WorldResult {
  readonly seed: number
  readonly skilled: number
  /** Wallets that are worth copying, and those among them whose behaviour is called adverse. */
  readonly paying: number
  readonly payingAdverse: number
  readonly ours: Listed
  readonly oracle: Listed
  /** The best of each ranking, for thresholds other than the nominal one. */
  readonly ranked: Readonly<Record<"ours" | "oracle", ReadonlyArray<Ranked>>>
  /** Of the best ten, how many are worth copying. */
  readonly top10: Readonly<Record<"ours" | "oracle" | FormulaName, number>>
  readonly formula: Readonly<Record<FormulaName, Listed>>
  /** Adverse wallets that do not pay and are not followed. */
  readonly adverseOut: Held
  /** The same of all that are called adverse, worth copying or not. */
  readonly adverseOutByName: Held
  /** Per dollar in the next thirty days; `null` without a FOLLOW or without a copy. */
  readonly next: {
    readonly followed: number | null
    readonly expected: number | null
    readonly random: number
  }
  readonly intervals: { readonly all: Held; readonly followed: Held }
  /** Wallets that were FOLLOW at any of the looks. */
  readonly everFollowed: Listed
  readonly looks: number
  readonly shuffledFollowed: ReadonlyArray<number>
  readonly behaviours: Readonly<
    Record<string, { readonly wallets: number; readonly pay: number; readonly followed: number }>
  >
  readonly seconds: number
}

/** Days before the epoch at which it is judged too. */
const looksBefore = [21, 14, 7]
const fewestCopies = 5
const rankedKept = 40
/** Reasons that are a matter of rank; any other keeps a wallet from FOLLOW at any threshold. */
const ofRank = new Set(["pays", "cost"])

export const runWorld = (options: WorldOptions, seconds: () => number): WorldResult => {
  const world = SeededWorld.make(calibrationWorld(options))
  const { epochMs } = world.parameters
  const everybody = rowsOf(world)
  const evidence = everybody.map(evidenceOf)
  // Behaviours brought by others are judged with the rest and stand in the last table alone.
  const brought = new Set(options.behaviours.map(({ name }) => name))
  const wallets = everybody.filter(({ truth }) => !brought.has(truth.behaviour))
  const byName = new Map(wallets.map((one) => [one.truth.wallet, one]))
  const listed = (names: ReadonlyArray<string>): Listed => ({
    size: names.length,
    wrong: names.filter((name) => !byName.get(name)!.pays).length,
    skilled: names.filter((name) => byName.get(name)!.truth.standing === "skilled").length,
  })
  const top10 = (score: (name: string) => number): number =>
    [...byName.keys()]
      .toSorted((a, b) => score(b) - score(a))
      .slice(0, 10)
      .filter((name) => byName.get(name)!.pays).length

  const rankedBy = (localFdr: ReadonlyMap<string, number>): ReadonlyArray<Ranked> =>
    [...localFdr]
      .filter(([name]) => byName.has(name))
      .toSorted((a, b) => a[1] - b[1])
      .slice(0, rankedKept)
      .map(([name, own]): Ranked => {
        const { pays, truth } = byName.get(name)!
        return { localFdr: own, pays, skilled: truth.standing === "skilled" }
      })

  const judgement = judge(evidence, epochMs, standard)
  const judged = new Map(judgement.wallets.map((one) => [one.wallet, one]))
  const list = new Set(followedOf(judgement))
  const ours = (names: Iterable<string>) => [...names].filter((name) => byName.has(name))
  const ever = new Set(list)
  for (const days of looksBefore) {
    const quick = { ...standard, shuffledRounds: 0, randomRounds: 0 }
    for (const name of followedOf(judge(evidence, epochMs - days * dayMs, quick))) ever.add(name)
  }

  const gifted = wallets.filter(({ truth }) => truth.standing === "skilled").length
  const knows = { ...options, skilled: Math.max(1, gifted) / everybody.length }
  const oracle = new Map(
    wallets.map((one) => [one.truth.wallet, oracleLocalFdr(one.unspread, epochMs, knows)]),
  )
  const formulas = new Map(
    wallets.map((one) => [one.truth.wallet, formulasOf(world, one.trades)] as const),
  )
  const formulaScore = (key: FormulaName) => (name: string) => formulas.get(name)![key]
  const adverse = wallets.filter(({ truth }) => truth.standing === "adverse")
  const outOf = (group: ReadonlyArray<WorldWallet>): Held => ({
    held: group.filter(({ truth }) => !list.has(truth.wallet)).length,
    of: group.length,
  })
  const own = wallets.filter(({ truth }) => list.has(truth.wallet))
  return {
    seed: options.seed,
    skilled: gifted,
    paying: wallets.filter(({ pays }) => pays).length,
    payingAdverse: adverse.filter(({ pays }) => pays).length,
    ours: listed(ours(list)),
    oracle: listed(largestList(oracle)),
    ranked: {
      ours: rankedBy(
        new Map(
          judgement.wallets
            .filter(({ reasonsAgainst }) => reasonsAgainst.every(({ code }) => ofRank.has(code)))
            .map(({ wallet, localFdr }) => [wallet, localFdr]),
        ),
      ),
      oracle: rankedBy(oracle),
    },
    top10: {
      ours: top10((name) => -judged.get(name)!.localFdr),
      oracle: top10((name) => -oracle.get(name)!),
      ...fromFormulas((key) => top10(formulaScore(key))),
    },
    formula: fromFormulas((key) =>
      listed([...byName.keys()].filter((name) => formulaScore(key)(name) >= thresholds[key])),
    ),
    adverseOut: outOf(adverse.filter(({ pays }) => !pays)),
    adverseOutByName: outOf(adverse),
    next: nextOf(wallets, own, epochMs),
    intervals: {
      all: heldOf(wallets, judged, epochMs),
      followed: heldOf(own, judged, epochMs),
    },
    everFollowed: listed(ours(ever)),
    looks: looksBefore.length + 1,
    shuffledFollowed: judgement.population.controls.shuffled.followed,
    behaviours: Object.fromEntries(
      [...Map.groupBy(everybody, ({ truth }) => truth.behaviour)].map(([name, group]) => [
        name,
        {
          wallets: group.length,
          pay: group.filter(({ pays }) => pays).length,
          followed: group.filter(({ truth }) => list.has(truth.wallet)).length,
        },
      ]),
    ),
    seconds: Math.round(seconds()),
  }
}

const fromFormulas = <A>(make: (name: FormulaName) => A): Readonly<Record<FormulaName, A>> =>
  Object.fromEntries(formulaNames.map((name) => [name, make(name)])) as Record<FormulaName, A>

const followedOf = ({ wallets }: Judgement): ReadonlyArray<string> =>
  wallets.filter(({ verdict }) => verdict === "FOLLOW").map(({ wallet }) => wallet)

/** The largest list whose mean local false discovery rate is within the same limit as ours. */
const largestList = (localFdr: ReadonlyMap<string, number>): ReadonlyArray<string> => {
  const list: Array<string> = []
  let sum = 0
  for (const [name, own] of [...localFdr].toSorted((a, b) => a[1] - b[1])) {
    sum += own
    if (sum > standard.falseDiscovery * (list.length + 1)) break
    list.push(name)
  }
  return list
}

const nextOf = (
  wallets: ReadonlyArray<WorldWallet>,
  followed: ReadonlyArray<WorldWallet>,
  epochMs: number,
): WorldResult["next"] => {
  const later = (group: ReadonlyArray<WorldWallet>) =>
    group.flatMap(({ copies }) => copies.filter(({ atMs }) => atMs >= epochMs))
  const own = later(followed)
  const rates = wallets.flatMap((one) => {
    const copies = later([one])
    return copies.length === 0 ? [] : [mean(copies.map(({ realised }) => realised))]
  })
  return {
    followed: own.length === 0 ? null : mean(own.map(({ realised }) => realised)),
    expected: own.length === 0 ? null : mean(own.map(({ expected }) => expected)),
    random: mean(rates),
  }
}

/** Whether the stated interval holds what the next thirty days' copies are to be expected to earn. */
const heldOf = (
  wallets: ReadonlyArray<WorldWallet>,
  judged: ReadonlyMap<string, Judged>,
  epochMs: number,
): Held => {
  let [held, of] = [0, 0]
  for (const { truth, copies } of wallets) {
    const later = copies.filter(({ atMs }) => atMs >= epochMs)
    if (later.length < fewestCopies) continue
    const expected = mean(later.map((copy) => copy.expected))
    const { low, high } = judged.get(truth.wallet)!.copyProfit
    of++
    if (expected >= low && expected <= high) held++
  }
  return { held, of }
}
