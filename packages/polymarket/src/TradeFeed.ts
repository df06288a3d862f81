/**
 * Fills as the venue announces them: an accelerator, never the truth. It may be silent, late,
 * repeat itself or miss fills; whoever listens reconciles by polling.
 */
import { Context, type Stream } from "effect"
import type { Fill } from "@evaluator/domain/trade/Trade"

export class TradeFeed extends Context.Service<
  TradeFeed,
  {
    /** Every fill announced from now on, of all wallets; reconnects by itself and never fails. */
    readonly fills: Stream.Stream<Fill>
  }
>()("polymarket/TradeFeed") {}
