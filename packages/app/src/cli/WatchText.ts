/**
 * What moves, in few lines: the part of `status --watch` that stays on the screen of any terminal. With what
 * runs now and what waits in the queues, which only a running service knows.
 */
import type { JobEntry, QueueEntry, ServiceState } from "../Control.ts"
import type { StatusDocument } from "../StatusDocument.ts"
import { timeOf } from "./Readable.ts"
import { headOf } from "./StatusText.ts"

/** What a running service is doing. */
export interface Doings {
  readonly jobs: ReadonlyArray<JobEntry>
  readonly queues: ReadonlyArray<QueueEntry>
}

/** Wallets of the ranking that are named. */
const mostRanked = 3
const labelWidth = 9
const between = " · "

/** The parts after a label, on as many lines as they need. */
const lineOf = (label: string, parts: ReadonlyArray<string>, width: number): string => {
  const room = Math.max(20, width - labelWidth)
  const lines: Array<string> = []
  for (const part of parts.length === 0 ? ["nothing"] : parts) {
    const last = lines.at(-1)
    const longer = last === undefined ? part : `${last}${between}${part}`
    if (last === undefined || longer.length > room) lines.push(part)
    else lines[lines.length - 1] = longer
  }
  return lines.map((line, at) => `${(at === 0 ? label : "").padEnd(labelWidth)}${line}`).join("\n")
}

const agoOf = (nowMs: number, thenMs: number | null): string =>
  thenMs === null ? "" : `, for ${Math.max(0, Math.round((nowMs - thenMs) / 1000))} s`

const queueOf = ({ capacity, late, name, paused, pending, pressed }: QueueEntry): string =>
  [
    `${name} ${pending}${capacity === null ? "" : ` of ${capacity}`}`,
    ...(late === null || late === 0 ? [] : [`${late} late`]),
    ...(pressed ? ["pressed"] : []),
    ...(paused === null ? [] : ["paused"]),
  ].join(", ")

const jobOf = ({ name, stalled }: JobEntry): string =>
  stalled === null ? name : `${name} (stalled, waits on ${stalled})`

const doingsOf = ({ jobs, queues }: Doings, width: number): ReadonlyArray<string> => [
  lineOf("running", jobs.filter((job) => job.running).map(jobOf), width),
  lineOf("queues", queues.map(queueOf), width),
]

export const watchText = (
  status: StatusDocument,
  service: ServiceState | null,
  doings: Doings | null,
  width: number,
): string => {
  const { copies, funnel, ledger, ranking } = status
  const due = status.due.filter(({ count }) => count > 0)
  return [
    headOf(status, service),
    "",
    ...(doings === null ? [] : doingsOf(doings, width)),
    lineOf(
      "due",
      due.map(({ count, kind, oldest_ms }) => `${kind} ${count}${agoOf(status.at_ms, oldest_ms)}`),
      width,
    ),
    lineOf(
      "funnel",
      Object.entries(funnel).map(([stage, count]) => `${stage.replaceAll("_", " ")} ${count}`),
      width,
    ),
    lineOf(
      "copies",
      [
        `of ${copies.leader_fills} ${copies.leader_fills === 1 ? "fill" : "fills"} as of ${timeOf(copies.as_of_ms)}`,
        ...Object.entries(copies.outcomes).map(([outcome, fills]) => `${outcome} ${fills}`),
        `in flight ${copies.in_flight}`,
        `undetected ${copies.undetected}`,
      ],
      width,
    ),
    lineOf(
      "ledger",
      [
        ledger.balanced ? "balanced" : "NOT BALANCED",
        `cash ${ledger.cash_usdc}`,
        `equity ${ledger.equity_usdc}`,
        `realized ${ledger.realized_pnl_usdc}`,
        `fees ${ledger.fees_usdc} USDC`,
      ],
      width,
    ),
    lineOf(
      "ranking",
      ranking
        .slice(0, mostRanked)
        .map(({ verdict, wallet, wscore }) =>
          [wallet, wscore.toFixed(3), ...(verdict === null ? [] : [verdict])].join(" "),
        ),
      width,
    ),
  ].join("\n")
}
