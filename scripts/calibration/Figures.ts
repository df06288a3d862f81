/**
 * The figures over many worlds, with standard errors over the worlds, as a document and as a table.
 */
import { type FormulaName, formulaNames } from "./Formulas.ts"
import type { Held, Listed, Ranked, WorldResult } from "./WorldRun.ts"
import { mean } from "./WorldRows.ts"

export interface Figure {
  readonly value: number | null
  readonly error: number | null
}

const none: Figure = { value: null, error: null }

const errorOf = (values: ReadonlyArray<number>): number | null => {
  if (values.length < 2) return null
  const middle = mean(values)
  const variance = values.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (values.length - 1)
  return Math.sqrt(variance / values.length)
}

const average = (values: ReadonlyArray<number>): Figure =>
  values.length === 0 ? none : { value: mean(values), error: errorOf(values) }

/** Sum over sum, with the error of a ratio over worlds. */
const ratio = (pairs: ReadonlyArray<readonly [part: number, whole: number]>): Figure => {
  const whole = pairs.reduce((sum, [, one]) => sum + one, 0)
  if (whole === 0) return none
  const value = pairs.reduce((sum, [one]) => sum + one, 0) / whole
  const off = errorOf(pairs.map(([part, all]) => part - value * all))
  return { value, error: off === null ? null : (off * pairs.length) / whole }
}

/** Skilled above the threshold at which a tenth of all that is above it, over all worlds, is wrong. */
const foundAtBest = (worlds: ReadonlyArray<ReadonlyArray<Ranked>>): ReadonlyArray<number> => {
  const pooled = worlds.flat().toSorted((a, b) => a.localFdr - b.localFdr)
  let [wrong, best] = [0, -1]
  for (const [i, { pays, localFdr }] of pooled.entries()) {
    if (!pays) wrong++
    if (wrong <= 0.1 * (i + 1)) best = localFdr
  }
  return worlds.map((world) => world.filter((one) => one.skilled && one.localFdr <= best).length)
}

const rate = ({ size, wrong }: Listed): number => (size === 0 ? 0 : wrong / size)
const heldPair = ({ held, of }: Held) => [held, of] as const

export interface Figures {
  readonly fdr: Figure
  readonly power_of_oracle: Figure
  /** The same with both at the threshold where a tenth of their lists is truly wrong. */
  readonly power_of_oracle_best: Figure
  readonly top10_of_oracle: Figure
  readonly adverse_out: Figure
  readonly adverse_out_by_name: Figure
  readonly beats_random: Figure
  /** The same over all worlds; one without a FOLLOW counts as not beaten. */
  readonly beats_random_of_all: Figure
  readonly interval_cover: Figure
  readonly interval_cover_follow: Figure
  readonly empty_when_null: Figure
  /** Worlds without skill whose FOLLOW holds nobody that does not pay. */
  readonly none_wrong_when_null: Figure
  readonly found: Figure
  readonly oracle_found: Figure
  readonly oracle_fdr: Figure
  readonly top10: Figure
  readonly next_profit: Figure
  readonly random_profit: Figure
  readonly ever_followed_fdr: Figure
  readonly shuffled_follow: Figure
  readonly without_follow: number
  readonly formula: Readonly<
    Record<
      FormulaName,
      {
        readonly fdr: Figure
        readonly found: Figure
        readonly top10: Figure
        readonly size: Figure
      }
    >
  >
}

export const figuresOf = (
  worlds: ReadonlyArray<WorldResult>,
  nullWorlds: ReadonlyArray<WorldResult>,
): Figures => {
  const all = [...worlds, ...nullWorlds]
  const followed = worlds.filter(({ next }) => next.followed !== null)
  const ours = foundAtBest(worlds.map(({ ranked }) => ranked.ours))
  const theirs = foundAtBest(worlds.map(({ ranked }) => ranked.oracle))
  const found = (of: (world: WorldResult) => number) =>
    average(worlds.map((world) => of(world) / Math.max(1, world.skilled)))
  return {
    fdr: average(worlds.map(({ ours }) => rate(ours))),
    power_of_oracle: ratio(worlds.map(({ ours, oracle }) => [ours.skilled, oracle.skilled])),
    power_of_oracle_best: ratio(ours.map((found, i) => [found, theirs[i]!])),
    top10_of_oracle: ratio(worlds.map(({ top10 }) => [top10.ours, top10.oracle])),
    adverse_out: ratio(all.map(({ adverseOut }) => heldPair(adverseOut))),
    adverse_out_by_name: ratio(all.map(({ adverseOutByName }) => heldPair(adverseOutByName))),
    beats_random: average(followed.map(({ next }) => (next.followed! > next.random ? 1 : 0))),
    beats_random_of_all: average(
      worlds.map(({ next }) => (next.followed !== null && next.followed > next.random ? 1 : 0)),
    ),
    interval_cover: ratio(worlds.map(({ intervals }) => heldPair(intervals.all))),
    interval_cover_follow: ratio(worlds.map(({ intervals }) => heldPair(intervals.followed))),
    empty_when_null: average(nullWorlds.map(({ ours }) => (ours.size === 0 ? 1 : 0))),
    none_wrong_when_null: average(nullWorlds.map(({ ours }) => (ours.wrong === 0 ? 1 : 0))),
    found: found(({ ours }) => ours.skilled),
    oracle_found: found(({ oracle }) => oracle.skilled),
    oracle_fdr: average(worlds.map(({ oracle }) => rate(oracle))),
    top10: average(worlds.map(({ top10 }) => top10.ours / 10)),
    next_profit: average(followed.map(({ next }) => next.followed!)),
    random_profit: average(worlds.map(({ next }) => next.random)),
    ever_followed_fdr: average(worlds.map(({ everFollowed }) => rate(everFollowed))),
    shuffled_follow: average(all.flatMap(({ shuffledFollowed }) => shuffledFollowed)),
    without_follow: worlds.filter(({ ours }) => ours.size === 0).length,
    formula: Object.fromEntries(
      formulaNames.map((name) => [
        name,
        {
          fdr: average(worlds.map(({ formula }) => rate(formula[name]))),
          found: found(({ formula }) => formula[name].skilled),
          top10: average(worlds.map(({ top10 }) => top10[name] / 10)),
          size: average(worlds.map(({ formula }) => formula[name].size)),
        },
      ]),
    ) as Figures["formula"],
  }
}

