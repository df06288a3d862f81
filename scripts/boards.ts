/**
 * `node scripts/boards.ts FILE [--json]`: do recorded leaderboards foretell themselves? Wallets are
 * chosen by what they gained in the first half of the snapshots and judged by what they gained in the
 * second, per dollar they traded; beside them what as many wallets at random would have gained.
 *
 * FILE is NDJSON, gzipped or not, a row a wallet and snapshot: `timestamp_utc`, `address`, `pnl` and
 * `vol`, both summed since the board's start. Does not: see a wallet that left the board before the
 * end, which flatters everybody alike.
 */
import "./NodeVersion.mjs"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { gunzipSync } from "node:zlib"
import { Schema } from "effect"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
})
const [path] = positionals
if (path === undefined) {
  console.error(
    "boards: say which file of snapshots, as leaderboards/NAME.ndjson.gz of a recording",
  )
  process.exit(2)
}

const Row = Schema.Struct({
  timestamp_utc: Schema.String,
  address: Schema.String,
  pnl: Schema.NumberFromString,
  vol: Schema.NumberFromString,
})
const decode = Schema.decodeUnknownSync(Row)
const bytes = readFileSync(path)
const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()
const rows = text
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => decode(JSON.parse(line)))

const moments = [...new Set(rows.map((row) => row.timestamp_utc))].toSorted()
const startMs = Date.parse(moments[0] ?? "")
const endMs = Date.parse(moments.at(-1) ?? "")
const half = moments.find((moment) => Date.parse(moment) >= (startMs + endMs) / 2)
if (moments.length < 4 || half === undefined) {
  console.error(
    `boards: ${moments.length} snapshots are too few to choose on one half and judge on the other`,
  )
  process.exit(1)
}

interface Wallet {
  readonly address: string
  /** Dollars gained in each half, and per dollar traded in it. */
  readonly first: number
  readonly firstRate: number
  readonly second: number
  readonly secondRate: number
}

const at = (moment: string) =>
  new Map(rows.filter((row) => row.timestamp_utc === moment).map((row) => [row.address, row]))
/** Stood on the board when the span began, when it was halved and when it ended. */
const [begin, middle, end] = [at(moments[0]!), at(half), at(moments.at(-1)!)]
const wallets = [...begin].flatMap(([address, a]): ReadonlyArray<Wallet> => {
  const [b, c] = [middle.get(address), end.get(address)]
  if (b === undefined || c === undefined || b.vol <= a.vol || c.vol <= b.vol) return []
  const [first, second] = [b.pnl - a.pnl, c.pnl - b.pnl]
  const [firstRate, secondRate] = [first / (b.vol - a.vol), second / (c.vol - b.vol)]
  return [{ address, first, firstRate, second, secondRate }]
})

const mean = (list: ReadonlyArray<number>): number =>
  list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length)

const ranksOf = (list: ReadonlyArray<number>): ReadonlyArray<number> => {
  const order = [...list.keys()].toSorted((a, b) => list[a]! - list[b]!)
  const ranks = Array.from(list, () => 0)
  for (const [rank, i] of order.entries()) ranks[i] = rank
  return ranks
}

/** Spearman's. */
const rankCorrelation = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const [x, y] = [ranksOf(a), ranksOf(b)]
  const middleRank = (a.length - 1) / 2
  const covered = mean(x.map((one, i) => (one - middleRank) * (y[i]! - middleRank)))
  return covered / Math.max(1e-12, mean(x.map((one) => (one - middleRank) ** 2)))
}

const draws = 10_000
const size = Math.max(1, Math.floor(wallets.length / 4))

/** How often as many wallets at random did at least as well, by the same generator each run. */
const atRandom = (least: number): number => {
  let state = 12_345
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
  let better = 0
  for (let draw = 0; draw < draws; draw++) {
    const pool = wallets.map(({ secondRate }) => secondRate)
    let sum = 0
    for (let i = 0; i < size; i++) {
      sum += pool.splice(Math.floor(next() * pool.length), 1)[0]!
    }
    if (sum / size >= least) better++
  }
  return (better + 1) / (draws + 1)
}

const screen = (by: (wallet: Wallet) => number) => {
  const chosen = wallets.toSorted((a, b) => by(b) - by(a)).slice(0, size)
  const rate = mean(chosen.map(({ secondRate }) => secondRate))
  return {
    chosen: chosen.length,
    gained: mean(chosen.map(({ second }) => second)),
    per_dollar: rate,
    in_profit: mean(chosen.map(({ second }) => (second > 0 ? 1 : 0))),
    rank_correlation: rankCorrelation(
      wallets.map(by),
      wallets.map(({ secondRate }) => secondRate),
    ),
    as_good_at_random: atRandom(rate),
  }
}

const result = {
  from: moments[0],
  chosen_at: half,
  to: moments.at(-1),
  snapshots: moments.length,
  on_the_board: new Set(rows.map(({ address }) => address)).size,
  compared: wallets.length,
  all: {
    gained: mean(wallets.map(({ second }) => second)),
    per_dollar: mean(wallets.map(({ secondRate }) => secondRate)),
    in_profit: mean(wallets.map(({ second }) => (second > 0 ? 1 : 0))),
  },
  by_gain: screen(({ first }) => first),
  by_gain_per_dollar: screen(({ firstRate }) => firstRate),
}
if (values.json) console.log(JSON.stringify(result))
else {
  console.log(
    `${result.compared} of ${result.on_the_board} wallets, ${result.from} to ${result.to}, chosen at ${result.chosen_at}`,
  )
  console.log(
    `${result.on_the_board - result.compared} are not judged: they left the board, came later, or did not trade in one half; rates are means over wallets, whatever each traded`,
  )
  const line = (name: string, one: { gained: number; per_dollar: number; in_profit: number }) =>
    `${name}: ${one.gained.toFixed(0)} USDC each, ${(100 * one.per_dollar).toFixed(3)} cents a dollar traded, ${(100 * one.in_profit).toFixed(0)} % in profit`
  console.log(line("all", result.all))
  for (const name of ["by_gain", "by_gain_per_dollar"] as const) {
    const one = result[name]
    console.log(
      `${line(`best quarter ${name}`, one)}; rank correlation ${one.rank_correlation.toFixed(2)}; as good at random ${one.as_good_at_random.toFixed(3)}`,
    )
  }
}
