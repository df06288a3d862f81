/**
 * Wallets that act together, found by what they buy: the same outcome of the same market within
 * minutes, in a large part of all they do. Such a group is one piece of evidence and one thing to
 * follow, by the wallet that tends to come first.
 *
 * Limits: a moment of a market that more wallets share than {@link crowd} says nothing of any two of
 * them and is left out, so the work is at most `crowd` times the entries.
 */
import type { WalletEvidence } from "./Evidence.ts"

export interface ClusterSettings {
  /** How near in time purchases are taken for one act, ms. */
  readonly withinMs: number
  /** Acts in common from which on two wallets may be a group… */
  readonly together: number
  /** …and the part of the smaller one's acts that this must be. */
  readonly overlap: number
}

export interface Cluster {
  /** The wallet that stands for the group. */
  readonly first: string
  /** Two or more, in the order of names. */
  readonly members: ReadonlyArray<string>
}

const crowd = 25
/** Acts looked at between two yields. */
const aStep = 10_000

interface Act {
  readonly wallet: number
  readonly atMs: number
}

export function* clustersInSteps(
  population: ReadonlyArray<WalletEvidence>,
  asOfMs: number,
  settings: ClusterSettings,
): Generator<void, ReadonlyArray<Cluster>, void> {
  /** By market and outcome. */
  const byMarket = new Map<string, Array<Array<Act>>>()
  const sizes = new Float64Array(population.length)
  for (const [wallet, { entries }] of population.entries()) {
    const own = new Set<Array<Act>>()
    for (const { condition, outcomeIndex, atMs } of entries) {
      if (atMs > asOfMs) continue
      const outcomes = byMarket.get(condition) ?? []
      byMarket.set(condition, outcomes)
      const acts = (outcomes[outcomeIndex] ??= [])
      own.add(acts)
      const last = acts.at(-1)
      if (last?.wallet !== wallet) acts.push({ wallet, atMs })
      else if (atMs < last.atMs) acts[acts.length - 1] = { wallet, atMs }
    }
    sizes[wallet] = own.size
    if (wallet % 20 === 19) yield
  }
  const pairs = new Map<number, number>()
  const leads = new Float64Array(population.length)
  let seen = 0
  for (const acts of [...byMarket.values()].flatMap((outcomes) => outcomes.filter(Boolean))) {
    acts.sort((a, b) => a.atMs - b.atMs || a.wallet - b.wallet)
    for (let i = 0; i < acts.length; i++) {
      let j = i + 1
      while (j < acts.length && acts[j]!.atMs - acts[i]!.atMs <= settings.withinMs) j++
      if (j - i > crowd) continue
      for (let k = i + 1; k < j; k++) {
        const [a, b] = [acts[i]!.wallet, acts[k]!.wallet]
        const key = Math.min(a, b) * population.length + Math.max(a, b)
        pairs.set(key, (pairs.get(key) ?? 0) + 1)
        leads[a]!++
      }
    }
    seen += acts.length
    if (seen < aStep) continue
    seen = 0
    yield
  }
  const root = Int32Array.from(population, (_, i) => i)
  const find = (i: number): number => {
    while (root[i] !== i) i = root[i]!
    return i
  }
  for (const [key, count] of pairs) {
    const [a, b] = [Math.floor(key / population.length), key % population.length]
    const smaller = Math.min(sizes[a]!, sizes[b]!)
    if (count < settings.together || count < settings.overlap * smaller) continue
    const [x, y] = [find(a), find(b)]
    root[Math.max(x, y)] = Math.min(x, y)
  }
  const groups = Map.groupBy(population.keys(), find)
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group): Cluster => {
      const ranked = group.toSorted(
        (a, b) => leads[b]! - leads[a]! || (nameOf(a) < nameOf(b) ? -1 : 1),
      )
      return { first: nameOf(ranked[0]!), members: group.map(nameOf).toSorted() }
    })

  function nameOf(wallet: number): string {
    return population[wallet]!.wallet
  }
}
