/**
 * Everything the background lane knows of one wallet, section by section in plain words.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex, bytesToToken, hexToBytes, type WalletAddress } from "@evaluator/domain/Id"
import type { Cell, Section } from "@evaluator/domain/report/Section"
import { formatMicro } from "@evaluator/domain/money/Micro"
import type { RuleGate } from "@evaluator/domain/wallet/RuleGates"
import type { Features } from "@evaluator/domain/wallet/FeatureWindow"
import { followsOf } from "../stores/Follows.ts"
import { verdictPage } from "./VerdictPage.ts"
import { percent, plural, when } from "./Words.ts"

interface WalletRow {
  readonly source: string
  readonly discovered_at_ms: number
  readonly discovered_in: Uint8Array | null
  readonly leaderboard_at_ms: number | null
  readonly fills: number
  readonly first_fill_ms: number | null
  readonly last_fill_ms: number | null
  readonly history_complete_at_ms: number | null
  readonly verdict: "waiting" | "classified" | "excluded"
  readonly verdict_reason: string | null
  readonly persona: string | null
  readonly persona_confidence: number | null
  readonly judged_at_ms: number | null
  readonly judge_due_ms: number | null
}

type Rows = ReadonlyArray<Readonly<Record<string, Cell>>>

/** A directory of virtual days is ahead of this machine's clock. */
const newestSaid = SqlClient.SqlClient.use(
  (sql) =>
    sql<{ at_ms: number | null }>`SELECT max(confirmed_at_ms) AS at_ms FROM verdicts
      WHERE until_ms IS NULL`,
).pipe(
  Effect.map(([row]) => row?.at_ms ?? 0),
  Effect.orDie,
)

