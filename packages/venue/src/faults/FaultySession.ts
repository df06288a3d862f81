/**
 * A subscriber whose socket says nothing for a while, is hung up on, or gets frames it cannot read.
 */
import type { SocketSession } from "../SocketSession.ts"
import type { FaultPlan } from "./FaultPlan.ts"

const silenceMs = 300_000
const hangUpMs = 60_000

export const faultySession = (
  session: SocketSession,
  plan: FaultPlan,
  place: number,
): SocketSession => {
  let silentSlot = -1
  let hungSlot: number | null = null
  return {
    hear: session.hear,
    due: (nowMs) => {
      const frames = session.due(nowMs)
      const slot = Math.floor(nowMs / silenceMs)
      if (plan.happens("silentStream", place, slot)) {
        if (slot !== silentSlot) plan.count("silentStream")
        silentSlot = slot
        return []
      }
      if (frames.length === 0 || !plan.happens("garbledFrame", place, nowMs)) return frames
      plan.count("garbledFrame")
      return [frames[0]!.slice(0, frames[0]!.length >> 1), ...frames]
    },
    nextMs: session.nextMs,
    hangsUp: (nowMs) => {
      const slot = Math.floor(nowMs / hangUpMs)
      // The minute in which a subscriber came is over before it is hung up on.
      hungSlot ??= slot
      if (slot === hungSlot) return false
      hungSlot = slot
      if (!plan.happens("droppedSocket", place, slot)) return false
      plan.count("droppedSocket")
      return true
    },
  }
}
