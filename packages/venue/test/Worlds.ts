/** Worlds and requests that several tests share. */
import * as Api from "../src/Api.ts"
import * as SeededWorld from "../src/seeded/SeededWorld.ts"
import { DAY, type WorldConfig } from "../src/seeded/WorldConfig.ts"
import type { RowQuery, World } from "../src/World.ts"

export const epochMs = 1_795_600_000_000

/** Twenty days of past: every behaviour, in a tenth of a second. */
export const smallWorld = (seed = 42, config: Partial<WorldConfig> = {}): World =>
  SeededWorld.make({ seed, epochMs, config: { pastDays: 20, ...config } })

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly json: Record<string, any>
}

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
  const json = headers["content-type"] === "application/json" ? JSON.parse(text) : {}
  return { status, headers, text, json }
}

/** Every page of a list, by cursor; fails after 1,000 pages. */
export const allPages = (
  api: Api.VenueApi,
  url: string,
  nowMs: number,
): ReadonlyArray<Record<string, any>> => {
  const rows: Array<Record<string, any>> = []
  let cursor: string | null = ""
  for (let page = 0; page < 1000; page++) {
    const { status, json } = ask(api, cursor === "" ? url : `${url}&cursor=${cursor}`, nowMs)
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
