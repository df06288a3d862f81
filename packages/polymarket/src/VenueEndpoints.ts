/**
 * Where the venue is: the real one, or the embedded one on loopback.
 *
 * A base URL has no trailing slash and may have a path. Nothing in this package sends a request
 * anywhere else, and no redirect is followed.
 */
import { Context, Layer } from "effect"

export interface Endpoints {
  /** Market metadata, e.g. `https://gamma-api.polymarket.com`. */
  readonly gamma: string
  /** Wallets and fills, without the `/v2` of its routes. */
  readonly data: string
  /** Order books. */
  readonly clob: string
  /** The trade stream, `wss://…`. */
  readonly stream: string
  /** The order books' socket, `wss://…/ws/market`. */
  readonly books: string
  /** The real venue answers 403 to clients that do not say who they are. */
  readonly userAgent: string
}

export type Host = "gamma" | "data" | "clob"

const userAgent = "trader-evaluator/0.1"

export const polymarketEndpoints: Endpoints = {
  gamma: "https://gamma-api.polymarket.com",
  data: "https://data-api.polymarket.com",
  clob: "https://clob.polymarket.com",
  stream: "wss://ws-live-data.polymarket.com",
  books: "wss://ws-subscriptions-clob.polymarket.com/ws/market",
  userAgent,
}

/** The embedded venue's hosts are paths of one server: `/gamma`, `/data`, `/clob`, `/stream`, `/ws`. */
export const embeddedEndpoints = (base: string): Endpoints => ({
  gamma: `${base}/gamma`,
  data: `${base}/data`,
  clob: `${base}/clob`,
  stream: `${base.replace(/^http/, "ws")}/stream`,
  books: `${base.replace(/^http/, "ws")}/ws/market`,
  userAgent,
})

export class VenueEndpoints extends Context.Service<VenueEndpoints, Endpoints>()(
  "polymarket/VenueEndpoints",
) {
  static readonly layerOf = (endpoints: Endpoints) => Layer.succeed(VenueEndpoints, endpoints)
}