/** Empty when the wallet is not on the watchlist. */
export const walletPage = Effect.fnUntraced(function* (wallet: WalletAddress) {
  const sql = yield* SqlClient.SqlClient
  const key = hexToBytes(wallet)
  const [row] = yield* sql<WalletRow>`SELECT source, discovered_at_ms, discovered_in,
      leaderboard_at_ms, fills, first_fill_ms, last_fill_ms, history_complete_at_ms, verdict,
      verdict_reason, persona, persona_confidence, judged_at_ms, judge_due_ms FROM wallets WHERE wallet = ${key}`
  if (row === undefined) return []
  return [
    identity(wallet, row),
    ...(yield* verdictPage(key, Math.max(yield* Clock.currentTimeMillis, yield* newestSaid))),
    yield* coverage(key, row),
    yield* verdict(key, row),
    yield* numbers(key),
    yield* scores(key),
    yield* lifecycle(key),
    yield* following(wallet),
    yield* recentFills(key),
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)

const identity = (wallet: WalletAddress, row: WalletRow): Section => ({
  title: "Who it is",
  says: [
    `${wallet} came onto the watchlist at ${when(row.discovered_at_ms)} as ${row.source}${
      row.discovered_in === null ? "" : ` of market ${bytesToHex(row.discovered_in)}`
    }.`,
    row.leaderboard_at_ms === null
      ? "It was never seen on a leaderboard."
      : `It was last seen on a leaderboard at ${when(row.leaderboard_at_ms)}.`,
  ],
  rows: [],
})

const coverage = Effect.fnUntraced(function* (key: Uint8Array, row: WalletRow) {
  const sql = yield* SqlClient.SqlClient
  const feeds = yield* sql<Record<string, Cell>>`SELECT feed, complete_through_ms, last_row_ms,
      polled_at_ms, due_ms, pages, attempts, reason, iif(walk_started_ms IS NULL, 0, 1) AS walking
    FROM wallet_feeds WHERE wallet = ${key} ORDER BY feed`
  const [deeds] = yield* sql<{ rows: number }>`SELECT count(*) AS rows FROM activity
    WHERE wallet = ${key}`
  const section: Section = {
    title: "What is known of its history",
    why: `${bytesToHex(key)}:history`,
    says: [
      `${plural(row.fills, "fill")} and ${plural(deeds!.rows, "other deed")} are stored, the first fill of ${when(row.first_fill_ms)}, the last of ${when(row.last_fill_ms)}.`,
      row.history_complete_at_ms === null
        ? "Its history is not complete yet."
        : `Its history was complete for the first time at ${when(row.history_complete_at_ms)}.`,
      ...feeds.map((feed) =>
        feed["complete_through_ms"] === null
          ? `Of the feed ${feed["feed"]} ${plural(Number(feed["pages"]), "page")} are stored, its walk is not at the end.`
          : `The feed ${feed["feed"]} is complete through ${when(Number(feed["complete_through_ms"]))}.`,
      ),
    ],
    rows: feeds,
  }
  return section
})

/** What the persona is worth; judged before it was said, a wallet has none yet. */
const surenessOf = ({ persona_confidence }: WalletRow): string =>
  persona_confidence === null
    ? ""
    : `; of wallets that look so, ${Math.round(100 * persona_confidence)} % know something`

const verdict = Effect.fnUntraced(function* (key: Uint8Array, row: WalletRow) {
  const sql = yield* SqlClient.SqlClient
  const gates = yield* sql<{ code: string; evidence: string } & Record<string, Cell>>`
    SELECT code, stage, metric, threshold, evidence, since_ms FROM wallet_gates
    WHERE wallet = ${key} ORDER BY position`
  const personas = yield* sql<{ persona: string; lacks: string }>`SELECT persona, lacks
    FROM wallet_personas WHERE wallet = ${key} ORDER BY persona`
  const traits = yield* sql<{ trait: string; value: string }>`SELECT trait, value
    FROM wallet_traits WHERE wallet = ${key} ORDER BY trait`
  const verdicts = {
    classified: `It is followable as ${row.persona}${surenessOf(row)}.`,
    excluded: `It is excluded: ${plural(gates.length, "gate")} failed.`,
    waiting: `It has no verdict: ${row.verdict_reason}.`,
  }
  const section: Section = {
    title: "Gates and personas",
    why: `${bytesToHex(key)}:gates`,
    says: [
      row.judged_at_ms === null
        ? `It was not judged yet: ${row.verdict_reason}.`
        : `Judged at ${when(row.judged_at_ms)}, again at ${when(row.judge_due_ms, "its next change")}.`,
      ...(row.judged_at_ms === null ? [] : [verdicts[row.verdict]]),
      ...gates.map((gate) => `${gate.code}: ${gate.evidence}.`),
      ...personas.map(({ persona, lacks }) => {
        const missing = JSON.parse(lacks) as ReadonlyArray<string>
        return missing.length === 0
          ? `It behaves like ${persona}.`
          : `It is no ${persona}: ${missing.join("; ")}.`
      }),
      ...traits.map(({ trait, value }) => `Trait ${trait}: ${value}.`),
    ],
    rows: gates,
  }
  return section
})

const numbers = Effect.fnUntraced(function* (key: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const stored = yield* sql<{ window_days: number; at_ms: number; features: string }>`
    SELECT window_days, at_ms, features FROM wallet_features WHERE wallet = ${key}
    ORDER BY iif(window_days = 0, 1000000, window_days)`
  const features = stored.map((row) => ({
    over: row.window_days === 0 ? "Since its first fill" : `Over ${row.window_days} days`,
    window: row.window_days === 0 ? "all" : `${row.window_days} days`,
    values: JSON.parse(row.features) as Features,
  }))
  const section: Section = {
    title: "Numbers",
    why: `${bytesToHex(key)}:numbers`,
    says: features.map(
      ({ over, values }) =>
        `${over}: ${plural(values.tradeCount, "fill")} in ${plural(values.uniqueMarkets, "market")}, ${plural(values.closedLots, "lot")} closed with ${formatMicro(values.realizedMicro)} USDC (${percent(values.roi)} of their cost), ${values.winRate === null ? "none" : percent(values.winRate)} of them won, drawdown ${percent(values.maxDrawdown)} of the capital at work.`,
    ),
    rows: features.map(({ window, values }) => ({ window, ...values })) as Rows,
  }
  return section
})

const scores = Effect.fnUntraced(function* (key: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ window_days: number; wscore: number } & Record<string, Cell>>`
    SELECT window_days, wscore, edge, consistency, market_skill, timing, behaviour, raw,
      hit_rate_factor, trust_factor, obscurity_factor, lane_factor, recency_factor, roi_percent,
      deviation, hit_rate, profitable_markets, markets, lane, lane_roi_percent,
      lane_profitable_markets, lane_markets, trade_count, drift_cents, drift_fills, noise, age_days,
      on_leaderboard, idle_days, at_ms
    FROM wallet_scores WHERE wallet = ${key} ORDER BY window_days`
  const section: Section = {
    title: "Scores",
    why: `${bytesToHex(key)}:scores`,
    says:
      rows.length === 0
        ? ["It has no score: too few fills in every window, or it was not judged yet."]
        : rows.map(
            (row) =>
              `WScore over ${row.window_days} days: ${row.wscore.toFixed(4)}, of parts edge ${Number(row["edge"]).toFixed(3)}, consistency ${Number(row["consistency"]).toFixed(3)}, market skill ${Number(row["market_skill"]).toFixed(3)}, timing ${timingInWords(row)}, behaviour ${Number(row["behaviour"]).toFixed(3)}; ${laneInWords(row)}; ${recencyInWords(row)}.`,
          ),
    rows,
  }
  return section
})

const timingInWords = (row: Record<string, Cell>): string =>
  row["timing"] === null
    ? `not known (the price soon after is known of ${plural(Number(row["drift_fills"]), "fill")})`
    : `${Number(row["timing"]).toFixed(3)} (prices went ${Number(row["drift_cents"]).toFixed(2)} cents its way soon after, the mean of ${plural(Number(row["drift_fills"]), "fill")})`

const laneInWords = (row: Record<string, Cell>): string =>
  row["lane"] === null
    ? "it has no lane"
    : `its lane is ${row["lane"]}, where it earned ${Number(row["lane_roi_percent"]).toFixed(1)} % (all together ${Number(row["roi_percent"]).toFixed(1)} %)`

const recencyInWords = (row: Record<string, Cell>): string =>
  row["idle_days"] === null
    ? "how long it was idle is not known"
    : `${Number(row["idle_days"]).toFixed(1)} days without a fill leave ${percent(Number(row["recency_factor"]))} of it`

const lifecycle = Effect.fnUntraced(function* (key: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [state] = yield* sql<{
    state: string
    since_ms: number
    reason: string
    metric: number | null
    threshold: number | null
    looked_at_ms: number
    failed: string
    style_drift: number | null
  }>`SELECT state, since_ms, reason, metric, threshold, looked_at_ms, failed, style_drift
    FROM wallet_rules WHERE wallet = ${key}`
  const moves = yield* sql<Record<string, Cell>>`SELECT at_ms, from_state, to_state, reason, metric,
      threshold FROM rule_transitions WHERE wallet = ${key} ORDER BY id DESC LIMIT 20`
  const measured =
    state === undefined || state.metric === null
      ? ""
      : ` (${Math.round(state.metric * 100) / 100} against ${state.threshold})`
  const section: Section = {
    title: "Rules",
    why: `${bytesToHex(key)}:rules`,
    says:
      state === undefined
        ? ["The rules have not looked at it yet."]
        : [
            `${state.state} since ${when(state.since_ms)}; last look at ${when(state.looked_at_ms)}: ${state.reason}${measured}.`,
            ...(JSON.parse(state.failed) as ReadonlyArray<RuleGate>).map(
              ({ evidence, reason }) => `${reason}: ${evidence}.`,
            ),
            ...(state.style_drift === null
              ? []
              : [
                  `Its style of the last 30 days is ${state.style_drift.toFixed(3)} from that of its approval, 0 … 1.`,
                ]),
          ],
    rows: moves,
  }
  return section
})

const following = Effect.fnUntraced(function* (wallet: WalletAddress) {
  const now = yield* Clock.currentTimeMillis
  const spans = yield* followsOf(wallet)
  const section: Section = {
    title: "Following",
    why: `${wallet}:follows`,
    says:
      spans.length === 0
        ? ["It was never followed."]
        : spans.map((span) =>
            span.toMs === null || span.toMs > now
              ? `Followed since ${when(span.fromMs)} as ${span.state}${span.toMs === null ? "" : `, until ${when(span.toMs)}`}.`
              : `Followed from ${when(span.fromMs)} to ${when(span.toMs)} as ${span.state}.`,
          ),
    rows: spans.map((span) => ({
      from_ms: span.fromMs,
      to_ms: span.toMs,
      state: span.state,
      persona: span.persona,
    })),
  }
  return section
})

const recentFills = Effect.fnUntraced(function* (key: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const fills = yield* sql<{
    id: Uint8Array
    at_ms: number
    condition: Uint8Array
    token: Uint8Array
    side: string
    price: number
    size: number
  }>`SELECT id, at_ms, condition, token, side, price, size FROM trades
    WHERE wallet = ${key} ORDER BY at_ms DESC LIMIT 10`
  const section: Section = {
    title: "Newest fills",
    why: `${bytesToHex(key)}:fills`,
    says: [`The newest ${plural(fills.length, "fill")} of those stored.`],
    rows: fills.map((fill) => ({
      fill: Buffer.from(fill.id).toString("hex"),
      at: when(fill.at_ms),
      condition: bytesToHex(fill.condition),
      token: bytesToToken(fill.token),
      side: fill.side,
      price: formatMicro(fill.price),
      size: formatMicro(fill.size),
    })),
  }
  return section
})
