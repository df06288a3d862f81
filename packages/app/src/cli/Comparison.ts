/**
 * Two directories of the same recording side by side: which fills were decided otherwise, by which
 * gate or at which price, and what that did to the result.
 *
 * Reads paper.db of both, ordered by fill, {@link pageRows} rows at a time. Limits: at most
 * {@link mostListed} differences are listed; all are counted.
 */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import { formatMicro } from "@evaluator/domain/money/Micro"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import type { SettingsShape } from "../Settings.ts"
import { toPlain } from "../Settings.ts"
import { openLane } from "./Reader.ts"

export const pageRows = 2000
export const mostListed = 100_000

interface Decided {
  readonly fill_id: Uint8Array
  readonly strategy: Strategy
  readonly outcome: string | null
  readonly gate: string | null
  readonly gate_value: number | null
  readonly gate_limit: number | null
  readonly wallet: Uint8Array
  readonly side: string
  readonly leader_at_ms: number
  readonly size: number | null
  readonly gross: number | null
  readonly fee: number | null
  readonly pnl: number | null
}

/** `outcome`: decided otherwise. `price`: filled otherwise. `result`: only worth another amount. */
export type Difference = "outcome" | "price" | "result"

const differenceOf = (a: Decided | null, b: Decided | null): Difference | null => {
  if (a?.outcome !== b?.outcome || a?.gate !== b?.gate) return "outcome"
  if (a?.size !== b?.size || a?.gross !== b?.gross || a?.fee !== b?.fee) return "price"
  return a?.pnl === b?.pnl ? null : "result"
}

const money = (micro: number | null | undefined) => (micro == null ? null : formatMicro(micro))

type Facts = "outcome" | "gate" | "value" | "limit" | "shares" | "price" | "fee_usdc" | "pnl_usdc"
type OneSide<Name extends string> = Readonly<Record<`${Name}_${Facts}`, string | number | null>>

const oneSide = <const Name extends "a" | "b">(name: Name, copy: Decided | null): OneSide<Name> => {
  const facts: Readonly<Record<Facts, string | number | null>> = {
    outcome: copy?.outcome ?? null,
    gate: copy?.gate ?? null,
    value: copy?.gate_value ?? null,
    limit: copy?.gate_limit ?? null,
    shares: money(copy?.size),
    price:
      copy?.size == null || copy.size === 0 ? null : Number((copy.gross! / copy.size).toFixed(6)),
    fee_usdc: money(copy?.fee),
    pnl_usdc: money(copy?.pnl),
  }
  return Object.fromEntries(
    Object.entries(facts).map(([fact, value]) => [`${name}_${fact}`, value]),
  ) as OneSide<Name>
}

const listed = (differs: Difference, a: Decided | null, b: Decided | null) => {
  const either = (a ?? b)!
  return {
    id: bytesToBareHex(either.fill_id),
    strategy: either.strategy,
    differs,
    wallet: bytesToHex(either.wallet),
    side: either.side,
    leader_at_ms: either.leader_at_ms,
    ...oneSide("a", a),
    ...oneSide("b", b),
  }
}
export type ListedDifference = ReturnType<typeof listed>

const tally = (strategy: Strategy) => ({
  strategy,
  fills: 0,
  same: 0,
  outcome: 0,
  price: 0,
  result: 0,
  copiedA: 0,
  copiedB: 0,
  pnlA: 0,
  pnlB: 0,
})

/** The copies of a file, by fill and strategy. */
const decisions = (sql: SqlClient.SqlClient) => {
  let page: ReadonlyArray<Decided> = []
  let at = 0
  let over = false
  return Effect.gen(function* () {
    if (at >= page.length && !over) {
      const last = page.at(-1)
      page = yield* sql<Decided>`SELECT fill_id, strategy, outcome, gate, gate_value, gate_limit,
          wallet, side, leader_at_ms, size, gross, fee, pnl FROM copies
        WHERE (fill_id, strategy) > (${last?.fill_id ?? new Uint8Array()}, ${last?.strategy ?? ""})
        ORDER BY fill_id, strategy LIMIT ${pageRows}`
      at = 0
      over = page.length === 0
    }
    return page[at++] ?? null
  }).pipe(Effect.orDie)
}

const keyOf = (one: Decided) => `${bytesToBareHex(one.fill_id)} ${one.strategy}`

/** `a` and `b` are data directories. */
export const compareCopies = Effect.fnUntraced(function* (a: string, b: string) {
  const nextA = decisions(yield* openLane(a, "paper"))
  const nextB = decisions(yield* openLane(b, "paper"))
  const tallies = new Map(Strategy.literals.map((one) => [one, tally(one)]))
  const list: Array<ListedDifference> = []
  let oneA = yield* nextA
  let oneB = yield* nextB
  while (oneA !== null || oneB !== null) {
    const onlyA = oneB === null || (oneA !== null && keyOf(oneA) < keyOf(oneB))
    const onlyB = oneA === null || (oneB !== null && keyOf(oneB) < keyOf(oneA))
    const left = onlyB ? null : oneA
    const right = onlyA ? null : oneB
    const sums = tallies.get((left ?? right)!.strategy)!
    const differs = differenceOf(left, right)
    sums.fills += 1
    sums[differs ?? "same"] += 1
    sums.copiedA += left?.outcome === "COPIED" ? 1 : 0
    sums.copiedB += right?.outcome === "COPIED" ? 1 : 0
    // A sale's own result is booked with the purchase it closes.
    sums.pnlA += left?.pnl ?? 0
    sums.pnlB += right?.pnl ?? 0
    if (differs !== null && list.length < mostListed) list.push(listed(differs, left, right))
    if (left !== null) oneA = yield* nextA
    if (right !== null) oneB = yield* nextB
  }
  const strategies = [...tallies.values()].map(({ pnlA, pnlB, copiedA, copiedB, ...counts }) => ({
    ...counts,
    a_copied: copiedA,
    b_copied: copiedB,
    a_pnl_usdc: formatMicro(pnlA),
    b_pnl_usdc: formatMicro(pnlB),
    b_over_a_usdc: formatMicro(pnlB - pnlA),
  }))
  const differing = strategies.reduce((sum, { fills, same }) => sum + fills - same, 0)
  return {
    strategies,
    complete: differing === list.length,
    differences: list.toSorted((x, y) => x.leader_at_ms - y.leader_at_ms),
  }
}, Effect.scoped)

/** The settings that are not the same, as text. */
export const settingsBetween = (a: SettingsShape, b: SettingsShape) => {
  const leaves = (settings: SettingsShape) =>
    new Map(
      Object.entries(toPlain(settings) as Record<string, Record<string, unknown>>).flatMap(
        ([section, keys]) =>
          Object.entries(keys).map(([key, value]): readonly [string, string] => [
            `${section}.${key}`,
            JSON.stringify(value),
          ]),
      ),
    )
  const ofB = leaves(b)
  return [...leaves(a)].flatMap(([setting, value]) =>
    ofB.get(setting) === value ? [] : [{ setting, a: value, b: ofB.get(setting) ?? null }],
  )
}

export interface Comparison {
  readonly settings: ReturnType<typeof settingsBetween>
  readonly strategies: Effect.Success<ReturnType<typeof compareCopies>>["strategies"]
  /** The list has every difference. */
  readonly complete: boolean
  readonly differences: ReadonlyArray<ListedDifference>
}
