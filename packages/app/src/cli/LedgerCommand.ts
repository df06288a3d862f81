/**
 * `ledger` and `ledger check`: the paper money, and its full recomputation from the postings.
 */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Strategy } from "@evaluator/domain/paper/CopyOutcome"
import { formatMicro } from "@evaluator/domain/money/Micro"
import { fidelityDays } from "@evaluator/paper/Fidelity"
import { PaperReports } from "@evaluator/paper/PaperReports"
import { dataDirectoryFor } from "./Directory.ts"
import { FaultsFound } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printJson, printRows } from "./Output.ts"
import { withPaper } from "./Reader.ts"

export const strategy = Flag.Literals("strategy", Strategy.literals).pipe(
  Flag.withDescription("Whose book of paper money"),
  Flag.withDefault("portfolio" as const),
)

const check = Command.make(
  "check",
  { data: Flags.data, json: Flags.json },
  Effect.fn("cli ledger check")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const faults = yield* PaperReports.use(({ ledgerCheck }) => ledgerCheck).pipe(
      withPaper(directory),
    )
    if (flags.json) yield* printJson({ balanced: faults.length === 0, faults })
    else if (faults.length === 0) yield* Console.log("every balance is the sum of its postings")
    else yield* printRows(flags, { rows: faults.map((fault) => ({ ...fault })) })
    if (faults.length > 0) {
      return yield* new FaultsFound({ check: "ledger check", count: faults.length })
    }
  }),
).pipe(
  Command.withDescription(
    "Recompute every balance from its postings: exit 0 when all agree, 4 with the faults listed",
  ),
  Command.withExamples([{ command: "trader-evaluator ledger check" }]),
)

const percent = (part: number): string => `${Math.round(part * 10_000) / 100} %`

export const ledgerCommand = Command.make(
  "ledger",
  { strategy, data: Flags.data, json: Flags.json, csv: Flags.csv },
  Effect.fn("cli ledger")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const { summary, fidelity, curve, later } = yield* PaperReports.use(({ ledger, receipts }) =>
      Effect.zipWith(ledger(flags.strategy), receipts(flags.strategy), (found, more) => ({
        summary: found,
        ...more,
      })),
    ).pipe(withPaper(directory))
    const figures = {
      cash_usdc: formatMicro(summary.cashMicro),
      reserved_usdc: formatMicro(summary.reservedMicro),
      positions_usdc: formatMicro(summary.positionsMicro),
      equity_usdc: formatMicro(summary.equityMicro),
      realized_pnl_usdc: formatMicro(summary.realizedPnlMicro),
      fees_usdc: formatMicro(summary.feesMicro),
    }
    const rows = [
      { account: "cash", usdc: figures.cash_usdc, about: "free" },
      {
        account: "reserved",
        usdc: figures.reserved_usdc,
        about: "promised to purchases on their way",
      },
      {
        account: "positions",
        usdc: figures.positions_usdc,
        about: `${summary.openLots} open lots at cost`,
      },
      { account: "equity", usdc: figures.equity_usdc, about: "cash, reserved, and open lots" },
      {
        account: "realized",
        usdc: figures.realized_pnl_usdc,
        about: "profit and loss of shares that are gone, after fees",
      },
      { account: "fees", usdc: figures.fees_usdc, about: "paid in all" },
    ]
    const last = curve.at(-1)
    yield* printRows(flags, {
      document: {
        strategy: flags.strategy,
        ...figures,
        open_lots: summary.openLots,
        balanced: summary.balanced,
        fidelity: { days: fidelityDays, fills: fidelity.fills, copied: fidelity.copied },
        receipts: fidelity.receipts,
        curve,
        later,
      },
      rows,
      note: [
        summary.balanced
          ? "balanced: every transfer sums to zero, every balance is the sum of its postings"
          : "NOT balanced: see ledger check",
        ...(last === undefined
          ? []
          : [
              `settled: ${percent(last.return)} of the capital, ${percent(last.drawdown)} below the highest; our sizes at the leaders' prices ${percent(last.leaders_return)}, cash 0 %${last.followed_return === null ? "" : `, the followed wallets in the mean ${percent(last.followed_return)}`}`,
            ]),
        ...later.map(
          (one) =>
            `${one.after_ms / 1000} s later: ${one.purchases} settled purchases of solo would have made ${one.pnl_usdc} instead of ${one.pnl_now_usdc}`,
        ),
        ...fidelity.receipts.map(
          (one) =>
            `${one.side === "BUY" ? "bought" : "sold"}: ${one.slippage_usdc_per_share} USDC a share worse than the leaders, fee ${one.fee_usdc_per_share}, remainder of the receipts ${one.remainder_usdc}`,
        ),
      ].join("\n"),
    })
  }),
).pipe(
  Command.withDescription("The paper money of a strategy; `ledger check` recomputes all of it"),
  Command.withShortDescription("The paper money, and its check"),
  Command.withExamples([
    { command: "trader-evaluator ledger" },
    { command: "trader-evaluator ledger check --json" },
  ]),
  Command.withSubcommands([check]),
)
