/**
 * Measures wallets, and goes on where the last measurement of a wallet ended while that gives the same.
 *
 * Walking a long ledger for every new trade would cost by its length. The runs of wallets measured
 * lately stay in memory, at most {@link MostWarmRows} ledger rows of all together, longest unused go first.
 * A run goes on when all that is new, fills as well as outcomes, is younger than what it took, and no
 * market of it would have been taken otherwise had its outcome been known; else the ledger is walked
 * again. Nothing is stored: after a start every wallet is walked once.
 */
import { Clock, Context, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToHex } from "@evaluator/domain/Id"
import { FeatureRun, type WalletFeatures } from "@evaluator/domain/wallet/Features"
import { type LedgerEntry, orderedPieces, orderLedger } from "@evaluator/domain/wallet/LedgerEntry"
import type { LotMarket } from "@evaluator/domain/wallet/Lots"
import {
  type DeedRow,
  emptyHistory,
  type FillRow,
  readHistory,
  readMarkets,
  resolution,
  takeDeed,
  takeFill,
} from "./stores/History.ts"

/** Ledger rows of all runs kept, about 300 bytes each. */
export const MostWarmRows = Context.Reference<number>("evaluation/MostWarmRows", {
  defaultValue: () => 120_000,
})
/** A ledger shorter than this is walked anew: that costs less than its rows in memory of a small box. */
export const LeastWarmRows = Context.Reference<number>("evaluation/LeastWarmRows", {
  defaultValue: () => 10_000,
})
/** More new rows of the whole table than this are not searched for one wallet's. */
const mostNews = 50_000
const mostChanged = 2000
const chunkEntries = 2000

/** How far the tables were read. */
interface Mark {
  readonly trade: number
  readonly deed: number
  readonly atMs: number
}

interface WarmRun {
  readonly run: FeatureRun
  readonly markets: Map<string, LotMarket>
  readonly mark: Mark
  readonly rows: number
  readonly lastAt: Map<string, number>
  /** Conditions whose redemption was taken without knowing the outcome, which then named no token. */
  readonly guessed: ReadonlySet<string>
}

/** One file's runs by wallet, longest unused first. */
type Warm = Map<string, WarmRun>

const filesWarm = new WeakMap<SqlClient.SqlClient, Warm>()

const warmOf = (sql: SqlClient.SqlClient): Warm => {
  const known = filesWarm.get(sql)
  if (known !== undefined) return known
  const fresh: Warm = new Map()
  filesWarm.set(sql, fresh)
  return fresh
}

const keep = Effect.fnUntraced(function* (warm: Warm, wallet: string, one: WarmRun) {
  const mostRows = yield* MostWarmRows
  if (one.rows < (yield* LeastWarmRows) || one.rows > mostRows || one.run.missing > 0) return
  warm.set(wallet, one)
  let rows = 0
  for (const each of warm.values()) rows += each.rows
  for (const [oldest, each] of warm) {
    if (rows <= mostRows) return
    warm.delete(oldest)
    rows -= each.rows
  }
})

const markNow = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ trade: number; deed: number }>`SELECT
    (SELECT coalesce(max(rowid), 0) FROM trades) AS trade,
    (SELECT coalesce(max(rowid), 0) FROM activity) AS deed`
  return { ...row!, atMs: yield* Clock.currentTimeMillis } satisfies Mark
}).pipe(Effect.orDie)

/** An outcome that was learned since a run was kept. */
interface Learned {
  readonly condition: string
  readonly payouts: ReadonlyArray<number>
  readonly resolvedAtMs: number
}

/** Outcomes of a run's markets learned since; null when they, or topics, changed in a way it cannot take. */
const learnedOf = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  { guessed, mark, markets }: WarmRun,
) {
  const sql = yield* SqlClient.SqlClient
  const many = yield* sql`SELECT 1 WHERE
    EXISTS (SELECT 1 FROM resolutions WHERE seen_at_ms >= ${mark.atMs} LIMIT 1 OFFSET ${mostChanged})
    OR EXISTS (SELECT 1 FROM markets WHERE changed_at_ms >= ${mark.atMs} LIMIT 1 OFFSET ${mostChanged})`
  if (many.length > 0) return null
  const outcomes = yield* sql<{
    condition: Uint8Array
    payouts: string
    resolved_at_ms: number | null
    seen_at_ms: number
  }>`SELECT r.condition, r.payouts, r.resolved_at_ms, r.seen_at_ms FROM resolutions r
    CROSS JOIN wallet_conditions w ON w.wallet = ${wallet} AND w.condition = r.condition
    WHERE r.seen_at_ms >= ${mark.atMs} AND r.final = 1`
  const facts = yield* sql<{ condition: Uint8Array; domain: string }>`SELECT m.condition, m.domain
    FROM markets m CROSS JOIN wallet_conditions w ON w.wallet = ${wallet} AND w.condition = m.condition
    WHERE m.changed_at_ms >= ${mark.atMs}`
  const topicMoved = facts.some(({ condition, domain }) => {
    const known = markets.get(bytesToHex(condition))
    return known !== undefined && known.domain !== domain
  })
  if (topicMoved) return null
  const learned: Array<Learned> = []
  for (const row of outcomes) {
    const condition = bytesToHex(row.condition)
    const known = markets.get(condition)
    if (known === undefined) continue
    const payouts = JSON.parse(row.payouts) as ReadonlyArray<number>
    if (known.payouts !== null) {
      // Of a later moment than the run: corrected, if only in its date.
      const later = row.seen_at_ms > mark.atMs
      if (later || JSON.stringify(known.payouts) !== row.payouts) return null
      continue
    }
    const resolvedAtMs = row.resolved_at_ms
    if (resolvedAtMs === null || known.domain === "unknown" || guessed.has(condition)) return null
    learned.push({ condition, payouts, resolvedAtMs })
  }
  return learned
}, Effect.orDie)

