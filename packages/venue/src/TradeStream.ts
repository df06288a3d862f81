/**
 * The trade stream in the form of the real venue's live-data socket: one frame a trade, camelCase,
 * with the trader's wallet. It is an accelerator: it has fills only, and rows of a recording whose
 * values are odd are told by the feeds alone.
 */
import * as Result from "effect/Result"
import type { SocketSession } from "./SocketSession.ts"
import type { VenueRow, World } from "./World.ts"

export interface TradePayload {
  readonly asset: string
  readonly bio: string
  readonly conditionId: string
  readonly eventSlug: string
  readonly icon: string
  readonly name: string
  readonly outcome: string
  readonly outcomeIndex: number
  readonly price: number
  readonly profileImage: string
  readonly proxyWallet: string
  readonly pseudonym: string
  readonly side: string
  readonly size: number
  readonly slug: string
  /** Seconds. */
  readonly timestamp: number
  readonly title: string
  readonly transactionHash: string
  readonly recorded?: string
}

/** Trades that became visible after `fromMs` and by `toMs`, as payloads, each with its moment. */
export const payloadsIn = (
  world: World,
  fromMs: number,
  toMs: number,
): ReadonlyArray<{ readonly visibleMs: number; readonly payload: TradePayload }> =>
  world
    .tradesVisibleIn(fromMs, toMs)
    .filter((row) => row.odd === undefined)
    .map((row) => ({ visibleMs: row.visibleMs, payload: payloadOf(row) }))

const payloadOf = (row: VenueRow): TradePayload => ({
  asset: row.token,
  bio: "",
  conditionId: row.condition,
  eventSlug: row.eventSlug,
  icon: "",
  name: row.pseudonym,
  outcome: row.outcome,
  outcomeIndex: row.outcomeIndex,
  price: row.price,
  profileImage: "",
  proxyWallet: row.wallet,
  pseudonym: row.pseudonym,
  side: row.side,
  size: row.size,
  slug: row.slug,
  timestamp: row.atSeconds,
  title: row.title,
  transactionHash: row.transaction,
  ...(row.recorded === undefined ? {} : { recorded: row.recorded }),
})

/** A frame as it goes over the socket; `timestamp` is the moment of sending, ms. */
export const frameOf = (payload: TradePayload, connectionId: string, nowMs: number): string =>
  JSON.stringify({
    connection_id: connectionId,
    payload,
    timestamp: nowMs,
    topic: "activity",
    type: "trades",
  })

export type ClientFrame =
  | { readonly kind: "subscribed" }
  | { readonly kind: "ignored" }
  /** One unknown topic spoils the whole frame; `answer` says so. */
  | { readonly kind: "refused"; readonly answer: string }

/** What a client's frame means. PING and everything that is no subscription is ignored. */
export const readClientFrame = (text: string): ClientFrame => {
  const parsed = Result.getOrElse(
    Result.try(() => JSON.parse(text) as unknown),
    () => null,
  )
  const frame = typeof parsed === "object" && parsed !== null ? parsed : {}
  const { action, subscriptions } = frame as { action?: unknown; subscriptions?: unknown }
  if (action !== "subscribe" || !Array.isArray(subscriptions)) return { kind: "ignored" }
  for (const wish of subscriptions as ReadonlyArray<{ topic?: unknown; type?: unknown } | null>) {
    if (wish?.topic !== "activity") {
      const message = `leger GetTopics error: ${String(wish?.topic)} not found`
      return { kind: "refused", answer: JSON.stringify({ body: { message }, statusCode: 401 }) }
    }
  }
  const wanted = (subscriptions as ReadonlyArray<{ type?: unknown }>).some(
    ({ type }) => type === "trades" || type === "*",
  )
  return wanted ? { kind: "subscribed" } : { kind: "ignored" }
}

/** How far back a subscriber catches up. */
const mostBehindMs = 60_000

/** A subscriber of the trade stream: trades from its subscription on, each once. */
export const tradeSession = (world: World, connectionId: string): SocketSession => {
  let sentMs: number | null = null
  return {
    hear: (text, nowMs) => {
      const frame = readClientFrame(text)
      if (frame.kind === "subscribed") sentMs ??= nowMs
      return frame.kind === "refused" ? [frame.answer] : []
    },
    due: (nowMs) => {
      if (sentMs === null) return []
      const payloads = payloadsIn(world, Math.max(sentMs, nowMs - mostBehindMs), nowMs)
      sentMs = nowMs
      return payloads.map(({ payload }) => frameOf(payload, connectionId, nowMs))
    },
    nextMs: () => (sentMs === null ? null : world.nextTradeAfter(sentMs)),
    hangsUp: () => false,
  }
}
