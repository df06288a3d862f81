/**
 * A venue in memory: wallets' ledgers, markets, holders and outcomes, served with the paging and the
 * filters of the real one. Rows are visible from their own time on.
 */
import { Clock, Effect, Layer } from "effect"
import type { ConditionId, TokenId, WalletAddress } from "@evaluator/domain/Id"
import type { Market, Resolution } from "@evaluator/domain/market/Market"
import { usdc } from "@evaluator/domain/money/Micro"
import type { Activity, Fill } from "@evaluator/domain/trade/Trade"
import { DataApi, type Holder, type LedgerRow, type Position } from "@evaluator/polymarket/DataApi"
import { GammaApi } from "@evaluator/polymarket/GammaApi"
import type { Page, RejectedRow, Served } from "@evaluator/polymarket/Page"
import { PolymarketError, Refused, Unreachable } from "@evaluator/polymarket/PolymarketError"
import { OutcomeOpinions, type OpinionPayouts } from "@evaluator/polymarket/OutcomeOpinions"
import { PriceHistory, type PricePoint } from "@evaluator/polymarket/PriceHistory"
import { type BiggestWin, WalletBoards } from "@evaluator/polymarket/WalletBoards"

const timeOf = (row: LedgerRow): number => (row.kind === "fill" ? row.fill.atMs : row.activity.atMs)

export class FakeVenue {
  readonly activity = new Map<WalletAddress, Array<Served<LedgerRow>>>()
  readonly trades = new Map<WalletAddress, Array<Served<Fill>>>()
  readonly rejected = new Map<WalletAddress, Array<RejectedRow>>()
  readonly markets = new Map<ConditionId, Market>()
  readonly holders = new Map<ConditionId, Array<Holder>>()
  readonly resolutions = new Map<ConditionId, Resolution>()
  readonly positions = new Map<WalletAddress, Array<Position>>()
  leaders: Array<WalletAddress> = []
  winners: Array<BiggestWin> = []
  readonly points = new Map<TokenId, ReadonlyArray<PricePoint>>()
  /** Points that cannot be read, on the first page. */
  readonly badPoints = new Map<TokenId, ReadonlyArray<RejectedRow>>()
  readonly gammaSays = new Map<ConditionId, OpinionPayouts>()
  readonly clobSays = new Map<ConditionId, OpinionPayouts>()
  pageRows = 1000
  readonly requests: Array<string> = []
  /** Set to make requests fail: `null` lets one pass; what it throws is a defect. */
  fail: (request: string) => "unreachable" | "refused" | "silent" | null = () => null

  /** Adds fills to the wallets' ledgers (the activity feed). */
  addFills(
    fills: ReadonlyArray<Fill>,
    recorded: (fill: Fill, index: number) => string | null = () => null,
  ) {
    fills.forEach((value, index) => {
      const rows = this.activity.get(value.wallet) ?? []
      this.activity.set(value.wallet, rows)
      rows.push({ value: { kind: "fill", fill: value }, recorded: recorded(value, index) })
    })
    return this
  }

  addDeeds(deeds: ReadonlyArray<Activity>) {
    for (const value of deeds) {
      const rows = this.activity.get(value.wallet) ?? []
      this.activity.set(value.wallet, rows)
      rows.push({ value: { kind: "activity", activity: value }, recorded: null })
    }
    return this
  }

  private request(text: string): Effect.Effect<void, PolymarketError> {
    return Effect.suspend(() => {
      this.requests.push(text)
      const kind = this.fail(text)
      if (kind === null) return Effect.void
      if (kind === "silent") return Effect.never
      return Effect.fail(
        new PolymarketError({
          request: text,
          reason:
            kind === "refused"
              ? new Refused({ status: 400, message: "invalid cursor" })
              : new Unreachable({ status: 503, message: "down" }),
        }),
      )
    })
  }

  private page<A>(
    rows: ReadonlyArray<A>,
    limit: number,
    cursor: string | null | undefined,
    rejected: ReadonlyArray<RejectedRow> = [],
  ): Page<A> {
    const from = cursor === null || cursor === undefined ? 0 : Number(cursor)
    const size = Math.min(limit, this.pageRows)
    const end = from + size
    return {
      rows: rows.slice(from, end),
      rejected: from === 0 ? rejected : [],
      nextCursor: end < rows.length ? String(end) : null,
    }
  }

