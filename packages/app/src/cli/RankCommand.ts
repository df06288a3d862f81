/**
 * `rank`: wallets by what is said of following them, or by WScore, with what the ranking rests on.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { outOfTimeSays, readOutOfTime } from "@evaluator/evaluation/report/OutOfTime"
import { dataDirectoryFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { openLane } from "./Reader.ts"

/** Wallets printed when no limit is given. */
export const defaultLimit = 30

interface RankedRow {
  readonly wallet: Uint8Array
  readonly verdict: string | null
  readonly local_fdr: number | null
  readonly edge_cents: number | null
  readonly edge_cents_low: number | null
  readonly edge_cents_high: number | null
  readonly copy_profit: number | null
  readonly copy_profit_low: number | null
  readonly copy_profit_high: number | null
  readonly events: number | null
  readonly entries: number | null
  readonly copies: number | null
  readonly complete_share: number | null
  readonly wscore: number | null
  readonly persona: string | null
  readonly persona_confidence: number | null
  readonly state: string | null
  readonly edge: number | null
  readonly consistency: number | null
  readonly market_skill: number | null
  readonly timing: number | null
  readonly behaviour: number | null
  readonly hit_rate_factor: number | null
  readonly trust_factor: number | null
  readonly obscurity_factor: number | null
  readonly roi_percent: number | null
  readonly hit_rate: number | null
  readonly trade_count: number | null
  readonly at_ms: number | null
}

const short = (value: number | null) => (value === null ? null : value.toFixed(3))
const percent = (value: number | null) => (value === null ? null : `${(100 * value).toFixed(1)}%`)

/** With how probable it is that the persona is right. */
const personaOf = ({
  persona,
  persona_confidence: sure,
}: Pick<RankedRow, "persona" | "persona_confidence">): string | null =>
  persona === null || sure === null ? persona : `${persona} ${Math.round(100 * sure)}%`

const interval = (low: number | null, high: number | null, scale: number) =>
  low === null || high === null
    ? null
    : `${(scale * low).toFixed(1)} … ${(scale * high).toFixed(1)}`

/** By verdict: every wallet that has one. By WScore: followable wallets that have a score. */
const readRanking = Effect.fnUntraced(function* (
  directory: string,
  by: "verdict" | "wscore",
  windowDays: number,
  limit: number,
) {
  const sql = yield* openLane(directory, "evaluation")
  const columns = sql`v.verdict, v.local_fdr, 100 * v.edge AS edge_cents,
    100 * v.edge_low AS edge_cents_low, 100 * v.edge_high AS edge_cents_high, v.copy_profit,
    v.copy_profit_low, v.copy_profit_high, v.events, v.entries, v.copies, v.complete_share,
    s.wscore, w.persona, w.persona_confidence, r.state, s.edge, s.consistency, s.market_skill, s.timing, s.behaviour,
    s.hit_rate_factor, s.trust_factor, s.obscurity_factor, s.lane, s.lane_factor, s.idle_days,
    s.recency_factor, s.roi_percent, s.hit_rate,
    s.trade_count, s.at_ms`
  const rows =
    by === "verdict"
      ? sql<RankedRow>`SELECT v.wallet, ${columns} FROM verdicts v
          LEFT JOIN wallets w ON w.wallet = v.wallet
          LEFT JOIN wallet_scores s ON s.wallet = v.wallet AND s.window_days = ${windowDays}
          LEFT JOIN wallet_rules r ON r.wallet = v.wallet
          WHERE v.until_ms IS NULL
          ORDER BY CASE v.verdict WHEN 'FOLLOW' THEN 0 WHEN 'WATCH' THEN 1 ELSE 2 END,
            v.local_fdr, v.wallet LIMIT ${limit}`
      : sql<RankedRow>`SELECT s.wallet, ${columns} FROM wallet_scores s
          JOIN wallets w ON w.wallet = s.wallet
          LEFT JOIN verdicts v ON v.wallet = s.wallet AND v.until_ms IS NULL
          LEFT JOIN wallet_rules r ON r.wallet = s.wallet
          WHERE s.window_days = ${windowDays} AND w.verdict = 'classified'
          ORDER BY s.wscore DESC, s.wallet LIMIT ${limit}`
  const read = yield* rows.pipe(Effect.orDie)
  return {
    rows: read,
    outOfTime: yield* Effect.provideService(readOutOfTime, SqlClient.SqlClient, sql),
  }
}, Effect.scoped)

const nothing = {
  verdict: "nothing is said of any wallet yet; status shows how far the funnel has come",
  wscore: "no followable wallet has a score yet; status shows how far the funnel has come",
} as const

export const rankCommand = Command.make(
  "rank",
  {
    by: Flag.Literals("by", ["verdict", "wscore"]).pipe(
      Flag.withMetavar("verdict|wscore"),
      Flag.withDescription(
        "Best first by verdict and the probability that it is luck, or by the score of followable wallets",
      ),
      Flag.withDefault("verdict" as const),
    ),
    window: Flag.Literals("window", ["7", "30", "90"]).pipe(
      Flag.withMetavar("7|30|90"),
      Flag.withDescription("Days the score looks at; verdicts look at everything"),
      Flag.withDefault("30" as const),
    ),
    limit: Flags.limit,
    data: Flags.data,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli rank")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const windowDays = Number(flags.window)
    const limit = flags.limit ?? defaultLimit
    const { outOfTime, rows } = yield* readRanking(directory, flags.by, windowDays, limit)
    const ranking = rows.map(({ wallet, ...rest }, at) => ({
      rank: at + 1,
      wallet: bytesToHex(wallet),
      ...rest,
    }))
    yield* printRows(flags, {
      document: { by: flags.by, window_days: windowDays, ranking, out_of_time: outOfTime },
      rows:
        flags.csv || flags.json
          ? ranking
          : ranking.map((row) => ({
              rank: row.rank,
              wallet: row.wallet,
              verdict: row.verdict,
              local_fdr: percent(row.local_fdr),
              edge_cents_80: interval(row.edge_cents_low, row.edge_cents_high, 1),
              profit_80: interval(row.copy_profit_low, row.copy_profit_high, 100),
              events: row.events,
              copies: row.copies,
              known: percent(row.complete_share),
              persona: personaOf(row),
              rules: row.state,
              wscore: short(row.wscore),
              roi: row.roi_percent === null ? null : `${row.roi_percent.toFixed(1)}%`,
              fills: row.trade_count,
            })),
      note:
        ranking.length === 0
          ? nothing[flags.by]
          : `edge in cents a share and profit of copies in percent over 30 days, as 80 % intervals; wallet ADDRESS says where each number comes from\n${outOfTimeSays(outOfTime)}`,
    })
  }),
).pipe(
  Command.withDescription(
    "Wallets by what is said of following them: verdict, probability that copying does not pay, 80 % intervals, sample. With --by wscore followable wallets by score, ties by address; the document and CSV hold the parts of the score.",
  ),
  Command.withShortDescription("The ranking, with what it rests on"),
  Command.withExamples([
    { command: "trader-evaluator rank --limit 10" },
    { command: "trader-evaluator rank --by wscore --window 90 --csv" },
  ]),
)