/** What is new of a wallet since its run was kept; null when the run cannot go on with it. */
const newsOf = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  warm: WarmRun,
  upTo: Mark,
): Effect.fn.Return<ReadonlyArray<LedgerEntry> | null, never, SqlClient.SqlClient> {
  const { lastAt, mark, markets, run } = warm
  if (upTo.trade - mark.trade + upTo.deed - mark.deed > mostNews) return null
  const learned = yield* learnedOf(wallet, warm)
  if (learned === null) return null
  const sql = yield* SqlClient.SqlClient
  const loading = emptyHistory(upTo.atMs)
  // By row number: the index by wallet would walk the whole history.
  const fills = yield* sql<FillRow>`SELECT id, at_ms, condition, token, outcome_index, side, price,
      size FROM trades
    WHERE rowid > ${mark.trade} AND rowid <= ${upTo.trade} AND +wallet = ${wallet}`.pipe(
    Effect.orDie,
  )
  const deeds = yield* sql<DeedRow>`SELECT rowid, id, at_ms, type, condition, token, size, usdc
    FROM activity WHERE rowid > ${mark.deed} AND rowid <= ${upTo.deed} AND +wallet = ${wallet}`.pipe(
    Effect.orDie,
  )
  for (const fill of fills) takeFill(loading, fill)
  for (const deed of deeds) takeDeed(loading, deed)
  const { entries } = loading
  const late = ({ atMs }: LedgerEntry) => atMs < run.takenBeforeMs || atMs > upTo.atMs
  const open = ({ condition }: LedgerEntry) => {
    const known = markets.get(condition)
    return known === undefined || (known.payouts === null && known.domain !== "unknown")
  }
  if (!entries.every(open)) return null
  for (const [condition, atMs] of loading.lastAt) {
    lastAt.set(condition, Math.max(atMs, lastAt.get(condition) ?? 0))
  }
  const fresh = [...loading.bytes].filter(([condition]) => !markets.has(condition))
  const before = entries.length
  if (fresh.length > 0) yield* readMarkets(fresh, loading, markets, upTo.atMs)
  // Of an outcome without a time of its own a later walk would say something else.
  if (entries.slice(before).some(({ atMs }) => atMs === upTo.atMs)) return null
  for (const { condition, payouts, resolvedAtMs } of learned) {
    markets.set(condition, { ...markets.get(condition)!, payouts })
    entries.push(resolution(condition, Math.max(resolvedAtMs, lastAt.get(condition) ?? 0)))
  }
  // An outcome that lies further back belongs at its own time.
  return entries.some(late) ? null : orderLedger(entries)
})

const guessedIn = (
  entries: ReadonlyArray<LedgerEntry>,
  markets: ReadonlyMap<string, LotMarket>,
): ReadonlySet<string> =>
  new Set(
    entries.flatMap(({ condition, kind, token }) =>
      kind === "redeem" && token === null && markets.get(condition)?.payouts == null
        ? [condition]
        : [],
    ),
  )

/** Walks the whole ledger, letting others run in between. */
const measureAnew = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  windows: ReadonlyArray<number>,
  mark: Mark,
) {
  const history = yield* readHistory(wallet, mark.atMs)
  const run = new FeatureRun(history.markets, windows, mark.atMs)
  for (const piece of orderedPieces(history.entries, chunkEntries)) {
    run.take(piece)
    yield* Effect.yieldNow
  }
  const { entries, lastAt, markets } = history
  const guessed = guessedIn(entries, markets)
  return { run, markets, mark, rows: entries.length, lastAt, guessed } satisfies WarmRun
})

const finish = Effect.fnUntraced(function* (run: FeatureRun): Effect.fn.Return<WalletFeatures> {
  const finishing = run.finishing()
  let step = finishing.next()
  while (step.done !== true) {
    yield* Effect.yieldNow
    step = finishing.next()
  }
  return step.value
})

/**
 * The features of a wallet now. `allowed` is asked before a ledger is walked; null when it says no.
 */
export const measureWallet = Effect.fnUntraced(function* (
  wallet: Uint8Array,
  windows: ReadonlyArray<number>,
  allowed: Effect.Effect<boolean, never, SqlClient.SqlClient>,
) {
  const sql = yield* SqlClient.SqlClient
  const warm = warmOf(sql)
  const key = bytesToHex(wallet)
  const mark = yield* markNow
  const known = warm.get(key)
  // Taken out while it is worked on: a walk that is cut off must not be gone on with.
  warm.delete(key)
  const news = known === undefined ? null : yield* newsOf(wallet, known, mark)
  if (known !== undefined && news !== null) {
    known.run.moveTo(mark.atMs)
    known.run.take(news)
    const features = yield* finish(known.run)
    const guessed = new Set([...known.guessed, ...guessedIn(news, known.markets)])
    yield* keep(warm, key, { ...known, mark, rows: known.rows + news.length, guessed })
    return features
  }
  if (!(yield* allowed)) return null
  const anew = yield* measureAnew(wallet, windows, mark)
  const features = yield* finish(anew.run)
  yield* keep(warm, key, anew)
  return features
})
