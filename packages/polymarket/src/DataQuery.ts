/**
 * How a page of the Data API is asked for.
 *
 * A content network keeps first pages per address for up to five minutes, and only parameters the
 * venue knows count as part of the address. The page size is such a parameter and harmless: on a
 * first page it is lowered by the second of the clock, within limits. Later pages are named by
 * their cursor, which also fixes their size.
 */
import { Clock, Effect } from "effect"
import type { Answer } from "./Answer.ts"
import type { PolymarketError } from "./PolymarketError.ts"
import type { RouteName } from "./Routes.ts"
import type { Query, VenueHttp } from "./VenueHttp.ts"

const maxLimit = 1000
const defaultLimit = 1000
/** Addresses of the next seconds belong to the next polls: a second try goes elsewhere. */
const turnApart = 7

/** How long the venue's network keeps an answer, in seconds, for the routes that are polled. */
const cachedSeconds: Partial<Record<RouteName, number>> = { trades: 300, activity: 15 }

export interface Ask {
  readonly route: RouteName
  readonly filters: Readonly<Record<string, string | undefined>>
  readonly limit?: number | undefined
  readonly cursor?: string | null | undefined
  /** A first page out of a cache and older than this is asked for again under another address; a later one fails. */
  readonly maxAgeMs?: number | undefined
  /** Sent only where the venue honours it; without a start all of the past is meant. */
  readonly window?: { readonly startMs?: number; readonly endMs?: number } | null
}

/** The parameters of a page; each `turn` gives a first page another address. */
export const pageQuery = (ask: Ask, turn = 0): Effect.Effect<Query> =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => {
    const first = (ask.cursor ?? null) === null
    const limit = Math.min(Math.max(Math.trunc(ask.limit ?? defaultLimit), 1), maxLimit)
    return [
      ...present(ask.filters),
      ...present(ask.window ? windowOf(ask.window) : {}),
      [
        "limit",
        String(first ? freshLimit(limit, cachedSeconds[ask.route] ?? 0, nowMs, turn) : limit),
      ],
      ...present({ cursor: ask.cursor ?? undefined }),
    ]
  })

/** Addresses that a first page is asked for under before its copies are called stale. */
const mostTurns = 3

/**
 * A page; a first one under another address as long as a cache answers with a copy too old for the
 * caller. A later page has one address only: its copy fails with `Stale` at once.
 */
export const passingCache = Effect.fnUntraced(function* (
  http: VenueHttp["Service"],
  ask: Ask,
): Effect.fn.Return<Answer, PolymarketError> {
  const { maxAgeMs } = ask
  const turns = (ask.cursor ?? null) === null ? mostTurns : 1
  for (let turn = 1; turn < turns; turn++) {
    const answer = yield* http
      .get(ask.route, yield* pageQuery(ask, turn - 1), { maxAgeMs })
      .pipe(Effect.catchReason("PolymarketError", "Stale", () => Effect.succeed(null)))
    if (answer !== null) return answer
  }
  return yield* http.get(ask.route, yield* pageQuery(ask, turns - 1), { maxAgeMs })
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
export const freshLimit = (
  limit: number,
  cachedForSeconds: number,
  nowMs: number,
  turn = 0,
): number => {
  const spread = Math.min(cachedForSeconds + 1, Math.floor(limit / 2))
  return spread <= 1 ? limit : limit - ((Math.floor(nowMs / 1000) + turn * turnApart) % spread)
}