interface Bar {
  readonly key: Exclude<keyof Figures, "formula" | "without_follow">
  readonly says: string
  readonly least?: number
  readonly most?: number
}

const bars: ReadonlyArray<Bar> = [
  { key: "fdr", says: "false discoveries among FOLLOW", most: 0.1 },
  { key: "power_of_oracle", says: "skilled found, share of the oracle's", least: 0.8 },
  { key: "top10_of_oracle", says: "precision of the top 10, share of the oracle's", least: 0.95 },
  { key: "adverse_out", says: "adverse kept out", least: 0.99 },
  {
    key: "beats_random",
    says: "next 30 days above the random controls, worlds with a FOLLOW",
    least: 0.95,
  },
  { key: "interval_cover", says: "80 % intervals hold, all wallets", least: 0.75 },
  { key: "interval_cover_follow", says: "80 % intervals hold, FOLLOW", least: 0.72, most: 0.88 },
  { key: "empty_when_null", says: "FOLLOW empty, worlds without skill", least: 0.9 },
  {
    key: "power_of_oracle_best",
    says: "skilled found, share of the oracle's, both at a true false discovery rate of 0.1",
  },
  { key: "adverse_out_by_name", says: "adverse kept out, those worth copying included" },
  { key: "beats_random_of_all", says: "the same over all worlds, without a FOLLOW not beaten" },
  { key: "none_wrong_when_null", says: "nobody followed who does not pay, worlds without skill" },
  { key: "found", says: "skilled found" },
  { key: "oracle_found", says: "skilled found by the oracle" },
  { key: "oracle_fdr", says: "false discoveries of the oracle" },
  { key: "top10", says: "precision of the top 10" },
  { key: "next_profit", says: "profit per dollar of FOLLOW, next 30 days" },
  { key: "random_profit", says: "profit per dollar of random wallets, next 30 days" },
  { key: "ever_followed_fdr", says: "false discoveries among wallets FOLLOW at any weekly look" },
  { key: "shuffled_follow", says: "FOLLOW per world when outcomes are drawn anew" },
]

const number = (value: number | null): string => (value === null ? "–" : value.toFixed(3))

const shown = ({ value, error }: Figure): string =>
  value === null ? "–" : `${number(value)} ± ${number(error)}`

const verdict = ({ least, most }: Bar, { value }: Figure): string => {
  if (least === undefined && most === undefined) return ""
  if (value === null) return "not measured"
  return value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY)
    ? "yes"
    : "**no**"
}

const asked = ({ least, most }: Bar): string =>
  least !== undefined && most !== undefined
    ? `${least}–${most}`
    : least !== undefined
      ? `≥ ${least}`
      : most !== undefined
        ? `≤ ${most}`
        : ""

export const tableOf = (figures: Figures): string =>
  [
    "| figure | asked | measured | reached |",
    "| --- | --- | --- | --- |",
    ...bars.map(
      (bar) =>
        `| ${bar.says} | ${asked(bar)} | ${shown(figures[bar.key])} | ${verdict(bar, figures[bar.key])} |`,
    ),
    "",
    "| formula | false discoveries | skilled found | precision of the top 10 | size of the list |",
    "| --- | --- | --- | --- | --- |",
    `| ours | ${shown(figures.fdr)} | ${shown(figures.found)} | ${shown(figures.top10)} | |`,
    ...formulaNames.map((name) => {
      const { fdr, found, top10, size } = figures.formula[name]
      return `| ${name} | ${shown(fdr)} | ${shown(found)} | ${shown(top10)} | ${shown(size)} |`
    }),
  ].join("\n")

/** How each behaviour fared, summed over worlds. */
export const behaviourTable = (worlds: ReadonlyArray<WorldResult>): string => {
  const sums = new Map<string, { wallets: number; pay: number; followed: number }>()
  for (const { behaviours } of worlds) {
    for (const [name, { wallets, pay, followed }] of Object.entries(behaviours)) {
      const sum = sums.get(name) ?? { wallets: 0, pay: 0, followed: 0 }
      sums.set(name, sum)
      sum.wallets += wallets
      sum.pay += pay
      sum.followed += followed
    }
  }
  return [
    "| behaviour | wallets | worth copying | FOLLOW |",
    "| --- | --- | --- | --- |",
    ...[...sums].map(
      ([name, { wallets, pay, followed }]) => `| ${name} | ${wallets} | ${pay} | ${followed} |`,
    ),
  ].join("\n")
}
