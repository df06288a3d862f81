/**
 * `ADDRESS:coverage`: what a wallet's coverage was counted from, as it was stored when the wallet was
 * weighed; feeds that went on since do not change it.
 *
 * Limits: the newest {@link rowsTraced} markets; copies as {@link soloCopies} reads them.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { bytesToBareHex } from "@evaluator/domain/Id"
import type { Section } from "@evaluator/domain/report/Section"
import { feedGapOutcomes } from "../../evidence/Copyable.ts"
import { type Coverage, soloCopies } from "../../stores/Evidence.ts"
import { when } from "../Words.ts"
import { shown, type Stored } from "./TraceHistory.ts"
import { rowsTraced } from "./TraceNumbers.ts"

export const traceCoverage = Effect.fnUntraced(function* (wallet: Uint8Array) {
  const sql = yield* SqlClient.SqlClient
  const [weighed] = yield* sql<{ weighed_at_ms: number; coverage: string }>`SELECT weighed_at_ms,
      coverage FROM wallet_evidence WHERE wallet = ${wallet} AND weighed_at_ms IS NOT NULL`
  if (weighed === undefined) return []
  const { weighed_at_ms: weighedMs } = weighed
  const coverage = JSON.parse(weighed.coverage) as Coverage
  const describedMs = coverage.describedAtMs ?? weighedMs
  const markets = yield* sql<Stored>`SELECT e.condition, e.fill,
      iif(m.first_seen_at_ms <= ${describedMs}, m.event_slug, NULL) AS event,
      r.seen_at_ms AS outcome_seen_at_ms FROM wallet_entries e
    LEFT JOIN markets m ON m.condition = e.condition
    LEFT JOIN resolutions r ON r.condition = e.condition AND r.final = 1
      AND r.seen_at_ms <= ${describedMs} AND coalesce(r.resolved_at_ms, r.seen_at_ms) <= ${describedMs}
    WHERE e.wallet = ${wallet} AND e.at_ms <= ${describedMs} AND e.seen_at_ms <= ${describedMs}
    ORDER BY e.at_ms DESC LIMIT ${rowsTraced}`
  const copies = yield* soloCopies(wallet, weighedMs)
  return [
    {
      title: "How far its rows reached",
      says: [
        `As stored when it was weighed, ${when(weighedMs)}. The share of its history is (complete through − first fill) ÷ (weighed at − first fill), at most 1.`,
      ],
      rows: [
        {
          first_fill_ms: coverage.firstFillMs,
          complete_through_ms: coverage.completeThroughMs,
          weighed_at_ms: weighedMs,
          described_at_ms: describedMs,
          fills: coverage.fills,
        },
      ],
    },
    {
      title: "Markets it went into",
      says: [
        `As known at ${when(describedMs)}. Without an event its facts were not known; without an outcome it was open.`,
      ],
      rows: shown(markets),
    },
    {
      title: "Copies that a feed, a book or time prevented",
      says: [`Of fills up to ${when(weighedMs)}.`],
      rows: copies
        .filter(({ outcome }) => feedGapOutcomes.includes(outcome))
        .map(({ fill, leaderAtMs, outcome }) => ({
          fill: bytesToBareHex(fill),
          leader_at_ms: leaderAtMs,
          outcome,
        })),
    },
  ] satisfies ReadonlyArray<Section>
}, Effect.orDie)
