/** Worlds and requests that several tests share. */
import * as Api from "../src/Api.ts"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import { DAY } from "../src/seeded/Durations.ts"
import type { RowQuery } from "../src/World.ts"
import type { WorldChanges } from "../src/WorldParameters.ts"

export const epochMs = 1_795_600_000_000

/** Twenty days of past: every behaviour, in a tenth of a second. */
export const smallWorld = (seed = 42, changes: WorldChanges = {}): SeededWorld.SeededWorld =>
  SeededWorld.make({ seed, epochMs, pastDays: 20, ...changes })

/** Fields of the venue's rows, markets, books and events that tests look at, together. */
export interface Wire {
  readonly proxy_wallet: string
  readonly side: string
  readonly token_id: string
  readonly condition_id: string
  readonly size: number
  readonly price: number
  readonly timestamp: number
  readonly title: string
  readonly outcome: string
  readonly outcome_index: number
  readonly transaction_hash: string
  readonly recorded: string
  readonly type: string
  readonly usdc_size: number
  readonly status: string
  readonly current_size: number
  readonly current_value: number
  readonly entry_cost_usdc: number
  readonly unrealized_pnl: number
  readonly payouts: readonly [number, number]
  readonly holders: ReadonlyArray<{ readonly amount: number }>
  readonly position_id: string
  readonly resolution_seconds: number
  readonly user_id: string
  readonly rank: number
  readonly rank_pnl: number
  readonly pnl: number
  readonly trades: number
  readonly id: string
  readonly conditionId: string
  readonly question: string
  readonly description: string
  readonly closed: boolean
  readonly closedTime: string
  readonly acceptingOrders: boolean
  readonly clobTokenIds: string
  readonly outcomes: string
  readonly outcomePrices: string
  readonly volume: string
  readonly volumeNum: number
  readonly volume24hr: number
  readonly endDate: string
  readonly negRisk: boolean
  readonly negRiskMarketID: string
  readonly groupItemTitle: string
  readonly umaResolutionStatus: string
  readonly orderPriceMinTickSize: number
  readonly events: ReadonlyArray<Wire>
  readonly tags: ReadonlyArray<{ readonly label: string }>
  readonly markets: ReadonlyArray<Wire> | undefined
}

export interface WireLevel {
  readonly price: string
  readonly size: string
}

/** Fields of answers. */
export interface WireBody {
  readonly data: ReadonlyArray<Wire>
  readonly pagination: { readonly has_more: boolean; readonly next_cursor: string | null }
  readonly markets: ReadonlyArray<Wire>
  readonly events: ReadonlyArray<Wire>
  readonly next_cursor: string | undefined
  readonly error: string
  readonly code: string
  readonly id: string
  readonly asset_id: string
  readonly bids: ReadonlyArray<WireLevel>
  readonly asks: ReadonlyArray<WireLevel>
  readonly tick_size: string
  readonly min_order_size: string
  readonly timestamp: string
  readonly hash: string
  readonly assumed: boolean | undefined
  readonly t: ReadonlyArray<{ readonly t: string; readonly o: string }>
  readonly mts: number
  readonly fd: { readonly r: number } | undefined
  readonly nr: boolean | undefined
  readonly ao: boolean
  readonly tokens: ReadonlyArray<{ readonly token_id: string; readonly winner: boolean }>
  readonly closed: boolean
  readonly is_50_50_outcome: boolean
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly json: WireBody
}

/** The single object some routes answer with instead of a list. */
export const single = (reply: Reply): Wire | null => reply.json.data as unknown as Wire | null

export const ask = (api: Api.VenueApi, url: string, nowMs: number, body?: unknown): Reply => {
  const { pathname, searchParams } = new URL(url, "http://venue")
  const {
    status,
    headers,
    body: text,
  } = api.handle(
    {
      method: body === undefined ? "GET" : "POST",
      path: pathname,
      query: searchParams,
      body: body === undefined ? "" : JSON.stringify(body),
    },
    nowMs,
  )
  const json: WireBody = JSON.parse(headers["content-type"] === "application/json" ? text : "{}")
  return { status, headers, text, json }
}

/** Every page of a list, by cursor; fails after 1,000 pages. */
export const allPages = (api: Api.VenueApi, url: string, nowMs: number): ReadonlyArray<Wire> => {
  const rows: Array<Wire> = []
  let cursor: string | null = ""
  for (let page = 0; page < 1000; page++) {
    const { status, json }: Reply = ask(api, cursor === "" ? url : `${url}&cursor=${cursor}`, nowMs)
    if (status !== 200) throw new Error(`${url}: ${status} ${JSON.stringify(json)}`)
    rows.push(...json["data"])
    cursor = json["pagination"].next_cursor
    if (json["pagination"].has_more !== (cursor !== null)) throw new Error("has_more lies")
    if (cursor === null) return rows
  }
  throw new Error("more than 1,000 pages")
}

export const everything: RowQuery = {
  feed: "ledger",
  takerOnly: false,
  minimumShares: 0,
  minimumUsdc: 0,
  fromSeconds: 0,
  toSeconds: 4_000_000_000,
  order: "asc",
  after: null,
  limit: 1_000_000,
}

export { Api, DAY }
