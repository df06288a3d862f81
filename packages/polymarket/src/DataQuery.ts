/**
 * How a page of the Data API is asked for.
 *
 * A content network keeps first pages per address for up to five minutes, and only parameters the
 * venue knows count as part of the address. The page size is such a parameter and harmless: on a
 * first page it is lowered by the second of the clock, within limits. Later pages are named by
 * their cursor, which also fixes their size.
 */
import { Clock, Effect } from "effect"
import type { RouteName } from "./Routes.ts"
import type { Query } from "./VenueHttp.ts"

const maxLimit = 1000
const defaultLimit = 1000

/** How long the venue's network keeps an answer, in seconds, for the routes that are polled. */
const cachedSeconds: Partial<Record<RouteName, number>> = { trades: 300, activity: 15 }

export interface Ask {
  readonly route: RouteName
  readonly filters: Readonly<Record<string, string | undefined>>
  readonly limit?: number | undefined
  readonly cursor?: string | null | undefined
  /** Sent only where the venue honours it; without a start all of the past is meant. */
  readonly window?: { readonly startMs?: number; readonly endMs?: number } | null
}

export const pageQuery = (ask: Ask): Effect.Effect<Query> =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => {
    const first = (ask.cursor ?? null) === null
    const limit = Math.min(Math.max(Math.trunc(ask.limit ?? defaultLimit), 1), maxLimit)
    return [
      ...present(ask.filters),
      ...present(ask.window ? windowOf(ask.window) : {}),
      ["limit", String(first ? freshLimit(limit, cachedSeconds[ask.route] ?? 0, nowMs) : limit)],
      ...present({ cursor: ask.cursor ?? undefined }),
    ]
  })

const present = (parameters: Readonly<Record<string, string | undefined>>): Query =>
  Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )

/** A start of 0 or none would mean three years back to the venue; 1 means everything. */
const windowOf = (window: { readonly startMs?: number; readonly endMs?: number }) => ({
  start: String(Math.max(1, Math.floor((window.startMs ?? 0) / 1000))),
  end: window.endMs === undefined ? undefined : String(Math.ceil(window.endMs / 1000)),
})

/** Never less than half of what was asked for. */
export const freshLimit = (limit: number, cachedForSeconds: number, nowMs: number): number => {
  const spread = Math.min(cachedForSeconds + 1, Math.floor(limit / 2))
  return spread <= 1 ? limit : limit - (Math.floor(nowMs / 1000) % spread)
}
