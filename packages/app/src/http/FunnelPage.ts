/**
 * The page at `/`: the funnel, the copies, the paper ledger and the ranking, for eyes. It loads
 * nothing from elsewhere and runs no script; it reloads itself.
 */
import type { StatusDocument } from "../StatusDocument.ts"

export const reloadSeconds = 10

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Text as HTML shows it. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => escapes[character]!)

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.3rem}h2{font-size:1rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;width:100%}td,th{padding:.2rem .6rem;border-bottom:1px solid #dde2ea;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bar{background:#3b6ea8;height:.7rem;border-radius:2px}
p.note{color:#5b6675}@media(prefers-color-scheme:dark){body{background:#12161c;color:#d5dbe4}td,th{border-color:#2a323d}}`

type Shown = string | number | null

const rowOf = (cells: ReadonlyArray<Shown>): string =>
  `<tr>${cells
    .map((cell) =>
      typeof cell === "number"
        ? `<td class="n">${cell.toLocaleString("en-US")}</td>`
        : `<td>${escapeHtml(cell ?? "")}</td>`,
    )
    .join("")}</tr>`

const section = (
  title: string,
  heading: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Shown>>,
): string =>
  rows.length === 0
    ? `<h2>${escapeHtml(title)}</h2><p class="note">nothing yet</p>`
    : `<h2>${escapeHtml(title)}</h2><table><tr>${heading
        .map((name) => `<th>${escapeHtml(name)}</th>`)
        .join("")}</tr>${rows.map(rowOf).join("")}</table>`

const funnelSection = (funnel: StatusDocument["funnel"]): string => {
  const stages = Object.entries(funnel)
  // Logarithmic, so that a handful of approved wallets beside many trades is still seen.
  const widest = Math.max(1, ...stages.map(([, count]) => Math.log10(count + 1)))
  const rows = stages.map(
    ([stage, count]) =>
      `<tr><td>${escapeHtml(stage.replaceAll("_", " "))}</td><td class="n">${count.toLocaleString("en-US")}</td>` +
      `<td style="width:55%"><div class="bar" style="width:${Math.round((100 * Math.log10(count + 1)) / widest)}%"></div></td></tr>`,
  )
  return `<h2>Funnel</h2><table>${rows.join("")}</table>`
}

export const funnelPage = (status: StatusDocument): string => {
  const { copies, ledger, halt } = status
  const parts = [
    funnelSection(status.funnel),
    section(
      "Why wallets are where they are",
      ["stage", "reason", "wallets"],
      status.reasons.map(({ stage, reason, count }) => [stage, reason, count]),
    ),
    section(
      `Copies of ${copies.leader_fills.toLocaleString("en-US")} leader fills`,
      ["outcome", "fills"],
      [
        ...Object.entries(copies.outcomes),
        ["in flight", copies.in_flight],
        ["undetected", copies.undetected],
      ],
    ),
    section(
      ledger.balanced ? "Paper ledger" : "Paper ledger (DOES NOT BALANCE)",
      ["account", "USDC"],
      [
        ["cash", ledger.cash_usdc],
        ["equity", ledger.equity_usdc],
        ["realized profit and loss", ledger.realized_pnl_usdc],
        ["fees", ledger.fees_usdc],
      ],
    ),
    section(
      "Ranking",
      ["wallet", "score", "verdict"],
      status.ranking.map(({ wallet, wscore, verdict }) => [wallet, wscore, verdict]),
    ),
    section(
      "Due",
      ["kind", "rows"],
      status.due.map(({ kind, count }) => [kind, count]),
    ),
  ]
  const halted = halt === null ? "" : `<p><b>Halted:</b> ${escapeHtml(halt.reason)}</p>`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trader Evaluator</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="${reloadSeconds}">
<style>${style}</style></head><body><h1>Trader Evaluator</h1>
<p class="note">${escapeHtml(status.venue ?? "no venue yet")} · paper money only · <a href="/api/status">as JSON</a> · <a href="/metrics">metrics</a> · <a href="/readyz">health</a></p>
${halted}${parts.join("\n")}</body></html>
`
}
