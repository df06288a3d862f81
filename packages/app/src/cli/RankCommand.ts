/**
 * `rank`: the followable wallets, best first, with the parts each score is made of.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { bytesToHex } from "@evaluator/domain/Id"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { openLane } from "./Reader.ts"

/** Wallets printed when no limit is given. */
export const defaultLimit = 30

interface RankedRow {
  readonly wallet: Uint8Array
  readonly wscore: number
  readonly persona: string | null
  readonly state: string | null
  readonly edge: number
  readonly consistency: number
  readonly market_skill: number
  readonly timing: number | null
  readonly behaviour: number
  readonly hit_rate_factor: number
  readonly trust_factor: number
  readonly obscurity_factor: number
  readonly roi_percent: number
  readonly hit_rate: number
  readonly trade_count: number
  readonly at_ms: number
}

const short = (value: number | null) => (value === null ? null : value.toFixed(3))

export const rankCommand = Command.make(
  "rank",
  {
    window: Flag.Literals("window", ["7", "30", "90"]).pipe(
      Flag.withMetavar("7|30|90"),
      Flag.withDescription("Days the score looks at; the ranking proper is by 30"),
      Flag.withDefault("30" as const),
    ),
    limit: Flags.limit,
    data: Flags.data,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli rank")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const sql = yield* openLane(directory, "evaluation")
    const windowDays = Number(flags.window)
    const limit = flags.limit ?? defaultLimit
    const rows = yield* sql<RankedRow>`
        SELECT s.wallet, s.wscore, w.persona, r.state, s.edge, s.consistency, s.market_skill,
          s.timing, s.behaviour, s.hit_rate_factor, s.trust_factor, s.obscurity_factor,
          s.roi_percent, s.hit_rate, s.trade_count, s.at_ms
        FROM wallet_scores s JOIN wallets w ON w.wallet = s.wallet
        LEFT JOIN wallet_rules r ON r.wallet = s.wallet
        WHERE s.window_days = ${windowDays} AND w.verdict = 'classified'
        ORDER BY s.wscore DESC, s.wallet LIMIT ${limit}`.pipe(Effect.orDie)
    const ranking = rows.map(({ wallet, ...rest }, at) => ({
      rank: at + 1,
      wallet: bytesToHex(wallet),
      ...rest,
    }))
    yield* printRows(flags, {
      document: { window_days: windowDays, ranking },
      rows:
        flags.csv || flags.json
          ? ranking
          : ranking.map((row) => ({
              rank: row.rank,
              wallet: row.wallet,
              wscore: short(row.wscore),
              persona: row.persona,
              rules: row.state,
              edge: short(row.edge),
              consistency: short(row.consistency),
              skill: short(row.market_skill),
              timing: short(row.timing),
              behaviour: short(row.behaviour),
              roi: `${row.roi_percent.toFixed(1)}%`,
              hits: `${(100 * row.hit_rate).toFixed(1)}%`,
              fills: row.trade_count,
            })),
      note:
        ranking.length === 0
          ? "no followable wallet has a score yet; status shows how far the funnel has come"
          : "wallet ADDRESS says where each number comes from",
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Followable wallets by score, best first, ties by address, with the parts the score is made of",
  ),
  Command.withShortDescription("The ranking, with the parts of each score"),
  Command.withExamples([
    { command: "trader-evaluator rank --limit 10" },
    { command: "trader-evaluator rank --window 90 --csv" },
  ]),
)
