/**
 * Wallets that act together, found by what they buy: the same outcome of the same market within
 * minutes, in a large part of all they do. Such a group is one piece of evidence and one thing to
 * follow, by the wallet that tends to come first.
 *
 * Limits: a moment of a market that more wallets share than {@link crowd} says nothing of any two of
 * them and is left out, so the work is at most `crowd` times the entries.
 */
import type { WalletRecord } from "./WalletRecord.ts"
import { each, type Steps } from "./Steps.ts"

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
const mostOutcomes = 65_536
/** Acts looked at between two yields. */
const aStep = 10_000

export function* clustersInSteps(
  population: ReadonlyArray<WalletRecord>,
  settings: ClusterSettings,
): Steps<ReadonlyArray<Cluster>> {
  const acts = yield* actsInSteps(population)
  const pairs = new Map<number, number>()
  const leads = new Float64Array(population.length)
  let seen = 0
  for (const [from, to] of acts.spans) {
    const inTime = acts.order
      .subarray(from, to)
      .toSorted((a, b) => acts.atMs[a]! - acts.atMs[b]! || acts.wallet[a]! - acts.wallet[b]!)
    for (let i = 0; i < inTime.length; i++) {
      const first = inTime[i]!
      let j = i + 1
      while (j < inTime.length && acts.atMs[inTime[j]!]! - acts.atMs[first]! <= settings.withinMs) {
        j++
      }
      if (j - i > crowd) continue
      const a = acts.wallet[first]!
      for (let k = i + 1; k < j; k++) {
        const b = acts.wallet[inTime[k]!]!
        const key = Math.min(a, b) * population.length + Math.max(a, b)
        pairs.set(key, (pairs.get(key) ?? 0) + 1)
        leads[a]!++
      }
    }
    seen += inTime.length
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
    const smaller = Math.min(acts.sizes[a]!, acts.sizes[b]!)
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

/** The first time each wallet bought each outcome. */
interface Acts {
  readonly wallet: Uint32Array
  readonly atMs: Float64Array
  /** Acts of one outcome next to each other… */
  readonly order: Uint32Array
  /** …from one place up to another. */
  readonly spans: ReadonlyArray<readonly [number, number]>
  /** By wallet: how many. */
  readonly sizes: Float64Array
}

function* actsInSteps(population: ReadonlyArray<WalletRecord>): Steps<Acts> {
  const most = population.reduce((sum, { purchases }) => sum + purchases.market.length, 0)
  const wallet = new Uint32Array(most)
  const atMs = new Float64Array(most)
  const outcome = new Uint32Array(most)
  /** Outcomes of markets by number. */
  const outcomes = new Map<number, number>()
  const counts: Array<number> = []
  const sizes = new Float64Array(population.length)
  let acts = 0
  yield* each(population, ({ purchases }, at) => {
    const own = new Map<number, number>()
    for (let i = 0; i < purchases.market.length; i++) {
      const key = purchases.market[i]! * mostOutcomes + purchases.outcome[i]!
      const id = outcomes.get(key) ?? outcomes.size
      const known = own.get(id)
      if (known !== undefined) {
        atMs[known] = Math.min(atMs[known]!, purchases.atMs[i]!)
        continue
      }
      outcomes.set(key, id)
      own.set(id, acts)
      counts[id] = (counts[id] ?? 0) + 1
      wallet[acts] = at
      atMs[acts] = purchases.atMs[i]!
      outcome[acts] = id
      acts++
    }
    sizes[at] = own.size
  })
  yield
  const spans: Array<readonly [number, number]> = []
  const next = new Uint32Array(counts.length)
  let from = 0
  for (const [id, count] of counts.entries()) {
    spans.push([from, from + count])
    next[id] = from
    from += count
  }
  const order = new Uint32Array(acts)
  for (let act = 0; act < acts; act++) order[next[outcome[act]!]!++] = act
  return { wallet, atMs, order, spans, sizes }
}
