/**
 * Watches the queues of a run through its metrics, from outside: their law at every look, who waited
 * too long, and the heap.
 *
 * A look is between two moments of virtual time, when no queue is in the middle of a move. The heap is
 * measured after a collection, so what grows is what is held.
 */
import { Context, Metric } from "effect"
import { metrics } from "@evaluator/telemetry/Names"
import { runInNewContext } from "node:vm"
import { setFlagsFromString } from "node:v8"

export type Registry = typeof Metric.MetricRegistry extends Context.Reference<infer A> ? A : never

const fates = {
  [metrics.queueOffered.name]: "offered",
  [metrics.queueDone.name]: "done",
  [metrics.queueFailed.name]: "failed",
  [metrics.queueDropped.name]: "dropped",
  [metrics.queueCoalesced.name]: "coalesced",
  [metrics.queuePending.name]: "pending",
  [metrics.queueLate.name]: "late",
} as const
type Count = (typeof fates)[string]

export interface QueueSeen extends Partial<Record<Count, number>> {
  readonly queue: string
}

/** The queues a registry shows now. */
export const queuesIn = (registry: Registry): ReadonlyArray<QueueSeen> => {
  const found = new Map<string, Partial<Record<Count, number>>>()
  const context = Context.make(Metric.MetricRegistry, registry)
  for (const { id, attributes, state } of Metric.snapshotUnsafe(context)) {
    const count = fates[id]
    const queue = attributes?.["queue"]
    if (count === undefined || queue === undefined) continue
    const value = Number("count" in state ? state.count : "value" in state ? state.value : 0)
    const counts = found.get(queue) ?? {}
    found.set(queue, { ...counts, [count]: value })
  }
  return [...found].map(([queue, counts]) => ({ queue, ...counts }))
}

/** What is wrong with a queue's counters, in words. */
export const queueFaults = (seen: ReadonlyArray<QueueSeen>): ReadonlyArray<string> =>
  seen.flatMap(({ queue, offered = 0, late = 0, ...rest }) => {
    const { done = 0, failed = 0, dropped = 0, coalesced = 0, pending = 0 } = rest
    const fates = done + failed + dropped + coalesced + pending
    return [
      ...(fates === offered ? [] : [`queue ${queue}: ${offered} items have ${fates} fates`]),
      ...(late === 0 ? [] : [`queue ${queue}: ${late} items waited over its worst delay`]),
    ]
  })

const collect = () => {
  setFlagsFromString("--expose-gc")
  const gc = runInNewContext("gc") as () => void
  setFlagsFromString("--no-expose-gc")
  return gc
}

export interface QueueWatch {
  readonly registry: Registry
  /** Called at each new moment of virtual time. */
  readonly moved: (nowMs: number) => void
  readonly faults: () => ReadonlyArray<string>
  /** MB held at each look, in order. */
  readonly heap: ReadonlyArray<number>
}

/** Looks at most every `everyMs` of virtual time. */
export const watchQueues = (everyMs: number): QueueWatch => {
  const registry: Registry = new Map()
  const gc = collect()
  const heap: Array<number> = []
  const faults = new Map<string, number>()
  let nextMs = -Infinity
  const moved = (nowMs: number) => {
    if (nowMs < nextMs) return
    nextMs = nowMs + everyMs
    for (const fault of queueFaults(queuesIn(registry))) faults.set(fault, nowMs)
    gc()
    heap.push(process.memoryUsage().heapUsed / 1e6)
  }
  const told = () => [...faults].map(([fault, atMs]) => `${new Date(atMs).toISOString()}: ${fault}`)
  return { registry, moved, faults: told, heap }
}

/** Growth from the second quarter to the last, as a share: 0 when what is held stays the same. */
export const growth = (heap: ReadonlyArray<number>): number => {
  const quarter = Math.floor(heap.length / 4)
  const most = (from: number, to: number) => Math.max(...heap.slice(from, to))
  return most(3 * quarter, heap.length) / most(quarter, 2 * quarter) - 1
}