  readonly dataApi = Layer.mock(DataApi, {
    activity: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`activity ${query.user} ${query.cursor ?? "first"}`)
        const now = yield* Clock.currentTimeMillis
        const rows = (this.activity.get(query.user) ?? [])
          .filter(({ value }) => timeOf(value) <= now && timeOf(value) >= (query.startMs ?? 0))
          .toSorted((a, b) => timeOf(b.value) - timeOf(a.value))
        return this.page(rows, query.limit ?? 100, query.cursor, this.rejected.get(query.user))
      }),
    trades: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`trades ${query.user ?? query.condition} ${query.cursor ?? "first"}`)
        const now = yield* Clock.currentTimeMillis
        const all =
          query.user !== undefined
            ? (this.trades.get(query.user) ?? [])
            : [...this.activity.values()]
                .flat()
                .flatMap(({ value, recorded }) =>
                  value.kind === "fill" && value.fill.condition === query.condition
                    ? [{ value: value.fill, recorded }]
                    : [],
                )
        const rows = all
          .filter(({ value }) => value.atMs <= now && value.atMs >= (query.startMs ?? 0))
          .toSorted((a, b) => b.value.atMs - a.value.atMs)
        return this.page(rows, query.limit ?? 100, query.cursor)
      }),
    holders: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`holders ${query.condition}`)
        return this.page(this.holders.get(query.condition) ?? [], query.limit ?? 100, null)
      }),
    positions: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`positions ${query.user} ${query.cursor ?? "first"}`)
        const rows = query.user === undefined ? [] : (this.positions.get(query.user) ?? [])
        return this.page(rows, query.limit ?? 100, query.cursor)
      }),
    leaderboard: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`leaderboard ${query.category} ${query.period}`)
        const rows = this.leaders.map((wallet, index) => ({
          wallet,
          rank: index + 1,
          pnl: usdc(0),
        }))
        return this.page(rows, query.limit ?? 100, query.cursor)
      }),
    resolutions: (condition) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`resolutions ${condition}`)
        const found = this.resolutions.get(condition)
        return found === undefined ? [] : [found]
      }),
  })

  readonly gammaApi = Layer.mock(GammaApi, {
    markets: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`markets ${query.cursor ?? "first"}`)
        const rows = [...this.markets.values()].filter(
          (one) => (one.status !== "open") === query.closed,
        )
        return this.page(rows, 100, query.cursor)
      }),
    marketsByCondition: (conditions) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`describe ${conditions.length}`)
        const rows = conditions.flatMap((condition) => {
          const found = this.markets.get(condition)
          return found === undefined ? [] : [found]
        })
        return { ...this.page(rows, 100, null), ageMs: 0 }
      }),
  })

  readonly boards = Layer.mock(WalletBoards, {
    biggestWinners: (query) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`winners ${query.category} ${query.period}`)
        return this.page(this.winners, query.limit ?? 100, query.cursor)
      }),
  })

  readonly opinions = Layer.mock(OutcomeOpinions, {
    ofGamma: (conditions) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`opinions ${conditions.length}`)
        return new Map([...this.gammaSays].filter(([condition]) => conditions.includes(condition)))
      }),
    ofClob: (condition) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`clob ${condition}`)
        return this.clobSays.get(condition) ?? null
      }),
  })

  readonly prices = Layer.mock(PriceHistory, {
    points: ({ cursor, endMs, startMs, token }) =>
      Effect.gen({ self: this }, function* () {
        yield* this.request(`prices ${token}`)
        const points = (this.points.get(token) ?? []).filter(
          ({ atMs }) => atMs >= startMs && atMs < endMs,
        )
        return this.page(points, 10_000, cursor, this.badPoints.get(token))
      }),
  })

  readonly layer = Layer.mergeAll(
    this.dataApi,
    this.gammaApi,
    this.boards,
    this.opinions,
    this.prices,
  )
}
