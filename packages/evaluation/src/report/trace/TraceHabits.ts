/**
 * `ADDRESS:habits` and `ADDRESS:entries`: the fills and first purchases that habits were told from, and the
 * habits told again from them.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex, bytesToHex } from "@evaluator/domain/Id"
import type { Section } from "@evaluator/domain/report/Section"
import { type Habits, fillHabitsOf, habitsOf } from "../../evidence/Habits.ts"
import { entriesOf, newestFills, type SeenEntry } from "../../stores/Entries.ts"
import { plural, when } from "../Words.ts"
import { newest } from "./TraceNumbers.ts"

const entryRow = (entry: SeenEntry) => ({
  fill: bytesToBareHex(entry.fill),
  at_ms: entry.atMs,
  event: entry.event,
  condition: bytesToHex(entry.condition),
  outcome_index: entry.outcomeIndex,
  price: entry.price,
  size: entry.size,
  mid: entry.mid,
  mid_error: entry.midError,
  mid_from: entry.midFrom,
  payout: entry.payout,
})

export const entriesTraced = (entries: ReadonlyArray<SeenEntry>, atMs: number): Section => ({
  title: "Its first purchases",
  says: [
    `${plural(entries.length, "first purchase")} as known at ${when(atMs)}, oldest first, in millionths; why FILL says how its middle price was found.`,
  ],
  rows: newest(entries).map(entryRow),
})

export const traceEntries = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [said] = yield* sql<{ at_ms: number | null }>`SELECT max(confirmed_at_ms) AS at_ms
    FROM verdicts WHERE until_ms IS NULL`.pipe(Effect.orDie)
  const atMs = Math.max(yield* Clock.currentTimeMillis, said?.at_ms ?? 0)
  return [entriesTraced(yield* entriesOf(wallet, atMs), atMs)]
})

export const traceHabits = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [weighed] = yield* sql<{ habits: string; weighed_at_ms: number }>`SELECT habits,
    weighed_at_ms FROM wallet_evidence WHERE wallet = ${wallet} AND habits IS NOT NULL`
  if (weighed === undefined) return []
  const atMs = weighed.weighed_at_ms
  const said = JSON.parse(weighed.habits) as Habits
  const fills = (yield* newestFills(wallet, said.fills, atMs)).map(({ id, ...fill }) => ({
    fill: bytesToBareHex(id),
    ...fill,
  }))
  const entries = yield* entriesOf(wallet, atMs)
  const again = habitsOf(fillHabitsOf(fills), entries)
  const others = (Object.keys(said) as ReadonlyArray<keyof Habits>).filter(
    (habit) => said[habit] !== again[habit],
  )
  return [
    {
      title: "The fills its habits are told from",
      says: [
        `The newest ${plural(fills.length, "fill")} as stored at ${when(atMs)}, oldest first.`,
      ],
      rows: fills.map(({ atMs: at, outcomeIndex, ...fill }) => ({
        ...fill,
        at_ms: at,
        outcome_index: outcomeIndex,
      })),
    },
    entriesTraced(entries, atMs),
    {
      title: "Told again from these rows",
      says: [
        others.length === 0
          ? "Every habit is the one that was stored."
          : `Of rows that changed since, these are others than stored: ${others.join(", ")}.`,
      ],
      rows: Object.entries(again).map(([habit, value]) => ({ habit, value })),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
