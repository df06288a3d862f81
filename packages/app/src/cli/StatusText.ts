/**
 * The state of the service as a page of a terminal: funnel with drop-off and reasons, copies, ledger,
 * ranking, what is due, how large the tables are.
 */
import type { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import type { Effect } from "effect"
import type { ServiceState } from "../Control.ts"
import type { StatusDocument } from "../StatusDocument.ts"
import { timeOf } from "./Readable.ts"
import { renderTable, type Row, type TableStyle } from "./Table.ts"

/** Reasons shown; the document has all of them. */
export const reasonsShown = 12
/** Tables shown, largest first; the document has all of them. */
export const tablesShown = 8

type Reports = EvaluationReports["Service"]

/** What the background lane adds to the status document. */
export interface BackgroundFigures {
  readonly verdicts: Effect.Success<Reports["verdicts"]>
  readonly filters: Effect.Success<Reports["filters"]>
  readonly facts: Effect.Success<Reports["facts"]>
  readonly storage: Effect.Success<Reports["storage"]>
}

const megabytes = (bytes: number | null): string | null =>
  bytes === null ? null : `${(bytes / 1_000_000).toFixed(1)} MB`

const backgroundSections = ({
  facts,
  filters,
  storage,
  verdicts,
}: BackgroundFigures): ReadonlyArray<readonly [string, ReadonlyArray<Row>]> => [
  [
    `Verdicts of ${verdicts.discovered} wallets`,
    (["classified", "excluded", "waiting"] as const).map((verdict) => ({
      verdict,
      wallets: verdicts[verdict],
    })),
  ],
  [
    filters === null
      ? "Open markets: not scored yet"
      : `Open markets: ${filters.passed} of ${filters.open} pass every filter; some of the others fail several`,
    Object.entries(filters?.failed ?? {}).map(([filter, markets]) => ({ filter, markets })),
  ],
  [
    `Markets that stored rows name: ${facts.described} of ${facts.conditions} have facts${
      facts.doubted === 0 ? "" : `; the outcome of ${facts.doubted} is in doubt`
    }${facts.overruled === 0 ? "" : `; that of ${facts.overruled} was decided despite a doubt`}`,
    facts.missing.map(({ reason, conditions }) => ({ reason, conditions })),
  ],
  [
    storage.used_bytes === null
      ? "Tables: not measured yet"
      : `Tables: ${megabytes(storage.used_bytes)} of ${megabytes(storage.max_bytes)}, ${storage.gives_up} given up`,
    storage.tables.slice(0, tablesShown).map((size) => ({
      table: size.table,
      rows: size.rows,
      size: megabytes(size.bytes),
      "rows a day": size.rows_per_day,
      "growth a day": megabytes(size.bytes_per_day),
      keeps: size.keeps,
    })),
  ],
]

/** Stages that are a part of the one named: the share of it that got so far. */
const partOf: Readonly<Record<string, string>> = {
  markets_scored: "markets",
  classified: "wallets",
  excluded: "wallets",
  followable: "wallets",
  paper_trading: "followable",
  approved: "paper_trading",
  ranked: "wallets",
}

const funnelRows = (funnel: StatusDocument["funnel"]): ReadonlyArray<Row> =>
  Object.entries(funnel).map(([stage, count]) => {
    const whole = partOf[stage]
    const of = whole === undefined ? undefined : funnel[whole]
    return {
      stage: stage.replaceAll("_", " "),
      reached: count,
      share:
        whole === undefined || of === undefined || of === 0
          ? null
          : `${((100 * count) / of).toFixed(1)}% of ${whole.replaceAll("_", " ")}`,
    }
  })

const serviceLine = (service: ServiceState | null): string =>
  service === null
    ? "The service is not running."
    : `The service runs (pid ${service.pid}, since ${timeOf(service.startedAtMs)})${
        service.degraded.length === 0 ? "." : `, degraded: ${service.degraded.join("; ")}.`
      }`

const haltLine = ({ halt }: StatusDocument): string | null =>
  halt === null
    ? null
    : `HALTED: ${halt.reason}, until ${halt.until_ms === null ? "resumed by hand" : timeOf(halt.until_ms)}.`

/** Whose data it is, how the service is, whether copying is halted. */
export const headOf = (status: StatusDocument, service: ServiceState | null): string =>
  [
    status.venue === null ? "No venue recorded." : `Data of ${status.venue}.`,
    serviceLine(service),
    haltLine(status),
  ]
    .filter((line) => line !== null)
    .join("\n")

export const statusText = (
  status: StatusDocument,
  service: ServiceState | null,
  style: TableStyle,
  background: BackgroundFigures | null = null,
): string => {
  const { copies, ledger } = status
  const dueRows = status.due.filter(({ count }) => count > 0)
  const sections: ReadonlyArray<readonly [string, ReadonlyArray<Row>]> = [
    ["Funnel: distinct ids that ever reached a stage", funnelRows(status.funnel)],
    [
      `Copies of ${copies.leader_fills} leader fills, as of ${timeOf(copies.as_of_ms)}`,
      [
        ...Object.entries(copies.outcomes).map(([outcome, fills]) => ({ outcome, fills })),
        { outcome: "in flight", fills: copies.in_flight },
        { outcome: "undetected", fills: copies.undetected },
      ],
    ],
    [
      `Paper ledger, ${ledger.balanced ? "balanced" : "NOT BALANCED (see ledger check)"}`,
      [
        { account: "cash", usdc: ledger.cash_usdc },
        { account: "equity", usdc: ledger.equity_usdc },
        { account: "realized", usdc: ledger.realized_pnl_usdc },
        { account: "fees", usdc: ledger.fees_usdc },
      ],
    ],
    [
      "Due: work that queries find now",
      dueRows.map(({ kind, count, oldest_ms }) => ({ kind, count, since: timeOf(oldest_ms) })),
    ],
    [
      "Ranking",
      status.ranking.map(({ wallet, wscore, verdict }) => ({
        wallet,
        wscore: wscore.toFixed(3),
        verdict,
      })),
    ],
    [
      "Why wallets are where they are",
      status.reasons.slice(0, reasonsShown).map((reason) => ({ ...reason })),
    ],
    [
      "Quarantine: rows of the venue that could not be used",
      status.quarantine
        .filter(({ rows, dropped }) => rows > 0 || (dropped ?? 0) > 0)
        .map(({ lane, rows, dropped, newest_ms }) => ({
          lane,
          rows,
          dropped,
          newest: timeOf(newest_ms),
        })),
    ],
    ...(background === null ? [] : backgroundSections(background)),
  ]
  const bold = (text: string) => (style.colour ? `\u001B[1m${text}\u001B[0m` : text)
  return [
    headOf(status, service),
    ...sections.map(([title, rows]) => `${bold(title)}\n${renderTable(rows, style)}`),
  ].join("\n\n")
}
