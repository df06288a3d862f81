/**
 * The venue's routes that we call, and its documented limits: requests in any ten seconds.
 *
 * The limits are the venue's own page on rate limits, per address. A route counts against
 * every limit it lists.
 */
import type { Host } from "./VenueEndpoints.ts"

/** The span over which the venue counts. */
export const windowMs = 10_000

export const limits = {
  everything: 15_000,
  gamma: 4000,
  gammaLists: 900,
  gammaEvents: 500,
  gammaMarkets: 300,
  gammaSearch: 350,
  gammaTags: 200,
  data: 800,
  dataTrades: 300,
  dataPositions: 200,
  clob: 9000,
  clobBook: 1500,
  clobBooks: 500,
  clobPricesHistory: 1000,
  clobTickSize: 200,
} as const satisfies Readonly<Record<string, number>>

export type LimitName = keyof typeof limits
export const limitNames = Object.keys(limits) as ReadonlyArray<LimitName>

export interface Route {
  readonly host: Host
  readonly method: "GET" | "POST"
  /** What is asked for may be named by one more segment behind it. */
  readonly path: string
  /** The limit that a throttle of this route is taken to speak of. */
  readonly narrowest: LimitName
  readonly limits: ReadonlyArray<LimitName>
}

const at =
  (host: Host) =>
  (path: string, ...narrow: ReadonlyArray<LimitName>): Route => ({
    host,
    method: "GET",
    path,
    narrowest: narrow[0] ?? host,
    limits: [...narrow, host, "everything"],
  })

const gamma = at("gamma")
const data = at("data")
const clob = at("clob")

export const routes = {
  markets: gamma("/markets/keyset", "gammaMarkets", "gammaLists"),
  events: gamma("/events/keyset", "gammaEvents", "gammaLists"),
  trades: data("/v2/trades", "dataTrades"),
  activity: data("/v2/activity"),
  positions: data("/v2/positions", "dataPositions"),
  holders: data("/v2/holders"),
  leaderboard: data("/v2/leaderboard"),
  resolutions: data("/v2/resolutions"),
  biggestWinners: data("/v2/biggest-winners"),
  userStats: data("/v2/user-stats"),
  pricesHistory: data("/v2/prices-history"),
  status: data("/v2/status"),
  book: clob("/book", "clobBook"),
  /** The only POST: it reads, the list of tokens is too long for an address. */
  books: { ...clob("/books", "clobBooks"), method: "POST" as const },
  clobMarket: clob("/clob-markets"),
  /** The CLOB's older spelling of a market, asked for who won it. */
  clobOutcome: clob("/markets"),
  time: clob("/time"),
}

export type RouteName = keyof typeof routes

/** `data/v2/trades`: how a route is called in metrics, spans and errors. */
export const labelOf = (route: Route): string => `${route.host}${route.path}`

/** One of something for every route. */
export const perRoute = <A>(
  make: (route: Route, name: RouteName) => A,
): Readonly<Record<RouteName, A>> =>
  Object.fromEntries(
    Object.entries(routes).map(([name, route]) => [name, make(route, name as RouteName)]),
  ) as Record<RouteName, A>
