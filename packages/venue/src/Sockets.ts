/**
 * Which socket a path is: `/stream` the trades, `/ws/market` the order books.
 */
import { textHash } from "./Chance.ts"
import { bookSession } from "./BookStream.ts"
import type { FaultPlan } from "./faults/FaultPlan.ts"
import { faultySession } from "./faults/FaultySession.ts"
import type { SocketSession } from "./SocketSession.ts"
import { tradeSession } from "./TradeStream.ts"
import type { World } from "./World.ts"

/** What sockets are served from. */
export interface SocketSource {
  readonly world: World
  readonly plan: FaultPlan | null
  /** How often books are compared with what was told, ms; {@link lookEveryMs} by default. */
  readonly bookEveryMs?: number
}

export type SocketPath = "/stream" | "/ws/market"

export const isSocketPath = (path: string): path is SocketPath =>
  path === "/stream" || path === "/ws/market"

/** A subscriber; `connectionId` tells it from others. */
export const openSession = (
  source: SocketSource,
  path: SocketPath,
  connectionId: string,
): SocketSession => {
  const session =
    path === "/stream"
      ? tradeSession(source.world, connectionId)
      : bookSession(source.world, source.bookEveryMs)
  const place = textHash(`${path} ${connectionId}`)
  return source.plan === null ? session : faultySession(session, source.plan, place)
}
